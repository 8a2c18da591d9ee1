internal import LockstepModel

/// The different keys among many rows, each under a number, found again without making anything of a row's cells.
struct DistinctKeys {
    /// Stands for rows that have no key.
    enum Missing {
        static let null: Int32 = -1
        static let unchanged: Int32 = -2
        static let invalid: Int32 = -3
    }

    /// One row a key, in the order of their numbers.
    private(set) var keys: RowBatch
    private var hashes: [Int] = []
    /// A key's number plus one; 0 where there is none. A power of two, at most half of it full.
    private var slots: [Int32]

    private static let smallestSlotCount = 64

    init(columnCount: Int) {
        keys = RowBatch(columnCount: columnCount)
        slots = [Int32](repeating: 0, count: Self.smallestSlotCount)
    }

    var count: Int { hashes.count }
    var byteCount: Int { keys.byteCount + hashes.count * 8 + slots.count * 4 }

    mutating func removeAll() { self = DistinctKeys(columnCount: keys.columnCount) }

    /// The number of each row's key; new keys get the next numbers. ``Missing`` says why a row has none: a null in it,
    /// or else something that is no value.
    mutating func numbers(of columns: [Int], in batch: RowBatch) -> [Int32] {
        var numbers: [Int32] = []
        numbers.reserveCapacity(batch.rowCount)
        for row in 0..<batch.rowCount { numbers.append(number(of: columns, row, in: batch, adding: true)) }
        return numbers
    }

    /// The number of one row's key; nil where it is none of them.
    mutating func number(of columns: [Int], _ row: Int, in batch: RowBatch) -> Int32? {
        let number = number(of: columns, row, in: batch, adding: false)
        return number >= 0 ? number : nil
    }

    /// The number of one row's key, or one of ``Missing``; a key that is not known gets the next number if asked.
    mutating func number(of columns: [Int], _ row: Int, in batch: borrowing RowBatch, adding: Bool) -> Int32 {
        var hasher = Hasher()
        var missing: Int32 = 0
        for column in columns {
            let cell = batch[row, column]
            switch cell.kind {
            case .null: return Missing.null
            case .unchanged: missing = Missing.unchanged
            case .invalid: missing = Missing.invalid
            case .bool, .int64, .float64, .decimal, .text, .bytes, .date, .time, .timestamp, .instant, .uuid, .json:
                Self.hash(cell, in: batch, into: &hasher)
            }
        }
        if missing < 0 { return missing }
        let hash = hasher.finalize()
        var slot = hash & (slots.count - 1)
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if hashes[number] == hash, isKey(number, columns, row, in: batch) { return Int32(number) }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard adding else { return Missing.null }
        for column in columns { keys.append(batch[row, column], from: batch) }
        hashes.append(hash)
        slots[slot] = Int32(hashes.count)
        if hashes.count * 2 > slots.count { grow() }
        return Int32(hashes.count - 1)
    }

    @inline(__always)
    private func isKey(_ number: Int, _ columns: [Int], _ row: Int, in batch: borrowing RowBatch) -> Bool {
        for (index, column) in columns.enumerated()
        where !RowBatch.areEqual(keys[number, index], in: keys, batch[row, column], in: batch) { return false }
        return true
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 2)
        for (number, hash) in hashes.enumerated() {
            var slot = hash & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(number + 1)
        }
    }

    /// Equal values have equal hashes, whatever their spelling.
    @inline(__always)
    private static func hash(_ cell: Cell, in batch: borrowing RowBatch, into hasher: inout Hasher) {
        switch cell.kind {
        case .int64, .bool, .date, .time, .timestamp, .instant:
            hasher.combine(cell.bits)
        case .text, .bytes, .uuid:
            batch.withBytes(of: cell) { hasher.combine(bytes: $0) }
        case .decimal:
            hashDecimal(batch.bytes(of: cell), into: &hasher)
        case .float64:
            let number = cell.float64
            hasher.combine(number.isNaN ? Double.nan.bitPattern : (number == 0 ? 0 : number).bitPattern)
        case .json, .null, .unchanged, .invalid:
            // Nobody refers by these; what is equal as JSON need not have equal bytes.
            break
        }
    }

    /// A whole number hashes as the integer does.
    private static func hashDecimal(_ text: ArraySlice<UInt8>, into hasher: inout Hasher) {
        guard let parts = DecimalText.parts(text), parts.kind == .finite else { return }
        if parts.scale == 0, parts.exponent <= 19, let whole = Int64(DecimalText.format(parts)) {
            hasher.combine(UInt64(bitPattern: whole))
        } else {
            hasher.combine(parts)
        }
    }
}
