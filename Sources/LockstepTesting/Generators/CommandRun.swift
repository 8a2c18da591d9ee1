import Dispatch
public import Foundation
import Synchronization

/// A program that runs, for tests of the built command from outside: what it prints, how it ends, what a signal does.
public final class CommandRun: Sendable {
    public struct Outcome: Sendable {
        /// The exit code; for a program that a signal ended, the signal's number.
        public var exitCode: Int32
        public var wasSignalled: Bool
        public var wasTimedOut: Bool
        public var standardOutput: String
        public var standardError: String
    }

    private struct State {
        var output = Data()
        var error = Data()
        var openStreams = 2
        var exit: (code: Int32, wasSignalled: Bool)?
        var wasTimedOut = false
        var waiters: [CheckedContinuation<Outcome, Never>] = []
        /// Those who wait until the output holds a text.
        var readers: [(text: String, continuation: CheckedContinuation<Bool, Never>)] = []

        var outcome: Outcome? {
            guard openStreams == 0, let exit else { return nil }
            return Outcome(
                exitCode: exit.code, wasSignalled: exit.wasSignalled, wasTimedOut: wasTimedOut,
                standardOutput: String(decoding: output, as: UTF8.self),
                standardError: String(decoding: error, as: UTF8.self))
        }
    }

    private let process: Process
    private let state = Mutex(State())

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - environment: added to this process's own.
    ///   - timeLimitSeconds: the program is killed after this; a test that hangs shall not hang the suite.
    /// - Throws: when the program cannot be started.
    public init(
        _ program: URL, _ arguments: [String] = [], environment: [String: String] = [:], folder: URL? = nil,
        input: String? = nil, timeLimitSeconds: Double = 300
    ) throws {
        process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = folder }
        let (output, error, standardInput) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        process.standardInput = standardInput
        process.terminationHandler = { [weak self] process in
            let wasSignalled = process.terminationReason == .uncaughtSignal
            self?.update { $0.exit = (process.terminationStatus, wasSignalled) }
        }
        try process.run()
        collect(output.fileHandleForReading) { $0.output.append($1) }
        collect(error.fileHandleForReading) { $0.error.append($1) }
        if let input { try? standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
        try? standardInput.fileHandleForWriting.close()
        DispatchQueue.global().asyncAfter(deadline: .now() + timeLimitSeconds) { [weak self] in
            guard let self, state.withLock({ $0.exit == nil }) else { return }
            state.withLock { $0.wasTimedOut = true }
            signal(SIGKILL)
        }
    }

    /// Runs a program to its end.
    public static func run(
        _ program: URL, _ arguments: [String] = [], environment: [String: String] = [:], folder: URL? = nil,
        input: String? = nil, timeLimitSeconds: Double = 300
    ) async throws -> Outcome {
        let run = try CommandRun(
            program, arguments, environment: environment, folder: folder, input: input,
            timeLimitSeconds: timeLimitSeconds)
        return await run.outcome()
    }

    /// Sends a signal: `SIGKILL` ends the program at whatever instruction it is.
    public func signal(_ number: Int32) {
        guard process.isRunning else { return }
        kill(process.processIdentifier, number)
    }

    /// Whether the program has not ended yet.
    public var isRunning: Bool { state.withLock { $0.exit == nil } }

    /// Waits for the end of the program.
    public func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state -> Outcome? in
                if let outcome = state.outcome { return outcome }
                state.waiters.append(continuation)
                return nil
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    /// Waits until the program has printed a text on its standard output or error.
    ///
    /// - Returns: false when it ended without.
    public func waitFor(_ text: String) async -> Bool {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state -> Bool? in
                if Self.holds(state, text) { return true }
                if state.outcome != nil { return false }
                state.readers.append((text, continuation))
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private static func holds(_ state: State, _ text: String) -> Bool {
        let bytes = Data(text.utf8)
        return state.output.range(of: bytes) != nil || state.error.range(of: bytes) != nil
    }

    private func collect(_ handle: FileHandle, _ append: @escaping @Sendable (inout State, Data) -> Void) {
        // A thread of its own for each stream: a blocking read needs no polling and ends with the program.
        Thread.detachNewThread { [self] in
            while case let data = Self.read(handle.fileDescriptor), !data.isEmpty { update { append(&$0, data) } }
            update { $0.openStreams -= 1 }
        }
    }

    /// What there is to read; empty at the end. `FileHandle` ends the program where a signal interrupts it.
    private static func read(_ descriptor: Int32) -> Data {
        var buffer = [UInt8](repeating: 0, count: 65536)
        var count = 0
        repeat { count = Foundation.read(descriptor, &buffer, buffer.count) } while count < 0 && errno == EINTR
        return Data(buffer.prefix(max(0, count)))
    }

    private func update(_ change: (inout State) -> Void) {
        let resumptions = state.withLock { state -> [() -> Void] in
            change(&state)
            let outcome = state.outcome
            var resumptions: [() -> Void] = []
            for reader in state.readers where Self.holds(state, reader.text) || outcome != nil {
                let found = Self.holds(state, reader.text)
                resumptions.append { reader.continuation.resume(returning: found) }
            }
            state.readers = state.readers.filter { !Self.holds(state, $0.text) && outcome == nil }
            if let outcome {
                for waiter in state.waiters { resumptions.append { waiter.resume(returning: outcome) } }
                state.waiters = []
            }
            return resumptions
        }
        for resume in resumptions { resume() }
    }
}
