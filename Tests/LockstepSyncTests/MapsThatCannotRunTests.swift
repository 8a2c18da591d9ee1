import ConnectorKit
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// Maps whose stores are not what they were made for, and stores that do not allow what a link needs.
struct MapsThatCannotRunTests {
    private func insert(_ account: String) -> MemoryStatement {
        .insert("customers", ["account": .text(account), "name": .text(account)])
    }

    @Test func aBrokenMapWaitsWhileOthersRun() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([insert("A"), insert("B")])
        let whole = try await bench.bench.engine()
        _ = try await whole.sync()
        var link = whole.link
        let customers = link.maps.removeFirst()
        link.brokenMaps = [BrokenMap(name: "customers", entities: customers.entities, reason: "a field is missing")]
        let broken = SyncEngine(link: link, state: whole.state, environment: whole.environment)
        for id in 1...2 {
            try bench.erp.run([
                insert("C\(id)"), .insert("groups", ["id": .int64(Int64(id)), "label": .text("x")]),
            ])
            let report = try await broken.sync()
            #expect(report.hasFailures)
            #expect(report.maps.map(\.map) == ["groups", "customers"])
            #expect(report.maps[1].state == "failed" && report.maps[1].reason == "a field is missing")
            #expect(bench.groups().crm.count == id)
        }
        try bench.erp.run([.delete("customers", key: ["account": .text("A")])])
        try bench.crm.run([.update("accounts", key: ["number": .text("B")], set: ["city": .text("Rome")])])
        _ = try await broken.sync()
        #expect(bench.customers().crm.count == 2)
        // Mended, it replays what waited: a comparison would bring back what was deleted.
        #expect(try await whole.sync().maps[0].state == "live")
        #expect(bench.areEqual)
        #expect(bench.customers().erp.map { $0[0] } == [.text("B"), .text("C1"), .text("C2")])
    }

    @Test func aBrokenMapThatWasNeverCopiedIsCopiedOnceItIsMended() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([insert("A")])
        let whole = try await bench.bench.engine()
        var link = whole.link
        let customers = link.maps.removeFirst()
        link.brokenMaps = [BrokenMap(name: "customers", entities: customers.entities, reason: "a field is missing")]
        let broken = SyncEngine(link: link, state: whole.state, environment: whole.environment)
        #expect(try await broken.sync().maps.map(\.state) == ["live", "failed"])
        #expect(try await broken.plan().maps.map(\.state) == ["live", "failed"])
        #expect(try await whole.sync().maps[0].toRight.inserts == 1)
        #expect(bench.areEqual)
    }

    @Test func nothingIsInstalledWhereTheOtherSideRefuses() async throws {
        let bench = try MemoryBench()
        let connectors: [any Connector] = [
            bench.bench.connectors[0], ForbiddingConnector(base: bench.bench.connectors[1]),
        ]
        let engine = try await Bench(connectors, maps: [MemoryBench.customersMap(), MemoryBench.groupsMap]).engine()
        let error = await #expect(throws: SyncError.self) { _ = try await engine.sync() }
        #expect(error?.code == .noAccess)
        #expect(error?.message.contains("crm (accounts): the right to write is missing") == true)
        #expect(try await connectors[0].identity() == nil)
    }

    @Test func anEntityThatAPathLeadsThroughStopsTheMapsThatUseIt() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([insert("A")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        var link = engine.link
        let path = FieldPath(
            name: "group_id.label",
            hops: [FieldPath.Hop(fields: ["group_id"], entity: "labels", targetFields: ["id"])], field: "label")
        link.maps[0] = link.maps[0].with(paths: [[path], []])
        link.connectors[0] = SchemaFailingConnector(base: link.connectors[0], entity: "labels")
        let other = SyncEngine(link: link, state: engine.state, environment: engine.environment)
        try bench.erp.run([.insert("groups", ["id": .int64(1), "label": .text("x")])])
        let report = try await other.sync()
        #expect(report.maps.map(\.state) == ["failed", "live"])
        #expect(bench.groups().crm.count == 1)
    }
}

extension CompiledMap {
    /// The same map, of which more is known.
    func with(paths: [[FieldPath]]) -> CompiledMap {
        CompiledMap(
            name: name, stores: stores, entities: entities, direction: direction, overlapRule: overlapRule,
            deleteRule: deleteRule, propagatesDeletes: propagatesDeletes, deleteGuard: deleteGuard,
            leaveRule: leaveRule, fingerprint: fingerprint, plans: plans, paths: paths, deferredFields: deferredFields)
    }
}

/// A store that may be read only, and says so when asked.
private struct ForbiddingConnector: ConnectorDecorator {
    let base: any Connector

    func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding] {
        request.purposes.contains(.write)
            ? request.entities.map {
                AccessFinding(
                    severity: .error, code: "LS-STORE-FORBIDDEN", entity: $0, message: "the right to write is missing",
                    hint: "grant it")
            } : []
    }
}

/// A store in which an entity is gone that the changes of customers need.
private struct SchemaFailingConnector: ConnectorDecorator {
    let base: any Connector
    let entity: String

    func changes(_ request: ChangesRequest) async throws -> any ChangeReader {
        if request.entities["customers"] != nil {
            throw ConnectorError(
                .schema, doing: "reading changes", entity: entity, message: "there is no entity \(entity)", hint: "")
        }
        return try await base.changes(request)
    }
}

/// Passes everything on to another connector.
private protocol ConnectorDecorator: Connector {
    var base: any Connector { get }
}

extension ConnectorDecorator {
    var capabilities: Capabilities { base.capabilities }
    func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding] { try await base.checkAccess(request) }
    func describe(_ request: DescribeRequest) async throws -> StoreDescription { try await base.describe(request) }
    func identity() async throws -> StoreIdentity? { try await base.identity() }
    func installCapture(_ request: CaptureRequest) async throws { try await base.installCapture(request) }
    func removeCapture() async throws { try await base.removeCapture() }
    func snapshot(_ request: SnapshotRequest) async throws -> any Snapshot { try await base.snapshot(request) }
    func changes(_ request: ChangesRequest) async throws -> any ChangeReader { try await base.changes(request) }
    func write(_ request: WriteSessionRequest) async throws -> any WriteSession { try await base.write(request) }
    func checkpoints() async throws -> [String: Position] { try await base.checkpoints() }
    func forgetCheckpoints(lanes: [String]) async throws { try await base.forgetCheckpoints(lanes: lanes) }
    func release(_ position: Position) async throws { try await base.release(position) }
    func query(_ request: QueryRequest) async throws -> any BatchReader { try await base.query(request) }
    func count(_ request: CountRequest) async throws -> Int64 { try await base.count(request) }
    func close() async { await base.close() }
}
