import ConnectorKit
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// What the lint counts on the records of real stores.
@Suite(.serialized)
struct RecordsAreLintedTests {
    private static let head = """
        version: 1.0.0
        between: {erp: customers, crm: accounts}
        """

    private func lint(
        _ stores: [RealStore], _ texts: [String], limit: Int? = nil
    ) async throws -> DataLintReport {
        var schemas: [StoreDescription] = []
        for store in stores { schemas.append(try await store.connector.describe(DescribeRequest())) }
        let definitions = try texts.enumerated().map { index, text in
            try #require(MapDefinition.parse(text, file: "\(index).yaml", stores: ["erp", "crm"]).definition)
        }
        let maps = definitions.compactMap { MapCompiler.compile($0, schemas: (schemas[0], schemas[1])).map }
        let link = SyncLink(
            name: "l", stores: ["erp", "crm"], connectors: stores.map(\.connector), schemas: schemas, maps: maps)
        return try await DataLinter(.init(link: link, definitions: definitions, limit: limit)).run()
    }

    private func counts(_ report: DataLintReport) -> [String] {
        report.findings.map { "\($0.map) \($0.diagnostic.location.column) \($0.diagnostic.code) \($0.records)" }
    }

    private func stores(_ kind: RealStoresTests.Kind, _ folder: TemporaryFolder) async throws -> [RealStore] {
        [try await RealStore(kind, "erp", folder), try await RealStore(kind, "crm", folder)]
    }

    @Test(arguments: RealStoresTests.Kind.allCases)
    func eachReasonIsCountedAlsoWhereARecordHasSeveral(kind: RealStoresTests.Kind) async throws {
        let folder = try TemporaryFolder("lint")
        let stores = try await stores(kind, folder)
        try await stores[0].execute(
            "CREATE TABLE customers(id VARCHAR(20) PRIMARY KEY, name VARCHAR(40), hold VARCHAR(9), flag VARCHAR(9))")
        try await stores[1].execute(
            "CREATE TABLE accounts(id VARCHAR(20) PRIMARY KEY, name INTEGER, hold INTEGER, flag INTEGER)")
        try await stores[0].execute(
            """
            INSERT INTO customers VALUES ('a', '12', 'No', 'x'), ('b', '12a', 'vip', 'y'),
            ('c', NULL, 'vip', 'x'), ('d', 'many', 'new', NULL)
            """)
        let report = try await lint(
            stores,
            [
                """
                map: customers
                \(Self.head)
                key: {erp: id, crm: id}
                direction: erp-to-crm
                fields:
                  - {erp: name, crm: name}
                  - {erp: hold, crm: hold, values: {No: 0}}
                  - {erp: flag, crm: flag, values: {x: 1}, unmapped: 'null'}
                """
            ])
        #expect(counts(report) == ["customers 11 LS-MAP-107 3", "customers 11 LS-MAP-109 2"])
        #expect(report.findings[0].values.map { "\($0.value) \($0.records)" } == ["vip 2", "new 1"])
        #expect(report.coverage.map(\.records) == [4] && report.coverage.allSatisfy(\.isWhole))
        for store in stores { await store.close() }
    }

    @Test(arguments: RealStoresTests.Kind.allCases)
    func keysThatTheStoreDoesNotKeepApartAreCompared(kind: RealStoresTests.Kind) async throws {
        let folder = try TemporaryFolder("lint")
        let stores = try await stores(kind, folder)
        try await stores[0].execute("CREATE TABLE customers(id INTEGER PRIMARY KEY, no VARCHAR(9), kind INTEGER)")
        try await stores[1].execute("CREATE TABLE accounts(no VARCHAR(9) PRIMARY KEY)")
        try await stores[0].execute(
            """
            INSERT INTO customers VALUES (1, 'b', 1), (2, 'a', 1), (3, 'b', 1), (4, 'b', 1), (5, NULL, 1), (6, NULL, 1),
            (7, 'c', 1), (8, 'c', 1), (9, 'a', 2)
            """)
        let report = try await lint(
            stores,
            [
                """
                map: customers
                \(Self.head)
                key: {erp: no, crm: no}
                where: {erp: "kind eq 1"}
                fields: []
                """
            ])
        #expect(counts(report) == ["customers 12 LS-MAP-120 5"])
        #expect(report.findings[0].diagnostic.message.contains("share 2 keys"))
        for store in stores { await store.close() }
    }

    @Test(arguments: RealStoresTests.Kind.allCases)
    func recordsInsideTwoFiltersAreCounted(kind: RealStoresTests.Kind) async throws {
        let folder = try TemporaryFolder("lint")
        let stores = try await stores(kind, folder)
        try await stores[0].execute(
            "CREATE TABLE customers(id VARCHAR(9) PRIMARY KEY, name VARCHAR(40), level INTEGER)")
        try await stores[1].execute("CREATE TABLE accounts(id VARCHAR(9) PRIMARY KEY, name VARCHAR(40), level INTEGER)")
        try await stores[1].execute(
            "INSERT INTO accounts VALUES ('a', 'x', 1), ('b', 'x', 5), ('c', 'y', 7), ('d', 'y', NULL)")
        func map(_ name: String, _ condition: String) -> String {
            """
            map: \(name)
            \(Self.head)
            key: {erp: id, crm: id}
            where: {crm: "\(condition)"}
            direction: erp-to-crm
            fields: [{erp: name, crm: name}, {erp: level, crm: level}]
            conflicts: {overlap: erp}
            """
        }
        let overlapping = try await lint(stores, [map("low", "level lt 6"), map("high", "level gt 3")])
        #expect(counts(overlapping) == ["high 15 LS-MAP-121 1"])
        let apart = try await lint(stores, [map("low", "level lt 3"), map("high", "level gt 3")])
        #expect(counts(apart) == ["high 15 LS-MAP-046 0"])
        #expect(apart.findings.map(\.diagnostic.severity) == [.note])
        let proved = try await lint(stores, [map("one", "level eq 1"), map("five", "level eq 5")])
        #expect(counts(proved) == [])
        // Not said in any store's language: the records are looked at one by one.
        let byHand = try await lint(
            stores, [map("low", "level lt 6 and round(level) ge 0"), map("high", "level gt 3 and length(name) eq 1")])
        #expect(counts(byHand) == ["high 15 LS-MAP-121 1"])
        for store in stores { await store.close() }
    }

    @Test func aFilterThatMatchesNothingIsToldFromAnEmptyEntity() async throws {
        let folder = try TemporaryFolder("lint")
        let stores = try await stores(.sqlite, folder)
        try await stores[0].execute("CREATE TABLE customers(id TEXT PRIMARY KEY NOT NULL, kind TEXT)")
        try await stores[1].execute("CREATE TABLE accounts(id TEXT PRIMARY KEY NOT NULL, kind TEXT)")
        let map = """
            map: customers
            \(Self.head)
            key: {erp: id, crm: id}
            where: {erp: "kind eq 'organization'"}
            direction: erp-to-crm
            fields: [{erp: kind, crm: kind}]
            """
        #expect(counts(try await lint(stores, [map])) == [])
        try await stores[0].execute("INSERT INTO customers VALUES ('a', 'Organization'), ('b', NULL)")
        #expect(counts(try await lint(stores, [map])) == ["customers 15 LS-MAP-122 2"])
        for store in stores { await store.close() }
    }

    @Test func readingEndsAtTheLimit() async throws {
        let folder = try TemporaryFolder("lint")
        let stores = try await stores(.sqlite, folder)
        try await stores[0].execute("CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT)")
        try await stores[1].execute("CREATE TABLE accounts(id INTEGER PRIMARY KEY, name TEXT)")
        try await stores[0].execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
            INSERT INTO customers SELECT i, 'x' FROM n
            """)
        let map = """
            map: customers
            \(Self.head)
            key: {erp: id, crm: id}
            direction: erp-to-crm
            fields: [{erp: name, crm: name}]
            """
        let cut = try await lint(stores, [map], limit: 500)
        #expect(cut.coverage.first.map { $0.records < 20_000 && !$0.isWhole } == true)
        let whole = try await lint(stores, [map])
        #expect(whole.coverage.first.map { $0.records == 20_000 && $0.isWhole } == true)
        for store in stores { await store.close() }
    }
}
