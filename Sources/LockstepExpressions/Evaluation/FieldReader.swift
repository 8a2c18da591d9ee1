import LockstepModel

/// Reads a field of a record as an operand.
enum FieldReader {
    static func operand(_ field: FieldReference, _ record: RecordView) throws(EvaluationFailure) -> Operand {
        let column = record.columns[field.index]
        var cell = record.batch[record.row, record.columnOffset + column]
        if cell.kind == .unchanged, let offset = record.unchangedOffset {
            cell = record.batch[record.row, offset + column]
        }
        if let failure = failure(cell, field) { throw failure }
        return try operand(cell, record.batch, field)
    }

    /// What is wrong with a cell; nil where it is null or of the field's type.
    static func failure(_ cell: Cell, _ field: FieldReference) -> EvaluationFailure? {
        let name = field.description.name
        switch cell.kind {
        case .null: return nil
        case .unchanged:
            return EvaluationFailure(
                .unchangedField, "the store did not send the unchanged field '\(name)'", field: name)
        case .invalid:
            return EvaluationFailure(
                .invalidField, "the field '\(name)' holds something that is no \(field.description.type.name)",
                field: name)
        default:
            guard cell.kind != Cell.Kind(field.description.type) else { return nil }
            return EvaluationFailure(
                .invalidField, "the field '\(name)' is of another type than it was described with", field: name)
        }
    }

    private static func operand(
        _ cell: Cell, _ batch: RowBatch, _ field: FieldReference
    ) throws(EvaluationFailure) -> Operand {
        switch cell.kind {
        case .null, .unchanged, .invalid: return .null
        case .bool: return .bool(cell.bits != 0)
        case .int64: return .int64(cell.integer)
        case .float64: return .float64(cell.float64)
        case .decimal:
            guard let parts = DecimalText.parts(batch.bytes(of: cell)) else {
                let name = field.description.name
                throw EvaluationFailure(.invalidField, "the field '\(name)' holds no decimal", field: name)
            }
            return .decimal(parts)
        case .text: return .text(Array(batch.bytes(of: cell)))
        case .date: return .date(cell.integer)
        case .time: return .time(cell.integer)
        case .timestamp: return .timestamp(cell.integer)
        case .instant: return .instant(cell.integer)
        case .uuid: return .uuid(Array(batch.bytes(of: cell)))
        case .bytes: return .opaque(.bytes(Array(batch.bytes(of: cell))))
        case .json: return .opaque(.json(String(decoding: batch.bytes(of: cell), as: UTF8.self)))
        }
    }
}
