internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// How the values of one column are read: storage class and declared type together make a cell. What the declared type
/// does not explain becomes an invalid cell that says so, never a guess.
///
/// Accepted beside the canonical spellings: `true`/`false` as bool, `T` or a space between date and time, instants with
/// any offset, and instants without a zone, which are taken as UTC (SQLite's own `CURRENT_TIMESTAMP` writes these).
///
/// Trivial on purpose: it is looked at for every cell, and names would cost a reference count each time.
struct CellFormat: Sendable {
    /// Digits that a double always keeps.
    static let exactDigits = 15

    let type: ValueType
    let affinity: Affinity
    let isGenerated: Bool
    private let kind: Cell.Kind

    init(_ column: TableColumn) {
        type = column.type
        affinity = column.affinity
        isGenerated = column.isGenerated
        kind = Cell.Kind(column.type)
    }

    @inline(__always)
    func append(_ statement: SQLiteStatement, _ index: Int, to batch: inout RowBatch) {
        switch statement.stored(index) {
        case .null: batch.appendNull()
        case .integer(let value): appendInteger(value, to: &batch)
        case .real(let value): appendReal(value, to: &batch)
        case .text(let bytes): appendText(bytes, to: &batch)
        case .blob(let bytes): appendBlob(bytes, to: &batch)
        }
    }

    @inline(__always)
    private func appendInteger(_ value: Int64, to batch: inout RowBatch) {
        switch type {
        case .int64: batch.append(Cell(.int64, integer: value))
        case .bool where value == 0 || value == 1: batch.append(Cell(bool: value == 1))
        case .float64 where Int64(exactly: Double(value)) == value: batch.append(Cell(float64: Double(value)))
        case .decimal, .json: batch.append(kind, bytes: String(value).utf8)
        case .text where affinity != .text: batch.append(kind, bytes: String(value).utf8)
        case .bool, .float64, .text, .bytes, .date, .time, .timestamp, .instant, .uuid: refuse(.integer, &batch)
        }
    }

    private func appendReal(_ value: Double, to batch: inout RowBatch) {
        switch type {
        case .float64: batch.append(Cell(float64: value))
        case .decimal:
            if !PlainDecimal.append(value, to: &batch) { batch.append(kind, bytes: Self.decimal(value).utf8) }
        case .json where value.isFinite: batch.append(kind, bytes: Self.decimal(value).utf8)
        case .text where affinity != .text: batch.append(kind, bytes: FloatText.format(value).utf8)
        case .bool, .int64, .json, .text, .bytes, .date, .time, .timestamp, .instant, .uuid: refuse(.real, &batch)
        }
    }

    @inline(__always)
    private func appendText(_ bytes: UnsafeRawBufferPointer, to batch: inout RowBatch) {
        switch type {
        case .text, .json:
            if TextCheck.isUTF8(bytes) {
                batch.append(kind, bytes: bytes)
            } else {
                batch.appendInvalid("\(type.name) field holds TEXT that is not UTF-8")
            }
        case .decimal:
            if DecimalText.isValid(bytes) { batch.append(kind, bytes: bytes) } else { refuse(.text, &batch) }
        case .bool:
            switch String(decoding: bytes.prefix(6), as: UTF8.self).lowercased() {
            case "true": batch.append(Cell(bool: true))
            case "false": batch.append(Cell(bool: false))
            default: refuse(.text, &batch)
            }
        case .date: appendNumber(ISOText.parseDate(bytes), to: &batch)
        case .time: appendNumber(ISOText.parseTime(bytes), to: &batch)
        case .timestamp:
            let parsed = ISOText.parseDateTime(bytes)
            appendNumber(parsed?.offset == nil ? parsed?.microseconds : nil, to: &batch)
        case .instant:
            appendNumber(ISOText.parseDateTime(bytes).map { $0.microseconds - ($0.offset ?? 0) }, to: &batch)
        case .uuid:
            if let uuid = UUIDText.parse(bytes) { batch.append(.uuid, bytes: uuid) } else { refuse(.text, &batch) }
        case .int64, .float64, .bytes: refuse(.text, &batch)
        }
    }

    private func appendBlob(_ bytes: UnsafeRawBufferPointer, to batch: inout RowBatch) {
        switch type {
        case .bytes: batch.append(.bytes, bytes: bytes)
        case .uuid where bytes.count == 16: batch.append(.uuid, bytes: bytes)
        case .bool, .int64, .float64, .decimal, .text, .date, .time, .timestamp, .instant, .uuid, .json:
            refuse(.blob, &batch)
        }
    }

    @inline(__always)
    private func appendNumber(_ number: Int64?, to batch: inout RowBatch) {
        if let number { batch.append(Cell(kind, integer: number)) } else { refuse(.text, &batch) }
    }

    private func refuse(_ storage: SQLiteStatement.StorageClass, _ batch: inout RowBatch) {
        let what = storage == .text ? "TEXT that is no \(type.name)" : storage.name
        batch.appendInvalid("\(type.name) field holds \(what)")
    }

    /// The shortest text that reads back to the same double, without an exponent.
    static func decimal(_ value: Double) -> String {
        DecimalText.normalized(Array(FloatText.format(value).utf8)) ?? FloatText.format(value)
    }
}
