import ConnectorKit
import Synchronization

/// Connections that nobody uses at the moment, kept for the next one who asks.
final class WirePool: Sendable {
    private struct State {
        var idle: [Wire] = []
        var isClosed = false
    }

    let settings: ConnectionSettings
    private let state = Mutex(State())
    /// A link reads and writes with few connections at a time; more idle ones only cost the server.
    private static let largestIdleCount = 4

    init(_ settings: ConnectionSettings) { self.settings = settings }

    func take() async throws -> Wire {
        let idle = try state.withLock { state throws(ConnectorError) in
            if state.isClosed {
                throw ConnectorError(.unreachable, doing: "using the store", message: "it was closed", hint: "")
            }
            return state.idle.popLast()
        }
        if let idle { return idle }
        return try await Wire.open(settings)
    }

    /// Keeps a connection that is idle, and closes any other.
    func giveBack(_ wire: Wire) {
        guard wire.isIdle else { return }
        state.withLock { state in
            if !state.isClosed && state.idle.count < Self.largestIdleCount { state.idle.append(wire) }
        }
    }

    /// Runs a closure with a connection, on the connection's thread.
    func use<Result: Sendable>(
        _ doing: String, entity: String? = nil, _ body: @escaping @Sendable (Wire) throws -> Result
    ) async throws -> Result {
        let wire = try await take()
        defer { giveBack(wire) }
        return try await ThreadRunner(wire.thread).run {
            try ConnectorError.translating(doing, entity: entity) { try body(wire) }
        }
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.idle.removeAll()
        }
    }
}
