internal import ConnectorKit
internal import LockstepModel
internal import LockstepSync

/// Lets the record with one key through.
struct RowFilter {
    /// Place of each field, and the bytes that it must have.
    private let wanted: [Int: [UInt8]]
    private var fields = RowTextFields()

    /// - Parameter key: values as row text spells them; a single one without a name is that of the table's only key field.
    /// - Throws: ``ContinuityError`` where the table has no such field.
    init(_ key: RecordKey, of table: ArchivedTable) throws {
        var wanted: [Int: [UInt8]] = [:]
        for part in key.parts {
            let name = part.name ?? (table.key.count == 1 ? table.key[0] : nil)
            guard let place = table.entity.fields.firstIndex(where: { $0.name == name }) else {
                throw ContinuityError(
                    .notFound, doing: "looking for a record", object: table.name,
                    message: part.name.map { "it has no field \($0)" } ?? "its key has several fields, or none",
                    hint:
                        "write the key as field=value,field=value; its fields are \(table.key.joined(separator: ", "))")
            }
            wanted[place] = Array(part.text.utf8)
        }
        self.wanted = wanted
    }

    mutating func matching(_ text: RowText) throws -> RowText {
        var result = RowText()
        try RowTextFields.forEachLine(text) { line in
            var matches = 0
            try fields.forEachField(line) { place, field in
                if let value = wanted[place], let field, field.elementsEqual(value) { matches += 1 }
            }
            guard matches == wanted.count else { return }
            result.bytes += line
            result.bytes.append(UInt8(ascii: "\n"))
            result.rowCount += 1
        }
        return result
    }
}
