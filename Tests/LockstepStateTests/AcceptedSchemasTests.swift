import LockstepModel
import LockstepState
import LockstepTesting
import SQLiteAccess
import Testing

/// What a map was last accepted for.
struct AcceptedSchemasTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("accepted") }

    private var path: String { folder.path + "/state.db" }

    private func entity(_ name: String, _ type: String) -> AcceptedEntity {
        AcceptedEntity(
            EntityDescription(
                name: name,
                fields: [FieldDescription(name: "id", type: .text, nativeType: type, labels: ["a", "b"])],
                keys: [KeyDescription(name: "k", fields: ["id"], isPrimary: true)]))
    }

    @Test func theLastAcceptanceIsKept() async throws {
        let state = try StateDatabase(path: path, project: "p")
        #expect(try await state.acceptedSchema(link: "l", map: "m") == nil)
        let first = AcceptedSchema(entities: [entity("a", "text"), entity("b", "text")], actor: "engine", time: "t1")
        try await state.acceptSchema(link: "l", map: "m", first)
        #expect(try await state.acceptedSchema(link: "l", map: "m") == first)
        let second = AcceptedSchema(
            entities: [entity("a", "varchar(9)"), entity("b", "text")], actor: "ada", time: "t2")
        try await state.acceptSchema(link: "l", map: "m", second)
        #expect(try await state.acceptedSchema(link: "l", map: "m") == second)
        #expect(try await state.acceptedSchema(link: "l", map: "other") == nil)
    }

    @Test func aFileOfTheFirstVersionIsBroughtUpToDate() async throws {
        do { _ = try StateDatabase(path: path, project: "p") }
        do {
            let database = try SQLiteDatabase(path: path, mode: .create)
            defer { database.close() }
            try database.execute(
                """
                DROP TABLE accepted_schema; ALTER TABLE parked DROP COLUMN rest_before;
                ALTER TABLE parked DROP COLUMN rest_field; PRAGMA user_version = 1
                """)
        }
        let state = try StateDatabase(path: path, project: "p")
        #expect(try await state.acceptedSchema(link: "l", map: "m") == nil)
    }
}
