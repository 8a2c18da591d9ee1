import Dispatch
import Foundation
import Synchronization

/// What Ctrl-C and SIGTERM do: work that writes is asked to stop where nothing is half done, other work ends at once,
/// and a second signal ends everything at once.
final class Interruption: Sendable {
    static let program = Interruption()

    private struct State {
        var cancel: (@Sendable () -> Void)?
        var gentleDepth = 0
        var wasAsked = false
    }

    private let state = Mutex(State())

    /// Whether somebody asked to stop.
    var wasAsked: Bool { state.withLock(\.wasAsked) }

    /// Begins to listen.
    ///
    /// - Parameter cancel: asks the work to stop.
    func watch(cancel: @escaping @Sendable () -> Void) {
        state.withLock { $0.cancel = cancel }
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // The handler keeps its source alive: it listens until the program ends.
            source.setEventHandler { [self] in withExtendedLifetime(source) { handle() } }
            source.resume()
        }
    }

    /// Runs work that must be given the time to stop cleanly.
    func gently<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
        state.withLock { $0.gentleDepth += 1 }
        defer { state.withLock { $0.gentleDepth -= 1 } }
        return try await work()
    }

    private func handle() {
        let cancel = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.gentleDepth > 0, !state.wasAsked else { return nil }
            state.wasAsked = true
            return state.cancel
        }
        guard let cancel else { _exit(ExitStatus.interrupted.rawValue) }
        Output.complain("\nstopping: the transaction under way is given up; press Ctrl-C again to end at once")
        cancel()
    }
}
