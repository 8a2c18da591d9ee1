import LockstepModel
import LockstepState

/// A record as JSON: an object of its fields.
struct RecordForm: Encodable {
    private struct FieldName: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    let row: StoredRow

    init(_ row: StoredRow) { self.row = row }

    init?(_ row: StoredRow?) {
        guard let row else { return nil }
        self.row = row
    }

    /// Integers, booleans and null as JSON has them; everything else as text, so that nothing is rounded on its way.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: FieldName.self)
        for (field, value) in zip(row.fields, row.values) {
            let name = FieldName(stringValue: field)
            switch value {
            case .null: try container.encodeNil(forKey: name)
            case .bool(let value): try container.encode(value, forKey: name)
            case .int64(let value): try container.encode(value, forKey: name)
            case .unchanged, .invalid, .float64, .decimal, .text, .bytes, .date, .time, .timestamp, .instant, .uuid,
                .json:
                try container.encode(value.displayText, forKey: name)
            }
        }
    }
}
