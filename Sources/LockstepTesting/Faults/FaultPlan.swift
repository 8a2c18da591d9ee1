public import ConnectorKit
import Synchronization

/// What goes wrong, and when. Shared by all that a ``FaultyConnector`` opens; counts calls from 1, over the plan's
/// whole life, so that a repeated call meets the next number.
public final class FaultPlan: Sendable {
    /// A call of the connector contract that a fault can strike.
    public enum Operation: String, Sendable, Hashable, CaseIterable {
        case checkAccess, describe, identity, installCapture, removeCapture, snapshot, changes, write, checkpoints
        case forgetCheckpoints, release, query, count
        /// Of snapshots: opening a reader, and reading a batch (of queries, too).
        case read, nextBatch
        /// Of change readers.
        case nextChunk
        /// Of write sessions.
        case apply, mark, revert, commit, lookUp
    }

    /// How it goes wrong.
    public enum Effect: Sendable {
        /// The call does nothing and throws.
        case fail(ConnectorError.Code)
        /// The call does its work, and then throws as if the reply were lost. What it returned is closed.
        case loseReply(ConnectorError.Code)
        /// Something else happens just before the call, which then goes on: a user writes, a store crashes.
        case meanwhile(@Sendable () async -> Void)
    }

    /// One thing that goes wrong once.
    public struct Fault: Sendable, CustomStringConvertible {
        public var operation: Operation
        /// The how-manieth call of the operation it strikes, from 1.
        public var call: Int
        public var effect: Effect

        public init(_ operation: Operation, call: Int, _ effect: Effect) {
            self.operation = operation
            self.call = call
            self.effect = effect
        }

        public var description: String {
            let what =
                switch effect {
                case .fail(let code): "fails with \(code.text)"
                case .loseReply(let code): "is done, and its reply lost with \(code.text)"
                case .meanwhile: "meets something"
                }
            return "call \(call) of \(operation.rawValue) \(what)"
        }
    }

    private struct State {
        var pending: [Fault]
        var fired: [Fault] = []
        var calls: [Operation: Int] = [:]
    }

    private let state: Mutex<State>

    public init(_ faults: [Fault] = []) { state = Mutex(State(pending: faults)) }

    /// A plan of `count` faults drawn from a seed: failures and lost replies, of the codes that may heal by themselves.
    ///
    /// - Parameters:
    ///   - operations: those that may be struck.
    ///   - calls: the numbers of the calls that may be struck.
    public convenience init(
        seed: UInt64, count: Int, operations: [Operation] = Operation.allCases, calls: ClosedRange<Int> = 1...20
    ) {
        var generator = SeededGenerator(seed: seed)
        var faults: [Fault] = []
        for _ in 0..<count where !operations.isEmpty {
            let operation = operations[Int.random(in: 0..<operations.count, using: &generator)]
            let call = Int.random(in: calls, using: &generator)
            let code: ConnectorError.Code = Bool.random(using: &generator) ? .unreachable : .busy
            let effect: Effect =
                Int.random(in: 0..<3, using: &generator) == 0 ? .loseReply(.unreachable) : .fail(code)
            faults.append(Fault(operation, call: call, effect))
        }
        self.init(faults)
    }

    /// Adds a fault; `call` counts from the beginning of the plan, see ``calls(of:)``.
    public func add(_ fault: Fault) { state.withLock { $0.pending.append(fault) } }

    /// Drops what has not happened: the quiet after the storm.
    public func clear() { state.withLock { $0.pending = [] } }

    /// Planned faults that never happened. A test that plans faults ends by requiring that there are none.
    public var unfired: [Fault] { state.withLock { $0.pending } }

    /// Faults that happened, in order.
    public var fired: [Fault] { state.withLock { $0.fired } }

    /// How often an operation was called so far.
    public func calls(of operation: Operation) -> Int { state.withLock { $0.calls[operation] ?? 0 } }

    /// Counts a call and takes the faults that strike it.
    func strike(_ operation: Operation) -> [Effect] {
        state.withLock { state in
            let call = (state.calls[operation] ?? 0) + 1
            state.calls[operation] = call
            let struck = state.pending.filter { $0.operation == operation && $0.call == call }
            state.pending.removeAll { $0.operation == operation && $0.call == call }
            state.fired += struck
            return struck.map(\.effect)
        }
    }

    /// Runs one call under the plan.
    func run<Result: Sendable>(
        _ operation: Operation, discarding discard: @Sendable (Result) async -> Void = { _ in },
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        var lostReply: ConnectorError.Code?
        for effect in strike(operation) {
            switch effect {
            case .fail(let code): throw Self.error(code, operation)
            case .loseReply(let code): lostReply = code
            case .meanwhile(let event): await event()
            }
        }
        let result = try await body()
        guard let lostReply else { return result }
        await discard(result)
        throw Self.error(lostReply, operation)
    }

    private static func error(_ code: ConnectorError.Code, _ operation: Operation) -> ConnectorError {
        ConnectorError(code, doing: operation.rawValue, message: "a planned fault", hint: "")
    }
}
