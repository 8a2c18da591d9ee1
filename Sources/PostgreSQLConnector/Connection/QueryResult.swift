import CPostgreSQL

/// The rows that one statement returned.
final class QueryResult {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var rowCount: Int { Int(PQntuples(handle)) }

    /// Rows that the statement inserted, updated or deleted.
    var affectedCount: Int { PQcmdTuples(handle).flatMap { Int(String(cString: $0)) } ?? 0 }

    func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        guard PQgetisnull(handle, Int32(row), Int32(column)) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(handle, Int32(row), Int32(column)),
            count: Int(PQgetlength(handle, Int32(row), Int32(column))))
    }

    func text(_ row: Int, _ column: Int) -> String? {
        bytes(row, column).map { String(decoding: $0, as: UTF8.self) }
    }

    func string(_ row: Int, _ column: Int) -> String { text(row, column) ?? "" }

    func integer(_ row: Int, _ column: Int) -> Int64? { text(row, column).flatMap { Int64($0) } }

    func flag(_ row: Int, _ column: Int) -> Bool { text(row, column) == "t" }

    var strings: [String] { (0..<rowCount).map { string($0, 0) } }

    /// The elements of a one-dimensional array of names, as the server prints it.
    func list(_ row: Int, _ column: Int) -> [String]? { text(row, column).map(ArrayText.parse) }
}
