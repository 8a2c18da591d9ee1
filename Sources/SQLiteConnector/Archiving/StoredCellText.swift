internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// How a column's cells become text, and what brings the same cells back from it: SQLite's columns hold anything, so a
/// cell's storage class is told from the text by what the column usually holds.
struct StoredCellText: BitwiseCopyable, Sendable {
    /// The engine's own columns without a type hold cells of any class side by side: a letter before the text says which.
    private let isTagged: Bool
    private let isNumeric: Bool
    private let holdsBytes: Bool
    private let holdsFlags: Bool

    init(_ column: TableColumn, of table: String) {
        isTagged = column.declaredType.isEmpty && table.hasPrefix(SchemaReader.prefix)
        isNumeric = column.affinity.turnsTextIntoNumbers
        holdsBytes = column.affinity == .blob && column.type == .bytes
        holdsFlags = column.type == .bool
    }

    private static let null = Array("\\N".utf8)
    private static let beforeBytes = Array("\\\\x".utf8)

    /// Appends a cell.
    ///
    /// - Returns: false where ``bind(_:to:at:)`` would bring back another one.
    func append(_ stored: SQLiteStatement.Stored, to text: inout [UInt8]) -> Bool {
        if isTagged, let tag = Self.tag(stored) { text.append(tag) }
        switch stored {
        case .null:
            text += Self.null
            return true
        case .integer(let value):
            Self.append(value, to: &text)
            return isNumeric || isTagged
        case .real(let value):
            Self.append(Self.text(of: value), to: &text)
            return isNumeric && value.isFinite || isTagged
        case .text(let bytes):
            RowTextEscape.append(bytes, to: &text)
            return isTagged || (isNumeric ? Self.number(bytes) == nil : !holdsBytes)
        case .blob(let bytes):
            text += Self.beforeBytes
            HexText.append(bytes, to: &text)
            return holdsBytes || isTagged
        }
    }

    /// Appends decimal digits, as `String(value)` spells them.
    private static func append(_ value: Int64, to text: inout [UInt8]) {
        var rest = value.magnitude
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var place = 20
            repeat {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                place -= 1
                digits[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
                rest = quotient
            } while rest > 0
            if value < 0 {
                place -= 1
                digits[place] = UInt8(ascii: "-")
            }
            text.append(contentsOf: UnsafeRawBufferPointer(rebasing: digits[place...]))
        }
    }

    private static func append(_ spelling: String, to text: inout [UInt8]) {
        var spelling = spelling
        spelling.withUTF8 { text.append(contentsOf: $0) }
    }

    private static func tag(_ stored: SQLiteStatement.Stored) -> UInt8? {
        switch stored {
        case .null: nil
        case .integer: UInt8(ascii: "i")
        case .real: UInt8(ascii: "r")
        case .text: UInt8(ascii: "t")
        case .blob: UInt8(ascii: "b")
        }
    }

    /// Binds what a field stands for.
    ///
    /// - Parameter isOwn: the text was written by SQLite; other engines spell some types their own way.
    func bind(
        _ field: UnsafeRawBufferPointer?, isOwn: Bool, to statement: SQLiteStatement, at index: Int
    ) throws {
        guard let field else { return try statement.bindNull(at: index) }
        if isTagged, isOwn { return try bind(tagged: field, to: statement, at: index) }
        if !isOwn, holdsFlags, field.count == 1 {
            if field[0] == UInt8(ascii: "t") { return try statement.bind(Int64(1), at: index) }
            if field[0] == UInt8(ascii: "f") { return try statement.bind(Int64(0), at: index) }
        }
        if holdsBytes {
            guard let bytes = Self.bytes(field) else { return try statement.bind(text: field, at: index) }
            return try statement.bind(bytes, at: index)
        }
        if isNumeric, let number = Self.number(field) {
            switch number {
            case .integer(let value): return try statement.bind(value, at: index)
            case .real(let value): return try statement.bind(value, at: index)
            }
        }
        try statement.bind(text: field, at: index)
    }

    private func bind(tagged field: UnsafeRawBufferPointer, to statement: SQLiteStatement, at index: Int) throws {
        let rest = UnsafeRawBufferPointer(rebasing: field.dropFirst())
        let text = String(decoding: rest, as: UTF8.self)
        switch field.first {
        case UInt8(ascii: "i"):
            if let value = Int64(text) { return try statement.bind(value, at: index) }
        case UInt8(ascii: "r"):
            if let value = Double(text) { return try statement.bind(value, at: index) }
        case UInt8(ascii: "t"): return try statement.bind(text: rest, at: index)
        case UInt8(ascii: "b"):
            if let bytes = Self.bytes(rest) { return try statement.bind(bytes, at: index) }
        default: break
        }
        throw RowTextFields.Malformed(reason: "a cell does not say what it is")
    }

    private enum Number {
        case integer(Int64)
        case real(Double)
    }

    /// A number as SQLite's numeric columns keep it; nil for any other text.
    private static func number(_ bytes: UnsafeRawBufferPointer) -> Number? {
        guard let first = bytes.first, bytes.count <= 400 else { return nil }
        let isSigned = first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
        guard isSigned || first == UInt8(ascii: ".") || isDigit(first) else { return nil }
        // The usual case: an integer that surely fits.
        if isSigned ? bytes.count > 1 : true, bytes.count <= 18 {
            var value: Int64 = 0
            var place = isSigned ? 1 : 0
            while place < bytes.count, isDigit(bytes[place]) {
                value = value * 10 + Int64(bytes[place] - 48)
                place += 1
            }
            if place == bytes.count { return .integer(first == UInt8(ascii: "-") ? -value : value) }
        }
        guard bytes.allSatisfy({ isDigit($0) || isPartOfNumber($0) }) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        if let integer = Int64(text) { return .integer(integer) }
        return Double(text).map { .real($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    private static func isPartOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): true
        default: false
        }
    }

    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return "\(value)"
    }

    private static func bytes(_ field: UnsafeRawBufferPointer) -> [UInt8]? {
        guard field.count >= 2, field.count % 2 == 0, field[0] == UInt8(ascii: "\\"), field[1] == UInt8(ascii: "x")
        else { return nil }
        return HexText.parse(UnsafeRawBufferPointer(rebasing: field[2...]))
    }
}

extension [StoredCellText] {
    /// Appends the columns of a statement's row from a place on, with tabs between.
    ///
    /// - Returns: how many of them ``StoredCellText/bind(_:isOwn:to:at:)`` would bring back as others.
    func appendRow(of statement: SQLiteStatement, from first: Int, to text: inout [UInt8]) -> Int {
        var odd = 0
        for index in indices {
            if index > 0 { text.append(UInt8(ascii: "\t")) }
            if !self[index].append(statement.stored(first + index), to: &text) { odd += 1 }
        }
        return odd
    }
}
