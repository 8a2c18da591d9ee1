import ConnectorKit
import LockstepModel

/// Reads the rows of one SELECT on a connection of its own, which goes back to the pool at the end.
actor PostgreSQLRowReader: BatchReader {
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let pool: WirePool
    private let entity: String
    private let limits: BatchLimits
    private let selection: RowSelection
    /// What the statement runs in: for example a transaction that imports a snapshot.
    private let preamble: String
    private var wire: Wire?
    private var stream: RowStream?

    init(
        _ wire: Wire, pool: WirePool, entity: String, selection: RowSelection, preamble: String, limits: BatchLimits
    ) {
        thread = wire.thread
        self.wire = wire
        self.pool = pool
        self.entity = entity
        self.selection = selection
        self.preamble = preamble
        self.limits = limits
    }

    func open() throws {
        guard let wire else { return }
        do {
            try ConnectorError.translating("reading records", entity: entity) {
                try wire.execute(preamble)
                let parameters = try selection.parameters(doing: "reading records", entity: entity)
                stream = try RowStream(wire, selection, parameters)
            }
        } catch {
            end()
            throw error
        }
    }

    func next() throws -> RowBatch? {
        guard stream != nil else { return nil }
        do {
            let batch = try ConnectorError.translating("reading records", entity: entity) { try stream?.next(limits) }
            if batch == nil || stream?.isFinished == true { end() }
            return batch
        } catch {
            end()
            throw error
        }
    }

    func close() { end() }

    private func end() {
        stream?.finish()
        stream = nil
        guard let wire else { return }
        self.wire = nil
        _ = try? wire.execute("rollback")
        pool.giveBack(wire)
    }
}
