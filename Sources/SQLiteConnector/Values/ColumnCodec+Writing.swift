internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// How cells are stored: the same spelling always, and nothing that the column would change. What it cannot hold
/// exactly is refused before it is written.
///
/// bool is 0 or 1; date `YYYY-MM-DD`; timestamp `YYYY-MM-DD HH:MM:SS[.ffffff]`; instant the same with `Z`; uuid
/// lower-case text, or 16 bytes in a column of BLOB affinity.
extension ColumnCodec {
    /// What is bound for a cell.
    enum Stored {
        case null
        case integer(Int64)
        case real(Double)
        /// The cell's own bytes.
        case text
        case blob
        /// A spelling made for the column.
        case madeText([UInt8])
    }

    /// How a cell is stored, or why it cannot be.
    @inline(__always)
    func stored(_ cell: Cell, _ bytes: UnsafeRawBufferPointer) -> Result<Stored, Refusal> {
        switch (cell.kind, column.type) {
        case (.null, _): .success(.null)
        case (.int64, .int64): .success(.integer(cell.integer))
        case (.bool, .bool): .success(.integer(cell.bits == 0 ? 0 : 1))
        case (.text, .text), (.json, .json):
            column.affinity.turnsTextIntoNumbers ? storedAmongNumbers(bytes) : .success(.text)
        case (.bytes, .bytes): .success(.blob)
        case (.float64, .float64):
            cell.float64.isNaN ? .failure(.outOfRange("NaN")) : .success(.real(cell.float64))
        case (.decimal, .decimal): storedDecimal(bytes)
        case (.int64, .decimal): storedDecimal(integer: cell.integer)
        case (.uuid, .uuid): column.affinity == .blob ? .success(.blob) : .success(.madeText(Self.uuid(bytes)))
        case (.date, .date), (.time, .time), (.timestamp, .timestamp), (.instant, .instant): storedTime(cell)
        default: .failure(.wrongType)
        }
    }

    /// Why a column cannot hold a cell.
    enum Refusal: Error {
        case wrongType
        case outOfRange(String)
    }

    func rejection(_ refusal: Refusal, _ cell: Cell) -> Rejection {
        switch refusal {
        case .wrongType:
            Rejection(
                cause: .wrongType, constraint: column.name,
                message: "a value of another type does not fit the \(column.type.name) field \(column.name)")
        case .outOfRange(let what):
            Rejection(
                cause: .outOfRange, constraint: column.name,
                message: "the field \(column.name) (\(column.declaredType)) cannot hold \(what) exactly")
        }
    }

    private func storedTime(_ cell: Cell) -> Result<Stored, Refusal> {
        var text: [UInt8] = []
        text.reserveCapacity(28)
        let first = ISOText.firstDay * ISOText.microsecondsPerDay
        let last = (ISOText.lastDay + 1) * ISOText.microsecondsPerDay - 1
        let value = cell.integer
        switch cell.kind {
        case .date:
            guard value >= ISOText.firstDay, value <= ISOText.lastDay else { return .failure(.outOfRange("the date")) }
            ISOText.appendDate(value, to: &text)
        case .time:
            guard value >= 0, value <= ISOText.microsecondsPerDay else { return .failure(.outOfRange("the time")) }
            ISOText.appendTime(value, to: &text)
        default:
            guard value >= first, value <= last else { return .failure(.outOfRange("the time")) }
            ISOText.appendTimestamp(value, to: &text)
            if cell.kind == .instant { text.append(90) }
        }
        return .success(.madeText(text))
    }

    private func storedDecimal(integer: Int64) -> Result<Stored, Refusal> {
        switch column.affinity {
        case .integer, .numeric: .success(.integer(integer))
        case .text, .blob: .success(.madeText(Array(String(integer).utf8)))
        case .real:
            String(integer.magnitude).count <= Self.exactDigits
                ? .success(.real(Double(integer))) : .failure(.outOfRange("so many digits"))
        }
    }

    private func storedDecimal(_ bytes: UnsafeRawBufferPointer) -> Result<Stored, Refusal> {
        guard let parts = DecimalText.parts(bytes) else { return .failure(.wrongType) }
        guard column.affinity.turnsTextIntoNumbers else { return .success(.text) }
        guard parts.kind == .finite else { return .failure(.outOfRange("NaN or an infinity")) }
        if parts.scale == 0, parts.integerDigits <= 19, let integer = Int64(DecimalText.format(parts)) {
            return storedDecimal(integer: integer)
        }
        guard parts.digits.count <= Self.exactDigits,
            let double = Double(String(decoding: bytes, as: UTF8.self)), double.isFinite,
            DecimalText.parts(Array(FloatText.format(double).utf8)) == parts
        else { return .failure(.outOfRange("so many digits")) }
        return .success(.real(double))
    }

    /// Text and JSON in a column that turns what looks like a number into one: only what reads back the same.
    private func storedAmongNumbers(_ bytes: UnsafeRawBufferPointer) -> Result<Stored, Refusal> {
        let text = String(decoding: bytes, as: UTF8.self)
        let trimmed = text.utf8.drop { Self.isSpace($0) }.reversed().drop { Self.isSpace($0) }.reversed()
        guard let first = trimmed.first, first == 43 || first == 45 || first == 46 || (48...57).contains(first),
            let parts = DecimalText.parts(Array(trimmed)), parts.kind == .finite
        else { return .success(.text) }
        if column.affinity != .real, let integer = Int64(text), String(integer) == text { return .success(.text) }
        guard column.type == .json, parts.digits.count <= Self.exactDigits,
            let double = Double(String(decoding: trimmed.map { $0 }, as: UTF8.self)), double.isFinite,
            DecimalText.parts(Array(FloatText.format(double).utf8)) == parts
        else { return .failure(.outOfRange("text that looks like a number")) }
        return .success(.text)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    static func uuid(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        bytes.count == 16 ? Array(UUIDText.format(bytes).utf8) : Array(bytes)
    }
}

extension SQLiteStatement {
    /// Binds without a copy where the cell's bytes are stored as they are: they must outlive the step.
    @inline(__always)
    func bind(_ stored: ColumnCodec.Stored, _ bytes: UnsafeRawBufferPointer, at index: Int) throws(SQLiteError) {
        switch stored {
        case .null: try bindNull(at: index)
        case .integer(let value): try bind(value, at: index)
        case .real(let value): try bind(value, at: index)
        case .text: try bindStatic(text: bytes, at: index)
        case .blob: try bindStatic(blob: bytes, at: index)
        case .madeText(let text): try bind(text: text, at: index)
        }
    }
}
