public import LockstepModel

/// Shows fields of referred records as fields of the records that refer to them, around any connector.
///
/// A path (``FieldPath``) is read by following its references, and written by looking up the one record that has the
/// value: in batches, with what was found kept for the next, never a query for each row. Entities without paths are
/// handed on as they are.
///
/// - A reference whose record is not there is read as an `invalid` cell, and no reference as null.
/// - A value that no record has, or several, is not written: its row is rejected with the cause `reference` and the
///   constraint ``unresolved`` or ``ambiguous``. Rows of one batch may refer to each other in any order.
/// - When a referred record's field changes, everything that refers to it changes with it, in the same transaction: such
///   changes are added to what the store tells, for which entities that paths lead through are captured, too.
/// - Keys and orders may name paths; predicates may not.
public struct ReferencingConnector: Connector {
    /// The constraint of a rejection: there is no record with the value yet.
    public static let unresolved = "LS-PARK-UNRESOLVED"
    /// The constraint of a rejection: several records have the value.
    public static let ambiguous = "LS-PARK-AMBIGUOUS"

    public let base: any Connector
    /// By entity; their names are not names of fields.
    public let paths: [String: [FieldPath]]

    public init(_ base: any Connector, paths: [String: [FieldPath]]) {
        self.base = base
        self.paths = paths.filter { !$0.value.isEmpty }
    }

    public var capabilities: Capabilities { base.capabilities }

    /// Entities that paths lead through are read and captured, too.
    public func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding] {
        let findings = try await base.checkAccess(request)
        let further = withReferred(request.entities).filter { !request.entities.contains($0) }
        let purposes = request.purposes.intersection([.read, .capture])
        guard !further.isEmpty, !purposes.isEmpty else { return findings }
        let others = try await base.checkAccess(AccessRequest(entities: further, purposes: purposes))
        return findings + others.filter { !findings.contains($0) }
    }

    /// As the store has it: paths are not among the fields.
    public func describe(_ request: DescribeRequest) async throws -> StoreDescription {
        try await base.describe(request)
    }

    public func identity() async throws -> StoreIdentity? { try await base.identity() }

    public func activityMark() async throws -> String? { try await base.activityMark() }

    public func installCapture(_ request: CaptureRequest) async throws {
        try await base.installCapture(CaptureRequest(entities: withReferred(request.entities)))
    }

    /// The entities, and then those that their paths lead through.
    private func withReferred(_ entities: [String]) -> [String] {
        var all = entities
        for entity in entities {
            for further in ReferenceTree.trees(paths[entity] ?? []).flatMap({ $0.entities.sorted() })
            where !all.contains(further) {
                all.append(further)
            }
        }
        return all
    }

    public func removeCapture() async throws { try await base.removeCapture() }

    public func snapshot(_ request: SnapshotRequest) async throws -> any Snapshot {
        let snapshot = try await base.snapshot(request)
        return paths.isEmpty ? snapshot : ReferencingSnapshot(base: snapshot, paths: paths)
    }

    public func changes(_ request: ChangesRequest) async throws -> any ChangeReader {
        let layouts = request.entities.map { entity, fields in (entity, layout(entity, fields)) }
        guard layouts.contains(where: \.1.hasPaths) else { return try await base.changes(request) }
        return try await ReferencingChangeReader.open(
            base, request, layouts: Dictionary(uniqueKeysWithValues: layouts))
    }

    public func write(_ request: WriteSessionRequest) async throws -> any WriteSession {
        session(over: try await base.write(request))
    }

    /// The same translation over a session that was opened elsewhere.
    public func session(over base: any WriteSession) -> any WriteSession {
        paths.isEmpty ? base : ReferencingSession(base, paths: paths)
    }

    public func checkpoints() async throws -> [String: Position] { try await base.checkpoints() }

    public func forgetCheckpoints(lanes: [String]) async throws { try await base.forgetCheckpoints(lanes: lanes) }

    public func release(_ position: Position) async throws { try await base.release(position) }

    public func query(_ request: QueryRequest) async throws -> any BatchReader {
        let finder = RecordFinder { try await base.query($0) }
        return try await PathQuery(request, paths: paths[request.entity] ?? [], finder).open {
            try await base.query($0)
        }
    }

    public func count(_ request: CountRequest) async throws -> Int64 { try await base.count(request) }

    public func close() async { await base.close() }

    private func layout(_ entity: String, _ fields: [String]) -> FieldLayout {
        FieldLayout(fields, paths: paths[entity] ?? [])
    }
}

/// A snapshot that shows paths; the records that they lead to are those of the same point in time.
struct ReferencingSnapshot: Snapshot {
    let base: any Snapshot
    let paths: [String: [FieldPath]]

    var position: Position { base.position }

    func read(_ request: ReadRequest) async throws -> any BatchReader {
        let finder = RecordFinder(snapshot: base)
        var order: [String] = []
        if case .byKey(let fields) = request.order { order = fields }
        let query = QueryRequest(
            entity: request.entity, fields: request.fields, predicate: request.predicate, keys: request.keys,
            orderBy: order)
        return try await PathQuery(query, limits: request.limits, paths: paths[request.entity] ?? [], finder).open {
            try await base.read(
                ReadRequest(
                    entity: $0.entity, fields: $0.fields, predicate: $0.predicate, keys: $0.keys,
                    order: $0.orderBy.isEmpty ? .fastest : .byKey($0.orderBy), limits: request.limits))
        }
    }

    func close() async { await base.close() }
}

extension RecordFinder {
    /// Finds records as a snapshot shows them.
    init(snapshot: any Snapshot) {
        self.init { query in
            try await snapshot.read(
                ReadRequest(entity: query.entity, fields: query.fields, keys: query.keys, limits: .load))
        }
    }
}
