/// JSON text, kept as the store gave it. Equal means equal as JSON: white space and the order of members do not
/// count, so that a store which normalises JSON (PostgreSQL's `jsonb`) does not make differences.
public enum JSONText {
    /// Nesting beyond this compares byte for byte only, so that hostile input cannot exhaust the stack.
    public static let deepestNesting = 128

    public static func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        if left.elementsEqual(right) { return true }
        guard let leftTree = parse(left), let rightTree = parse(right) else { return false }
        return leftTree == rightTree
    }

    public static func isValid(_ text: some Collection<UInt8>) -> Bool { parse(text) != nil }

    private indirect enum Node: Equatable {
        case literal(String)
        case number(DecimalText.Parts)
        case string([UInt8])
        case array([Node])
        case object([[UInt8]: Node])
    }

    private static func parse(_ text: some Collection<UInt8>) -> Node? {
        var parser = Parser(bytes: Array(text))
        guard let node = parser.value(depth: 0) else { return nil }
        parser.skipSpace()
        return parser.isAtEnd ? node : nil
    }

    private struct Parser {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { index >= bytes.count }
        var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

        mutating func skipSpace() {
            while index < bytes.count, [32, 9, 10, 13].contains(bytes[index]) { index += 1 }
        }

        mutating func value(depth: Int) -> Node? {
            guard depth < JSONText.deepestNesting else { return nil }
            skipSpace()
            switch current {
            case 123: return object(depth: depth)
            case 91: return array(depth: depth)
            case 34: return string().map(Node.string)
            case 116: return literal("true")
            case 102: return literal("false")
            case 110: return literal("null")
            default: return number()
            }
        }

        mutating func literal(_ word: String) -> Node? {
            guard bytes[index...].starts(with: word.utf8) else { return nil }
            index += word.utf8.count
            return .literal(word)
        }

        mutating func number() -> Node? {
            let start = index
            while index < bytes.count, "+-.0123456789eE".utf8.contains(bytes[index]) { index += 1 }
            return DecimalText.parts(bytes[start..<index]).map(Node.number)
        }

        mutating func array(depth: Int) -> Node? {
            index += 1
            var elements: [Node] = []
            skipSpace()
            if current == 93 {
                index += 1
                return .array([])
            }
            while let element = value(depth: depth + 1) {
                elements.append(element)
                skipSpace()
                if current == 44 {
                    index += 1
                } else if current == 93 {
                    index += 1
                    return .array(elements)
                } else {
                    return nil
                }
            }
            return nil
        }

        mutating func object(depth: Int) -> Node? {
            index += 1
            var members: [[UInt8]: Node] = [:]
            skipSpace()
            if current == 125 {
                index += 1
                return .object([:])
            }
            while true {
                skipSpace()
                guard current == 34, let name = string() else { return nil }
                skipSpace()
                guard current == 58 else { return nil }
                index += 1
                guard let member = value(depth: depth + 1) else { return nil }
                members[name] = member
                skipSpace()
                if current == 44 {
                    index += 1
                } else if current == 125 {
                    index += 1
                    return .object(members)
                } else {
                    return nil
                }
            }
        }

        mutating func string() -> [UInt8]? {
            index += 1
            var text: [UInt8] = []
            while index < bytes.count {
                let byte = bytes[index]
                index += 1
                if byte == 34 { return text }
                if byte != 92 {
                    text.append(byte)
                    continue
                }
                guard escape(into: &text) else { return nil }
            }
            return nil
        }

        mutating func escape(into text: inout [UInt8]) -> Bool {
            let kind = current
            index += 1
            switch kind {
            case 34, 92, 47: text.append(kind)
            case 98: text.append(8)
            case 102: text.append(12)
            case 110: text.append(10)
            case 114: text.append(13)
            case 116: text.append(9)
            case 117:
                guard var scalar = hexadecimal() else { return false }
                if (0xD800..<0xDC00).contains(scalar), current == 92, index + 1 < bytes.count, bytes[index + 1] == 117 {
                    index += 2
                    guard let low = hexadecimal(), (0xDC00..<0xE000).contains(low) else { return false }
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                }
                guard let unicode = Unicode.Scalar(scalar) else { return false }
                text += Array(String(Character(unicode)).utf8)
            default: return false
            }
            return true
        }

        mutating func hexadecimal() -> UInt32? {
            guard index + 4 <= bytes.count else { return nil }
            var value: UInt32 = 0
            for _ in 0..<4 {
                guard let nibble = HexText.nibble(bytes[index]) else { return nil }
                value = value << 4 | UInt32(nibble)
                index += 1
            }
            return value
        }
    }
}
