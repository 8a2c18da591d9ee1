import ConnectorKit
import Foundation
import LockstepModel
import LockstepSync
import LockstepTesting
import PostgreSQLConnector
import SQLiteAccess
import SQLiteConnector
import Testing

/// The engine on real files and a real server.
@Suite(.serialized)
struct RealStoresTests {
    enum Kind: String, Sendable, CaseIterable { case sqlite, postgresql }

    static let pairs: [(Kind, Kind)] = Kind.allCases.flatMap { left in Kind.allCases.map { (left, $0) } }

    @Test(arguments: pairs)
    func twoRealStoresBecomeAndStayEqual(left: Kind, right: Kind) async throws {
        let folder = try TemporaryFolder("real")
        let erp = try await RealStore(left, "erp", folder)
        let crm = try await RealStore(right, "crm", folder)
        try await erp.execute(
            "CREATE TABLE customers(id TEXT PRIMARY KEY, name TEXT, amount \(erp.decimal), born DATE)")
        try await crm.execute(
            "CREATE TABLE customers(id TEXT PRIMARY KEY, name TEXT, amount \(crm.decimal), born DATE)")
        try await erp.execute("INSERT INTO customers VALUES ('a', 'Ann', 1.50, '2000-01-31'), ('b', 'Bób', NULL, NULL)")
        try await crm.execute("INSERT INTO customers VALUES ('c', '', 3, '0001-01-01')")
        let map = """
            map: customers
            version: 1.0.0
            between: {erp: customers, crm: customers}
            key: [{erp: id, crm: id}]
            direction: both
            fields:
              - {erp: name, crm: name}
              - {erp: amount, crm: amount}
              - {erp: born, crm: born}
            conflicts: {overlap: erp}
            """
        let bench = try Bench([erp.connector, crm.connector], maps: [map])
        let first = try await bench.engine().sync()
        #expect(first.maps[0].toLeft.inserts == 1 && first.maps[0].toRight.inserts == 2)
        try await erp.execute("UPDATE customers SET name = 'Anna' WHERE id = 'a'")
        try await crm.execute("UPDATE customers SET amount = 2.25 WHERE id = 'a'; DELETE FROM customers WHERE id = 'b'")
        try await crm.execute("INSERT INTO customers VALUES ('d', 'Dora', 0, NULL)")
        let second = try await bench.engine().sync()
        #expect(second.maps[0].parked == 0)
        let rows = try await erp.rows("SELECT id, name, amount, born FROM customers ORDER BY id")
        #expect(rows == (try await crm.rows("SELECT id, name, amount, born FROM customers ORDER BY id")))
        #expect(rows.map { $0[0] } == ["a", "c", "d"])
        #expect(rows[0][1] == "Anna" && rows[0][2] == "2.25")
        let third = try await bench.engine().sync()
        #expect(third.changes == 0)
        await erp.close()
        await crm.close()
    }
}

/// A real store and the person who works on it.
struct RealStore {
    let connector: any Connector
    let kind: RealStoresTests.Kind
    private let path: String
    private let database: String

    init(_ kind: RealStoresTests.Kind, _ name: String, _ folder: TemporaryFolder) async throws {
        self.kind = kind
        switch kind {
        case .sqlite:
            path = folder.path + "/\(name).db"
            database = ""
            let file = try SQLiteDatabase(path: path, mode: .create)
            try file.execute("PRAGMA journal_mode = WAL")
            connector = SQLiteConnector(path: path)
        case .postgresql:
            path = ""
            database = "\(name)_\(UInt32.random(in: 0 ... .max))"
            let url = try PostgreSQLServer.shared().createDatabase(database)
            connector = try PostgreSQLConnector(url: url)
        }
    }

    var decimal: String { kind == .sqlite ? "DECIMAL(10,2)" : "numeric(10,2)" }

    func execute(_ sql: String) async throws {
        switch kind {
        case .sqlite: try SQLiteDatabase(path: path).execute(sql)
        case .postgresql: _ = try PostgreSQLServer.shared().execute(sql, database: database)
        }
    }

    /// Rows as text; numbers without needless zeros, null as `null`.
    func rows(_ sql: String) async throws -> [[String]] {
        switch kind {
        case .sqlite:
            return try SQLiteDatabase(path: path).query(sql).map { $0.map { Self.plain($0.displayText) } }
        case .postgresql:
            let text = try PostgreSQLServer.shared().execute(
                "COPY (\(sql)) TO STDOUT WITH (FORMAT text, NULL 'null')", database: database)
            return text.split(separator: "\n").map { line in
                line.split(separator: "\t", omittingEmptySubsequences: false).map { Self.plain(String($0)) }
            }
        }
    }

    private static func plain(_ text: String) -> String { DecimalText.normalized(Array(text.utf8)) ?? text }

    func close() async {
        try? await connector.removeCapture()
        await connector.close()
    }
}
