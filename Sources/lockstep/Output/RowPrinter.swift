import Foundation
import LockstepModel

/// Prints the rows of a result as they come: as a table (which waits for the last one), as CSV (RFC 4180) or as JSON.
///
/// Used by one thread at a time.
final class RowPrinter: @unchecked Sendable {
    enum Form: Sendable { case table, csv, json }

    private let form: Form
    private var table: TextTable?
    private var count = 0

    init(_ form: Form) { self.form = form }

    func columns(_ names: [String]) throws {
        switch form {
        case .table: table = TextTable(names.map { TextTable.Column($0) })
        case .csv: Self.write(names.map(Self.quoted).joined(separator: ",") + "\r\n")
        case .json: Self.write("{\n  \"columns\" : \(try Self.json(names)),\n  \"rows\" : [")
        }
    }

    func row(_ values: [Value]) throws {
        switch form {
        case .table: table?.add(values.map { $0 == .null ? "NULL" : $0.displayText })
        case .csv: Self.write(values.map(Self.field).joined(separator: ",") + "\r\n")
        case .json: Self.write("\(count == 0 ? "" : ",")\n    \(try Self.json(values.map(Cell.init)))")
        }
        count += 1
    }

    /// Ends the result.
    ///
    /// - Parameter facts: more members of the JSON object.
    func end(_ output: Output, facts: [(name: String, value: String)], isCut: Bool) throws {
        switch form {
        case .table: if let table { output.table(table) }
        case .csv: break
        case .json:
            var text = "\n  ],\n  \"isCut\" : \(isCut)"
            for fact in facts { text += ",\n  \(try Self.json(fact.name)) : \(try Self.json(fact.value))" }
            Self.write(text + "\n}\n")
        }
    }

    /// Integers, finite numbers and null as JSON has them; bytes as `0x…`.
    private struct Cell: Encodable {
        let value: Value

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch value {
            case .null: try container.encodeNil()
            case .bool(let value): try container.encode(value)
            case .int64(let value): try container.encode(value)
            case .float64(let value) where value.isFinite: try container.encode(value)
            case .unchanged, .invalid, .float64, .decimal, .text, .bytes, .date, .time, .timestamp, .instant, .uuid,
                .json:
                try container.encode(value.displayText)
            }
        }
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Null is nothing at all, an empty text is two quotes.
    private static func field(_ value: Value) -> String {
        if value == .null { return "" }
        let text = value.displayText
        return text.isEmpty ? "\"\"" : quoted(text)
    }

    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { "\",\r\n".utf8.contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private static func write(_ text: String) { print(text, terminator: "") }
}
