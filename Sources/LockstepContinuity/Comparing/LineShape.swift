internal import ConnectorKit

/// Which fields of a table's lines are compared: all as they stand, or some of them in another order.
struct LineShape {
    /// Places in the line; nil for the whole line.
    private let places: [Int]?

    /// - Parameters:
    ///   - fields: those of the table's lines.
    ///   - wanted: those that are compared, all of them among `fields`.
    init(fields: [String], wanted: [String]) {
        places = fields == wanted ? nil : wanted.compactMap(fields.firstIndex(of:))
    }

    func forEachLine(_ text: RowText, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let places else { return try RowTextFields.forEachLine(text, body) }
        var bytes: [UInt8] = []
        try RowTextFields.forEachLine(text) { line in
            let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            bytes.removeAll(keepingCapacity: true)
            for (index, place) in places.enumerated() where place < fields.count {
                if index > 0 { bytes.append(UInt8(ascii: "\t")) }
                bytes += fields[place]
            }
            try bytes.withUnsafeBytes(body)
        }
    }

    /// The values of a line's fields, as text; nil for null.
    static func values(_ line: [UInt8]) throws -> [String?] {
        var reader = RowTextFields()
        var values: [String?] = []
        try line.withUnsafeBytes { line in
            _ = try reader.forEachField(line) { _, field in
                values.append(field.map { String(decoding: $0, as: UTF8.self) })
            }
        }
        return values
    }
}
