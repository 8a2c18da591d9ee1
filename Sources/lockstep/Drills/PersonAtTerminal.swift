import Foundation
import LockstepContinuity
import LockstepMapping
import Synchronization

/// Whoever sits at the terminal and answers for a drill.
enum PersonAtTerminal {
    static var isThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks, and waits for a line that begins with y or n; what stands behind it is kept as a remark.
    static func ask(_ question: DrillQuestion) async -> DrillAnswer {
        let person = question.person.map { " (\($0))" } ?? ""
        let time = DurationWords.format(question.timeoutSeconds)
        Output.complain("\n\(DisplayText.safe(question.text))\(DisplayText.safe(person))")
        Output.complain("  y or n, with a remark if you like; within \(time):")
        let stop = Mutex(false)
        let deadline = ContinuousClock.now + .seconds(question.timeoutSeconds)
        return await withTaskCancellationHandler {
            let answer = try? await OffPool.run {
                wait(until: deadline) { stop.withLock(\.self) }
            }
            return answer ?? .timedOut
        } onCancel: {
            stop.withLock { $0 = true }
        }
    }

    private static func wait(until deadline: ContinuousClock.Instant, _ isStopped: () -> Bool) -> DrillAnswer {
        var line: [UInt8] = []
        while ContinuousClock.now < deadline, !isStopped() {
            var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&input, 1, 100) > 0 else { continue }
            var byte: UInt8 = 0
            guard read(STDIN_FILENO, &byte, 1) == 1 else { return .unattended }
            guard byte == UInt8(ascii: "\n") else {
                // More than any remark: the rest of the line is not kept.
                if line.count < 1000 { line.append(byte) }
                continue
            }
            if let answer = answer(String(decoding: line, as: UTF8.self)) { return answer }
            line = []
            Output.complain("  y or n:")
        }
        return .timedOut
    }

    private static func answer(_ line: String) -> DrillAnswer? {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        let remark = words.count > 1 ? words[1] : nil
        switch words.first?.lowercased() {
        case "y", "yes": return .yes(by: Project.person(), note: remark)
        case "n", "no": return .no(by: Project.person(), note: remark)
        default: return nil
        }
    }
}
