internal import ConnectorKit

/// Makes blocks of whole lines out of bytes that come in any pieces.
struct LineCutter {
    private var rest: [UInt8] = []

    /// - Returns: the lines that are whole by now, each with its line feed.
    mutating func add(_ bytes: [UInt8]) -> RowText {
        guard let last = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
            rest += bytes
            return RowText()
        }
        var text = RowText(bytes: rest + bytes[...last])
        rest = Array(bytes[(last + 1)...])
        text.rowCount = text.bytes.withUnsafeBytes { buffer in
            buffer.reduce(into: 0) { count, byte in count += byte == UInt8(ascii: "\n") ? 1 : 0 }
        }
        return text
    }

    /// Whether nothing is left over, as it must be at the end of a member.
    var isAtLineEnd: Bool { rest.isEmpty }
}
