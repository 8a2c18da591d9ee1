import LockstepModel

/// Describing, capture, closing.
extension ConformanceCheck {
    static let schemaChecks: [ConformanceCheck] = [
        ConformanceCheck(
            "describe-shows-the-entity", "describe shows entities with their fields, types and keys"
        ) { run in
            let all = try await run.connector.describe(DescribeRequest())
            let asked = try await run.connector.describe(DescribeRequest(entities: [run.entity]))
            guard let entity = asked.entity(run.entity), all.entity(run.entity) != nil else {
                throw ConformanceFailure("\(run.entity) is not described")
            }
            try run.require(asked.entities.count == 1, "more was described than asked for")
            let wanted = ConformanceScratch.description(run.entity, types: run.subject.types)
            for field in wanted.fields {
                let found = entity.field(field.name)
                try run.require(found?.type == field.type, "\(field.name) is \(found?.type.name ?? "not there")")
                try run.require(found?.isNullable == field.isNullable, "\(field.name) is wrong about null")
            }
            for key in wanted.keys { try run.require(entity.hasKey(key.fields), "the key \(key.name) is not there") }
            let primary = entity.keys.first { $0.isPrimary }
            try run.require(primary?.fields == [ConformanceScratch.id], "the primary key is wrong")
        },
        ConformanceCheck(
            "unknown-entity-is-a-schema-error", "asking for an entity that is not there says so"
        ) { run in
            let missing = run.entity + "_missing"
            let findings = try await run.connector.checkAccess(
                AccessRequest(entities: [missing], purposes: [.read]))
            try run.require(findings.contains { $0.severity == .error }, "the access check does not notice")
            do {
                _ = try await run.connector.count(CountRequest(entity: missing))
            } catch let error as ConnectorError where error.code == .schema {
                return
            }
            throw ConformanceFailure("counting it is no schema error")
        },
        ConformanceCheck(
            "capture-needs-installing", "changes are refused before capture is installed and after it is removed"
        ) { run in
            try await requireNotInstalled(run, "before")
            try await run.install()
            _ = try await run.history(after: try await run.here())
            try await run.connector.removeCapture()
            try await requireNotInstalled(run, "after")
            try run.require(try await run.connector.identity() == nil, "the identity is still there")
        },
        ConformanceCheck(
            "installing-twice-changes-nothing", "installing capture again keeps the identity and the history"
        ) { run in
            try await run.install()
            let identity = try await run.connector.identity()
            try run.require(identity != nil, "there is no identity")
            let position = try await run.here()
            try await run.user(ConformanceRun.insert(1))
            try await run.install()
            try run.require(try await run.connector.identity() == identity, "the identity is another")
            try await run.user(ConformanceRun.insert(2))
            try await run.requireChanges(
                [.insert(ConformanceRun.row(1)), .insert(ConformanceRun.row(2))], after: position,
                "after installing twice")
        },
        ConformanceCheck(
            "removal-leaves-the-store-as-found", "removing capture, also twice, leaves nothing behind"
        ) { run in
            try await run.user(ConformanceRun.insert(1))
            let found = try await run.subject.fingerprint()
            try await run.install()
            _ = try await run.here()
            let checkpoint = Position(order: 7)
            try await run.write([], checkpoint: checkpoint)
            try await run.connector.removeCapture()
            try await run.connector.removeCapture()
            let left = try await run.subject.fingerprint()
            try run.require(left == found, "the store differs: before \(found), after \(left)")
        },
        ConformanceCheck("closing-twice-is-fine", "everything that closes may be closed twice") { run in
            try await run.user(ConformanceRun.insert(1))
            try await run.install()
            let snapshot = try await run.connector.snapshot(SnapshotRequest(purpose: .follow))
            let reader = try await snapshot.read(ReadRequest(entity: run.entity, fields: run.fields))
            let changes = try await run.connector.changes(
                ChangesRequest(entities: [run.entity: run.fields], after: snapshot.position))
            let session = try await run.session()
            _ = try await session.apply(run.batch([.insert(ConformanceRun.row(2))]))
            for _ in 0..<2 {
                await reader.close()
                await changes.close()
                await snapshot.close()
                await session.close()
            }
            try await run.requireRecords([ConformanceRun.row(1)], "after closing an open transaction")
            await run.connector.close()
            await run.connector.close()
        },
    ]

    private static func requireNotInstalled(_ run: ConformanceRun, _ when: String) async throws {
        do {
            _ = try await run.history(after: .start)
        } catch let error as ConnectorError where error.code == .notInstalled {
            return
        }
        throw ConformanceFailure("changes can be read \(when) capture")
    }
}
