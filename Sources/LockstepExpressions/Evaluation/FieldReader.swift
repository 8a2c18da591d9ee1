import LockstepModel

/// Reads a field of a record as an operand.
struct FieldReader: Sendable {
    private let description: FieldDescription
    private let column: Int
    private let kind: Cell.Kind

    init(_ description: FieldDescription, column: Int) {
        self.description = description
        self.column = column
        kind = Cell.Kind(description.type)
    }

    func operand(_ record: RecordView) throws(EvaluationFailure) -> Operand {
        let cell = cell(record)
        if cell.kind == kind { return try operand(cell, record.batch) }
        if cell.kind == .null { return .null }
        throw failure(cell)
    }

    /// Appends the bytes of a text field; false where it is null.
    func append(_ record: RecordView, to text: inout [UInt8]) throws(EvaluationFailure) -> Bool {
        let cell = cell(record)
        guard cell.kind == kind, kind == .text else {
            if cell.kind == .null { return false }
            throw failure(cell)
        }
        record.batch.withBytes(of: cell) { text.append(contentsOf: $0) }
        return true
    }

    func cell(_ record: RecordView) -> Cell {
        let cell = record.batch[record.row, record.columnOffset + column]
        guard cell.kind == .unchanged, let offset = record.unchangedOffset else { return cell }
        return record.batch[record.row, offset + column]
    }

    private func failure(_ cell: Cell) -> EvaluationFailure {
        let name = description.name
        return switch cell.kind {
        case .unchanged:
            EvaluationFailure(.unchangedField, "the store did not send the unchanged field '\(name)'", field: name)
        case .invalid:
            EvaluationFailure(
                .invalidField, "the field '\(name)' holds something that is no \(description.type.name)", field: name)
        default:
            EvaluationFailure(
                .invalidField, "the field '\(name)' is of another type than it was described with", field: name)
        }
    }

    @inline(__always)
    private func operand(_ cell: Cell, _ batch: RowBatch) throws(EvaluationFailure) -> Operand {
        switch cell.kind {
        case .null, .unchanged, .invalid: return .null
        case .bool: return .bool(cell.bits != 0)
        case .int64: return .int64(cell.integer)
        case .float64: return .float64(cell.float64)
        case .decimal:
            guard let number = DecimalNumber(batch.bytes(of: cell)) else {
                let name = description.name
                throw EvaluationFailure(.invalidField, "the field '\(name)' holds no decimal", field: name)
            }
            return .decimal(number)
        case .text: return .text(batch.bytes(of: cell))
        case .date: return .date(cell.integer)
        case .time: return .time(cell.integer)
        case .timestamp: return .timestamp(cell.integer)
        case .instant: return .instant(cell.integer)
        case .uuid: return .uuid(batch.bytes(of: cell))
        case .bytes: return .opaque(.bytes(Array(batch.bytes(of: cell))))
        case .json: return .opaque(.json(String(decoding: batch.bytes(of: cell), as: UTF8.self)))
        }
    }
}
