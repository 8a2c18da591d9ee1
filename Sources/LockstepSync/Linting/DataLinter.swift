internal import ConnectorKit
public import LockstepMapping
internal import LockstepModel

/// Looks at the records of a link's stores with the eyes of its maps: what would be parked, and why; keys that are not
/// unique; records that belong to two maps. Reads only, from one snapshot of each store.
///
/// It stands in this room because it needs connectors and compiled maps, and says of records exactly what a sync would
/// do with them: it maps them with the same plans.
public struct DataLinter: Sendable {
    /// What is looked at, and how far.
    public struct Request: Sendable {
        public var link: SyncLink
        /// All maps of the link that could be read, those included that could not be compiled.
        public var definitions: [MapDefinition]
        /// Maps to report on, by name; nil for all.
        public var only: Set<String>?
        /// Records that are read of an entity, for each map; nil for all.
        public var limit: Int?
        public var progress: @Sendable (SyncProgress) -> Void

        public init(
            link: SyncLink, definitions: [MapDefinition], only: Set<String>? = nil, limit: Int? = nil,
            progress: @escaping @Sendable (SyncProgress) -> Void = { _ in }
        ) {
            self.link = link
            self.definitions = definitions
            self.only = only
            self.limit = limit
            self.progress = progress
        }
    }

    let request: Request
    var link: SyncLink { request.link }

    public init(_ request: Request) { self.request = request }

    /// - Throws: `ConnectorError` where a store cannot be read.
    public func run() async throws -> DataLintReport {
        var report = DataLintReport()
        var snapshots: [any Snapshot] = []
        do {
            for side in Side.allCases {
                snapshots.append(try await link.connector(side).snapshot(SnapshotRequest(purpose: .read)))
            }
            for definition in request.definitions where isWanted(definition) {
                for side in Side.allCases { try await checkKey(definition, side, snapshots, &report) }
            }
            for map in link.maps {
                guard let definition = definition(of: map), isWanted(definition) else { continue }
                for side in Side.allCases {
                    guard let plan = map.plan(from: side) else { continue }
                    try await RecordPass(linter: self, definition: definition, plan: plan).run(snapshots, &report)
                }
            }
            try await checkOverlaps(snapshots, &report)
        } catch {
            for snapshot in snapshots { await snapshot.close() }
            throw error
        }
        for snapshot in snapshots { await snapshot.close() }
        return report
    }

    func isWanted(_ definition: MapDefinition) -> Bool {
        request.only.map { $0.contains(definition.name.value) } ?? true
    }

    private func definition(of map: CompiledMap) -> MapDefinition? {
        request.definitions.first { $0.name.value == map.name }
    }

    /// Reads an entity batch by batch, as far as the limit.
    ///
    /// - Returns: how many records were read, and whether that is all.
    func read(
        _ request: ReadRequest, _ snapshot: any Snapshot, subject: String, expected: Int64?,
        _ body: (RowBatch) throws -> Void
    ) async throws -> (records: Int, isWhole: Bool) {
        let reader = try await snapshot.read(request)
        var count = 0
        do {
            while let batch = try await reader.next() {
                try Task.checkCancellation()
                if let limit = self.request.limit, count + batch.rowCount > limit {
                    // Whole batches only: the bound is on what is read, and the last batch has been read.
                    try body(batch)
                    count += batch.rowCount
                    let isWhole = try await reader.next() == nil
                    await reader.close()
                    return (count, isWhole)
                }
                try body(batch)
                count += batch.rowCount
                self.request.progress(
                    SyncProgress(phase: .checking, subject: subject, done: count, expected: expected.map { Int($0) }))
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        return (count, true)
    }
}
