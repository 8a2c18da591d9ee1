import Foundation
import LockstepContinuity
import LockstepSync
import Synchronization

/// One line on a terminal that says how far a sync is, how fast, and for how long still.
final class ProgressBar: Sendable {
    private struct State {
        var subject = ""
        var started = ContinuousClock.now
        var drawn: ContinuousClock.Instant?
        var width = 0
    }

    /// Often enough to look alive, seldom enough to cost nothing.
    private static let interval = Duration.milliseconds(100)
    private static let barWidth = 24

    private let state = Mutex(State())
    private let isShown: Bool

    init(isShown: Bool) { self.isShown = isShown }

    func show(_ progress: SyncProgress) {
        show("\(progress.phase.rawValue) \(progress.subject)") { Self.text(progress, seconds: $0) }
    }

    /// - Parameter work: what is done: `backing up`.
    func show(_ progress: ContinuityProgress, work: String) {
        show(work) { Self.text(progress, work: work, seconds: $0) }
    }

    private func show(_ subject: String, _ text: (_ seconds: Double) -> String) {
        guard isShown else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            if subject != state.subject {
                state.subject = subject
                state.started = now
            } else if let drawn = state.drawn, now - drawn < Self.interval {
                return
            }
            state.drawn = now
            let seconds =
                Double((now - state.started).components.seconds)
                + Double((now - state.started).components.attoseconds) / 1e18
            draw(text(seconds), &state)
        }
    }

    /// Takes the line away.
    func clear() {
        state.withLock { state in
            guard state.width > 0 else { return }
            draw("", &state)
            FileHandle.standardError.write(Data("\r".utf8))
            state.width = 0
        }
    }

    private func draw(_ text: String, _ state: inout State) {
        let width = DisplayText.width(text)
        let rest = String(repeating: " ", count: max(0, state.width - width))
        FileHandle.standardError.write(Data("\r\(text)\(rest)".utf8))
        state.width = width
    }

    /// `backing up crm.accounts  120.0 MiB  1200000 records  98.1 MiB/s  0:12 left`.
    static func text(_ progress: ContinuityProgress, work: String, seconds: Double) -> String {
        var parts = ["\(work) \(DisplayText.safe(progress.place))", ByteText.size(progress.bytes)]
        if progress.rows > 0 { parts.append(DisplayText.count(Int(progress.rows), "record")) }
        guard seconds > 0.5 else { return parts.joined(separator: "  ") }
        parts.append("\(ByteText.size(Int64(Double(progress.bytes) / seconds)))/s")
        if let expected = progress.expectedRows, progress.rows > 0, expected > progress.rows {
            let left = Int(Double(expected - progress.rows) / Double(progress.rows) * seconds)
            parts.append("\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left")
        }
        return parts.joined(separator: "  ")
    }

    /// `copying customers [######      ] 50%  120000 records  98000/s  0:12 left`.
    static func text(_ progress: SyncProgress, seconds: Double) -> String {
        if progress.phase == .waiting {
            return
                "waiting, try \(progress.done) of \(progress.expected ?? progress.done): \(DisplayText.safe(progress.subject))"
        }
        var parts = ["\(progress.phase.rawValue) \(DisplayText.safe(progress.subject))"]
        let rate = seconds > 0.5 ? Double(progress.done) / seconds : 0
        if let expected = progress.expected, expected > 0 {
            // The stores' counts are estimates: there may be more than expected.
            let share = min(1, Double(progress.done) / Double(expected))
            let filled = Int(share * Double(barWidth))
            let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: barWidth - filled)
            parts.append("[\(bar)] \(Int(share * 100))%")
        }
        parts.append(DisplayText.count(progress.done, progress.phase == .following ? "change" : "record"))
        if rate > 0 { parts.append("\(Int(rate))/s") }
        if let expected = progress.expected, rate > 0, expected > progress.done {
            let left = Int(Double(expected - progress.done) / rate)
            parts.append("\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left")
        }
        return parts.joined(separator: "  ")
    }
}
