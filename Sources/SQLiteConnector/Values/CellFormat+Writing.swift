internal import LockstepModel
internal import SQLiteAccess

/// How cells are stored: the same spelling always, and nothing that the column would change. What it cannot hold
/// exactly is refused before it is written.
///
/// bool is 0 or 1; date `YYYY-MM-DD`; timestamp `YYYY-MM-DD HH:MM:SS[.ffffff]`; instant the same with `Z`; uuid
/// lower-case text, or 16 bytes in a column of BLOB affinity.
extension CellFormat {
    /// What is bound for a cell.
    enum Stored {
        case null
        case integer(Int64)
        case real(Double)
        /// The cell's own bytes.
        case text
        case blob
        /// A spelling made for the column: this part of the scratch memory.
        case made(Range<Int>)
        case refused(Refusal)
    }

    /// Bytes that a spelling needs at most: a uuid takes 36.
    static let scratchBytes = 40

    /// Why a column cannot hold a cell.
    enum Refusal {
        case wrongType, notANumber, notFinite, date, time, digits, numberText

        /// For messages; never the value.
        var what: String {
            switch self {
            case .wrongType: "a value of another type"
            case .notANumber: "NaN"
            case .notFinite: "NaN or an infinity"
            case .date: "the date"
            case .time: "the time"
            case .digits: "so many digits"
            case .numberText: "text that looks like a number"
            }
        }
    }

    /// How a cell is stored, or why it cannot be.
    ///
    /// - Parameter scratch: at least ``scratchBytes``; what is written there is bound with the result.
    @inline(__always)
    func stored(_ cell: Cell, _ bytes: UnsafeRawBufferPointer, _ scratch: UnsafeMutableRawBufferPointer) -> Stored {
        switch (cell.kind, type) {
        case (.null, _): .null
        case (.int64, .int64): .integer(cell.integer)
        case (.bool, .bool): .integer(cell.bits == 0 ? 0 : 1)
        case (.text, .text), (.json, .json):
            affinity.turnsTextIntoNumbers ? storedAmongNumbers(bytes) : .text
        case (.bytes, .bytes): .blob
        case (.float64, .float64): cell.float64.isNaN ? .refused(.notANumber) : .real(cell.float64)
        case (.decimal, .decimal): storedDecimal(bytes, scratch)
        case (.int64, .decimal): storedDecimal(integer: cell.integer, scratch)
        case (.uuid, .uuid): affinity == .blob ? .blob : storedUUID(bytes, scratch)
        case (.date, .date), (.time, .time), (.timestamp, .timestamp), (.instant, .instant):
            storedTime(cell, scratch)
        default: .refused(.wrongType)
        }
    }

    private func storedTime(_ cell: Cell, _ scratch: UnsafeMutableRawBufferPointer) -> Stored {
        let first = ISOText.firstDay * ISOText.microsecondsPerDay
        let last = (ISOText.lastDay + 1) * ISOText.microsecondsPerDay - 1
        let value = cell.integer
        switch type {
        case .date:
            guard value >= ISOText.firstDay, value <= ISOText.lastDay else { return .refused(.date) }
            return .made(0..<ISOText.writeDate(value, to: scratch))
        case .time:
            guard value >= 0, value <= ISOText.microsecondsPerDay else { return .refused(.time) }
            return .made(0..<ISOText.writeTime(value, to: scratch))
        default:
            guard value >= first, value <= last else { return .refused(.time) }
            var count = ISOText.writeTimestamp(value, to: scratch)
            if type == .instant {
                scratch[count] = 90
                count += 1
            }
            return .made(0..<count)
        }
    }

    private func storedUUID(_ bytes: UnsafeRawBufferPointer, _ scratch: UnsafeMutableRawBufferPointer) -> Stored {
        guard bytes.count == 16 else { return .text }
        let text = Array(UUIDText.format(bytes).utf8)
        scratch.copyBytes(from: text)
        return .made(0..<text.count)
    }

    private func storedDecimal(integer: Int64, _ scratch: UnsafeMutableRawBufferPointer) -> Stored {
        switch affinity {
        case .integer, .numeric: .integer(integer)
        case .text, .blob: .made(PlainDecimal.write(integer, scale: 0, to: scratch)..<scratch.count)
        case .real: integer.magnitude < 1_000_000_000_000_000 ? .real(Double(integer)) : .refused(.digits)
        }
    }

    private func storedDecimal(_ bytes: UnsafeRawBufferPointer, _ scratch: UnsafeMutableRawBufferPointer) -> Stored {
        guard affinity.turnsTextIntoNumbers else {
            return DecimalText.isValid(bytes) ? .text : .refused(.wrongType)
        }
        if let plain = PlainDecimal(bytes) {
            return plain.scale == 0 ? storedDecimal(integer: plain.mantissa, scratch) : .real(plain.double)
        }
        guard let parts = DecimalText.parts(bytes) else { return .refused(.wrongType) }
        guard parts.kind == .finite else { return .refused(.notFinite) }
        if parts.scale == 0, parts.integerDigits <= 19, let integer = Int64(DecimalText.format(parts)) {
            return storedDecimal(integer: integer, scratch)
        }
        guard parts.digits.count <= Self.exactDigits,
            let double = Double(String(decoding: bytes, as: UTF8.self)), double.isFinite,
            DecimalText.parts(Array(FloatText.format(double).utf8)) == parts
        else { return .refused(.digits) }
        return .real(double)
    }

    /// Text and JSON in a column that turns what looks like a number into one: only what reads back the same.
    private func storedAmongNumbers(_ bytes: UnsafeRawBufferPointer) -> Stored {
        let text = String(decoding: bytes, as: UTF8.self)
        let trimmed = text.utf8.drop { Self.isSpace($0) }.reversed().drop { Self.isSpace($0) }.reversed()
        guard let first = trimmed.first, first == 43 || first == 45 || first == 46 || (48...57).contains(first),
            let parts = DecimalText.parts(Array(trimmed)), parts.kind == .finite
        else { return .text }
        if affinity != .real, let integer = Int64(text), String(integer) == text { return .text }
        guard type == .json, parts.digits.count <= Self.exactDigits,
            let double = Double(String(decoding: trimmed.map { $0 }, as: UTF8.self)), double.isFinite,
            DecimalText.parts(Array(FloatText.format(double).utf8)) == parts
        else { return .refused(.numberText) }
        return .text
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}

extension SQLiteStatement {
    /// Binds without a copy: the cell's bytes and the scratch memory must outlive the step.
    ///
    /// - Returns: why the column cannot hold the cell; then nothing was bound.
    @inline(__always)
    func bind(
        _ cell: Cell, _ bytes: UnsafeRawBufferPointer, as format: CellFormat, at index: Int,
        scratch: UnsafeMutableRawBufferPointer
    ) throws(SQLiteError) -> CellFormat.Refusal? {
        switch format.stored(cell, bytes, scratch) {
        case .null: try bindNull(at: index)
        case .integer(let value): try bind(value, at: index)
        case .real(let value): try bind(value, at: index)
        case .text: try bindStatic(text: bytes, at: index)
        case .blob: try bindStatic(blob: bytes, at: index)
        case .made(let range): try bindStatic(text: UnsafeRawBufferPointer(rebasing: scratch[range]), at: index)
        case .refused(let refusal): return refusal
        }
        return nil
    }
}
