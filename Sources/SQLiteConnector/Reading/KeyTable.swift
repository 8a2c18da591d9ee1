internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// The keys that a query asks for, as a temporary table of its connection that ``RowQuery`` joins with.
enum KeyTable {
    /// Reads that are open side by side on one connection have a table each. It stays, because SQLite drops no table
    /// while anything is being read.
    static func name(_ number: Int, width: Int) -> String { "temp.lockstep_keys_\(number)_\(width)" }

    /// Puts the keys into the table, in every spelling that a store may have them in; earlier ones are gone.
    static func fill(
        _ keys: KeySelection, of table: Table, in database: SQLiteDatabase, number: Int = 0, doing: String
    ) throws {
        let columns = try RowQuery.columns(keys.fields, of: table, doing: doing)
        let names = columns.indices.map { "lockstep_k\($0)" }.joined(separator: ", ")
        let name = Self.name(number, width: columns.count)
        try database.execute("CREATE TABLE IF NOT EXISTS \(name)(\(names), UNIQUE(\(names))); DELETE FROM \(name)")
        let places = columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let insert = try database.prepare("INSERT OR IGNORE INTO \(name) VALUES (\(places))")
        defer { insert.reset() }
        let codecs = columns.map(ColumnCodec.init)
        for row in 0..<keys.rows.rowCount {
            let spellings = codecs.enumerated().map { $1.spellings(keys.rows, row, $0) }
            for combination in KeySpellings.combinations(spellings) {
                for (index, value) in combination.enumerated() { try insert.bind(value, at: index + 1) }
                try insert.run()
            }
        }
    }
}
