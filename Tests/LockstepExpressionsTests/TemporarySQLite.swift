import CSQLite
import LockstepModel

/// An SQLite database in memory, by the C interface.
final class TemporarySQLite {
    struct Failure: Error { var message: String }
    private let database: OpaquePointer

    init() throws {
        var handle: OpaquePointer?
        guard sqlite3_open(":memory:", &handle) == SQLITE_OK, let handle else { throw Failure(message: "open") }
        database = handle
    }

    func stop() { sqlite3_close(database) }

    /// Rows of texts; nil is null.
    func query(_ sql: String, _ bindings: [Value] = []) throws -> [[String?]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else { throw failure(sql) }
        defer { sqlite3_finalize(statement) }
        guard Int(sqlite3_bind_parameter_count(statement)) == bindings.count else {
            throw Failure(message: "placeholders: \(sql)")
        }
        for (index, value) in bindings.enumerated() { try bind(value, Int32(index + 1), statement) }
        var rows: [[String?]] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                rows.append(
                    (0..<sqlite3_column_count(statement)).map { column in
                        sqlite3_column_text(statement, column).map { String(cString: $0) }
                    })
            case SQLITE_DONE: return rows
            default: throw failure(sql)
            }
        }
    }

    private func bind(_ value: Value, _ index: Int32, _ statement: OpaquePointer?) throws {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .int64(let value): sqlite3_bind_int64(statement, index, value)
        case .float64(let value): sqlite3_bind_double(statement, index, value)
        case .bool(let value): sqlite3_bind_int64(statement, index, value ? 1 : 0)
        case .text(let text): _ = lockstep_bind_text_copy(statement, index, text, UInt64(text.utf8.count))
        case .bytes(let bytes): _ = lockstep_bind_blob_copy(statement, index, bytes, UInt64(bytes.count))
        default:
            let text = value.displayText
            _ = lockstep_bind_text_copy(statement, index, text, UInt64(text.utf8.count))
        }
    }

    private func failure(_ sql: String) -> Failure {
        Failure(message: String(cString: sqlite3_errmsg(database)) + ": " + sql)
    }
}
