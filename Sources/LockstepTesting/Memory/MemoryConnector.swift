public import ConnectorKit
public import LockstepModel
import Synchronization

/// The connector of a ``MemoryStore``: an honest implementation of the contract, for tests of what stands on it.
///
/// Filters cannot be pushed down (it has no dialect). Entities are captured with all their fields, and positions are
/// the numbers of committed transactions.
public final class MemoryConnector: Connector {
    public let store: MemoryStore
    public let capabilities = Capabilities(storeKind: "Memory", dialect: nil, hasSingleWriter: false)
    private let isClosed = Atomic<Bool>(false)

    public init(_ store: MemoryStore) { self.store = store }

    public func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding] {
        try read("checking access") { state in
            request.entities.filter { state.database.tables[$0] == nil }.map { entity in
                AccessFinding(
                    severity: .error, code: "LS-STORE-SCHEMA", entity: entity, message: "there is no entity \(entity)",
                    hint: "create it, or correct its name")
            }
        }
    }

    public func describe(_ request: DescribeRequest) async throws -> StoreDescription {
        try read("describing the store") { state in
            let names = request.entities ?? state.database.names
            return StoreDescription(entities: try names.map { try state.table($0, "describing the store").description })
        }
    }

    public func identity() async throws -> StoreIdentity? {
        try read("reading the identity") { state in
            state.captured == nil ? nil : StoreIdentity(text: "\(store.name)#\(state.installations)")
        }
    }

    public func installCapture(_ request: CaptureRequest) async throws {
        try change("installing capture") { state in
            for entity in request.entities { _ = try state.table(entity, "installing capture") }
            if state.captured == nil {
                state.floor = state.last
                state.installations += 1
            }
            state.captured = Set(request.entities)
        }
    }

    public func removeCapture() async throws {
        try change("removing capture") { state in
            state.captured = nil
            state.checkpoints = [:]
            state.floor = state.last
        }
    }

    public func snapshot(_ request: SnapshotRequest) async throws -> any Snapshot {
        try read("opening a snapshot") { state in
            switch request.purpose {
            case .read: break
            case .follow:
                guard state.captured != nil else { throw state.notInstalled("opening a snapshot", nil) }
            }
            return MemorySnapshot(
                database: state.database, position: Position(order: state.last),
                lifeline: MemoryLifeline(self, epoch: state.epoch))
        }
    }

    public func changes(_ request: ChangesRequest) async throws -> any ChangeReader {
        try read("reading changes") { state in
            for (entity, fields) in request.entities.sorted(by: { $0.key < $1.key }) {
                guard state.captured?.contains(entity) == true else {
                    throw state.notInstalled("reading changes", entity)
                }
                _ = try state.columns(fields, of: entity, "reading changes")
            }
            guard state.captured != nil else { throw state.notInstalled("reading changes", nil) }
            try state.requireHistory(after: request.after)
            return MemoryChangeReader(request, lifeline: MemoryLifeline(self, epoch: state.epoch))
        }
    }

    public func write(_ request: WriteSessionRequest) async throws -> any WriteSession {
        try change("opening a write session") { state in
            state.nextSession += 1
            return MemoryWriteSession(
                id: state.nextSession, lane: request.lane, lifeline: MemoryLifeline(self, epoch: state.epoch))
        }
    }

    public func checkpoints() async throws -> [String: Position] {
        try read("reading checkpoints") { $0.checkpoints }
    }

    public func forgetCheckpoints(lanes: [String]) async throws {
        try change("forgetting checkpoints") { state in
            for lane in lanes { state.checkpoints[lane] = nil }
        }
    }

    public func release(_ position: Position) async throws {
        try change("releasing changes") { state in
            state.floor = max(state.floor, min(position.order, state.last))
        }
    }

    public func query(_ request: QueryRequest) async throws -> any BatchReader {
        try read("querying") { state in
            let table = try state.table(request.entity, "querying")
            let columns = try state.columns(request.fields, of: request.entity, "querying")
            try refuse(request.predicate, "querying")
            _ = try state.columns(request.orderBy, of: request.entity, "querying")
            var numbers = request.orderBy.isEmpty ? table.numbers : table.sorted(by: request.orderBy)
            if let keys = request.keys {
                let keyColumns = try state.columns(keys.fields, of: request.entity, "querying")
                let found = Set(table.numbers(keyColumns, keys.rows))
                numbers.removeAll { !found.contains($0) }
            }
            if let limit = request.limit { numbers = Array(numbers.prefix(limit)) }
            return MemoryBatchReader(
                table: table, numbers: numbers, columns: columns, limits: .standard,
                lifeline: MemoryLifeline(self, epoch: state.epoch))
        }
    }

    public func count(_ request: CountRequest) async throws -> Int64 {
        try read("counting") { state in
            try refuse(request.predicate, "counting")
            return Int64(try state.table(request.entity, "counting").rows.count)
        }
    }

    public func close() async { isClosed.store(true, ordering: .sequentiallyConsistent) }

    // MARK: Access to the store

    var hasEnded: Bool { isClosed.load(ordering: .sequentiallyConsistent) }

    private func change<Result: Sendable>(
        _ doing: String, _ body: (inout MemoryStore.State) throws -> Result
    ) throws -> Result {
        try store.state.withLock { state in
            guard !hasEnded, state.isReachable else { throw ConnectorError.memoryUnreachable(doing) }
            return try body(&state)
        }
    }

    private func read<Result: Sendable>(
        _ doing: String, _ body: (MemoryStore.State) throws -> Result
    ) throws -> Result {
        try change(doing) { try body($0) }
    }

    private func refuse(_ predicate: Predicate?, _ doing: String) throws {
        guard predicate != nil else { return }
        throw ConnectorError(
            .unsupported, doing: doing, message: "filters cannot be passed on to this kind of store",
            hint: "filter what is read")
    }
}

/// What a snapshot, reader or session hangs on: it is dead after a crash of the store and after its connector's end.
struct MemoryLifeline: Sendable {
    private let connector: MemoryConnector
    private let epoch: UInt64

    init(_ connector: MemoryConnector, epoch: UInt64) {
        self.connector = connector
        self.epoch = epoch
    }

    /// - Throws: `unreachable` when the line is cut.
    func state<Result: Sendable>(
        _ doing: String, _ body: (inout MemoryStore.State) throws -> Result
    ) throws -> Result {
        try connector.store.state.withLock { state in
            guard !connector.hasEnded, state.isReachable, state.epoch == epoch else {
                throw ConnectorError.memoryUnreachable(doing)
            }
            return try body(&state)
        }
    }
}

extension ConnectorError {
    static func memoryUnreachable(_ doing: String) -> ConnectorError {
        ConnectorError(
            .unreachable, doing: doing, message: "the connection to the store is gone", hint: "try again")
    }
}

extension MemoryStore.State {
    func table(_ entity: String, _ doing: String) throws -> MemoryTable {
        guard let table = database.tables[entity] else {
            throw ConnectorError(
                .schema, doing: doing, entity: entity, message: "there is no entity \(entity)",
                hint: "create it, or correct its name")
        }
        return table
    }

    func columns(_ fields: [String], of entity: String, _ doing: String) throws -> [Int] {
        let table = try table(entity, doing)
        return try fields.map { field in
            guard let column = table.columns[field] else {
                throw ConnectorError(
                    .schema, doing: doing, entity: entity, message: "there is no field \(field)",
                    hint: "create it, or correct its name")
            }
            return column
        }
    }

    func notInstalled(_ doing: String, _ entity: String?) -> ConnectorError {
        ConnectorError(
            .notInstalled, doing: doing, entity: entity, message: "changes are not captured",
            hint: "install the capture first")
    }

    func requireHistory(after position: Position) throws {
        guard position.order >= floor, position.order <= last else {
            throw ConnectorError(
                .historyLost, doing: "reading changes", message: "the changes after the position are gone",
                hint: "compare both sides anew")
        }
    }
}
