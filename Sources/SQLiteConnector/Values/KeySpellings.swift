internal import LockstepModel

/// The ways in which a store may spell one key value, so that a record is found by its key through the index although
/// an application wrote `2024-01-31T10:00:00` where this connector writes a space.
enum KeySpellings {
    /// All ways to choose one spelling per key field.
    static func combinations(_ spellings: [[Value]]) -> [[Value]] {
        spellings.reduce([[]]) { partial, choices in partial.flatMap { row in choices.map { row + [$0] } } }
    }
}

extension ColumnCodec {
    /// How many spellings ``spellings(_:_:_:)`` gives: always the same number, so that statements can be prepared.
    var spellingCount: Int {
        switch column.type {
        case .timestamp: 6
        case .instant: 18
        case .uuid: 4
        case .text: column.affinity == .blob ? 2 : 1
        case .bool: 3
        case .int64, .float64, .decimal, .bytes, .date, .time, .json: 1
        }
    }

    /// The stored forms of a key cell; null for a cell of another type, which matches nothing.
    func spellings(_ batch: borrowing RowBatch, _ row: Int, _ index: Int) -> [Value] {
        let cell = batch[row, index]
        let value = batch.withBytes(of: cell) { bytes in canonical(cell, bytes) }
        let all: [Value]
        switch (column.type, value) {
        case (.timestamp, .text(let text)): all = Self.clockSpellings(text)
        case (.instant, .text(let text)):
            all = Self.clockSpellings(String(text.dropLast())).flatMap { spelling in
                ["Z", "+00:00", ""].map { Value.text(spelling.textOrEmpty + $0) }
            }
        case (.uuid, .text(let text)):
            let bytes = UUIDText.parse(Array(text.utf8)) ?? []
            all = [value, .text(text.uppercased()), .text(text.replacing("-", with: "")), .bytes(bytes)]
        case (.uuid, .bytes(let bytes)) where bytes.count == 16:
            let text = UUIDText.format(bytes)
            all = [value, .text(text), .text(text.uppercased()), .text(text.replacing("-", with: ""))]
        case (.text, .text(let text)) where column.affinity == .blob:
            let integer = Int64(text).flatMap { String($0) == text ? Value.int64($0) : nil }
            all = [value, integer ?? value]
        case (.bool, .int64(let bit)):
            all = [value, .text(bit == 0 ? "false" : "true"), .text(bit == 0 ? "FALSE" : "TRUE")]
        default: all = [value]
        }
        return all + Array(repeating: value, count: max(0, spellingCount - all.count))
    }

    /// With a space or `T`, and the fraction as short as can be, of three digits or of six.
    private static func clockSpellings(_ text: String) -> [Value] {
        var fractions = [text]
        let parts = text.split(separator: ".")
        let digits = parts.count > 1 ? String(parts[1]) : ""
        for width in [3, 6] {
            let padded = digits + String(repeating: "0", count: max(0, width - digits.count))
            fractions.append("\(parts.first ?? "").\(padded)")
        }
        return fractions.flatMap { [Value.text($0), .text($0.replacing(" ", with: "T"))] }
    }

    private func canonical(_ cell: Cell, _ bytes: UnsafeRawBufferPointer) -> Value {
        withUnsafeTemporaryAllocation(byteCount: CellFormat.scratchBytes, alignment: 1) { scratch in
            switch format.stored(cell, bytes, scratch) {
            case .null, .refused: .null
            case .integer(let value): .int64(value)
            case .real(let value): .float64(value)
            case .text: .text(String(decoding: bytes, as: UTF8.self))
            case .blob: .bytes(Array(bytes))
            case .made(let range): .text(String(decoding: scratch[range], as: UTF8.self))
            }
        }
    }
}
