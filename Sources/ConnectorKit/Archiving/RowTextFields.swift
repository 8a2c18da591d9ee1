internal import Glibc

/// Reads the lines of a ``RowText`` field by field.
public struct RowTextFields: Sendable {
    /// A line that is no row: for whoever knows which table and line it is to say so.
    public struct Malformed: Error, Sendable, Hashable {
        public var reason: String

        public init(reason: String) { self.reason = reason }
    }

    private var scratch: [UInt8] = []

    public init() {}

    /// Calls `body` with each line of a block, without its line feed.
    public static func forEachLine(
        _ text: RowText, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try text.bytes.withUnsafeBytes { bytes in
            guard var place = bytes.baseAddress else { return }
            let end = place + bytes.count
            while place < end {
                guard let stop = memchr(place, 0x0A, end - place) else {
                    throw Malformed(reason: "it does not end with a line feed")
                }
                try body(UnsafeRawBufferPointer(start: place, count: UnsafeRawPointer(stop) - place))
                place = UnsafeRawPointer(stop) + 1
            }
        }
    }

    /// Calls `body` with each field of a line, counted from 0, as it was before it was escaped; nil for null.
    ///
    /// - Returns: how many fields the line has.
    @discardableResult
    public mutating func forEachField(
        _ line: UnsafeRawBufferPointer, _ body: (Int, UnsafeRawBufferPointer?) throws -> Void
    ) throws -> Int {
        var index = 0
        var begin = 0
        while true {
            var end = begin
            var isEscaped = false
            while end < line.count, line[end] != UInt8(ascii: "\t") {
                if line[end] == UInt8(ascii: "\\") { isEscaped = true }
                end += 1
            }
            let field = UnsafeRawBufferPointer(rebasing: line[begin..<end])
            if !isEscaped {
                try body(index, field)
            } else if field.count == 2, field[1] == UInt8(ascii: "N") {
                try body(index, nil)
            } else {
                try unescape(field)
                try scratch.withUnsafeBytes { try body(index, $0) }
            }
            index += 1
            guard end < line.count else { return index }
            begin = end + 1
        }
    }

    private mutating func unescape(_ field: UnsafeRawBufferPointer) throws {
        scratch.removeAll(keepingCapacity: true)
        var place = 0
        while place < field.count {
            let byte = field[place]
            place += 1
            guard byte == UInt8(ascii: "\\") else {
                scratch.append(byte)
                continue
            }
            guard place < field.count, let plain = RowTextEscape.plain(field[place]) else {
                throw Malformed(reason: "a backslash stands before what it cannot stand before")
            }
            scratch.append(plain)
            place += 1
        }
    }
}

/// The characters that stand behind a backslash in a ``RowText``.
public enum RowTextEscape {
    /// What a byte is written as behind a backslash; nil for bytes that stand for themselves.
    public static func letter(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\\"): UInt8(ascii: "\\")
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0B: UInt8(ascii: "v")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    }

    /// The byte that a letter behind a backslash stands for.
    static func plain(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\\"): UInt8(ascii: "\\")
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "v"): 0x0B
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "r"): 0x0D
        default: nil
        }
    }

    /// Appends bytes as a field of a line.
    public static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        var plain = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            // Everything that is escaped is a control character or the backslash.
            guard byte < 0x0E || byte == UInt8(ascii: "\\"), let letter = letter(byte) else { continue }
            text.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[plain..<(index - 1)]))
            text.append(UInt8(ascii: "\\"))
            text.append(letter)
            plain = index
        }
        text.append(contentsOf: plain == 0 ? bytes : UnsafeRawBufferPointer(rebasing: bytes[plain...]))
    }
}
