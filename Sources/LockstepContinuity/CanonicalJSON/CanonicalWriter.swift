/// Writes JSON as RFC 8785, 3.2 wants it.
struct CanonicalWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ node: JSONNode) {
        switch node {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let value): bytes.append(contentsOf: ECMAScriptNumber.format(value).utf8)
        case .string(let text): write(text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(member.name)
                bytes.append(UInt8(ascii: ":"))
                write(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// RFC 8785, 3.2.2.2: only what must be escaped is, in its shortest form, hexadecimal digits in lower case.
    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5c: bytes.append(contentsOf: [0x5c, byte])
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0a: bytes.append(contentsOf: "\\n".utf8)
            case 0x0c: bytes.append(contentsOf: "\\f".utf8)
            case 0x0d: bytes.append(contentsOf: "\\r".utf8)
            case 0x00..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: (byte < 0x10 ? "0" : "").utf8)
                bytes.append(contentsOf: String(byte, radix: 16).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// Numbers as `Number.prototype.toString` of ECMAScript writes them (ECMA-262, 6.1.6.1.20; RFC 8785, 3.2.2.3).
enum ECMAScriptNumber {
    /// - Precondition: finite.
    static func format(_ value: Double) -> String {
        precondition(value.isFinite, "JSON has no number for it")
        // Also negative zero, which ECMAScript writes without its sign.
        if value == 0 { return "0" }
        let (digits, exponent) = shortest(value.magnitude)
        return (value < 0 ? "-" : "") + place(digits, exponent)
    }

    /// The shortest digits that are read back as the same number, without zeros at the ends, and `n` so that the number
    /// is 0.d1d2d3… × 10^n. Swift's own description has the same digits, laid out in another way.
    private static func shortest(_ value: Double) -> (digits: [UInt8], exponent: Int) {
        let text = Array(value.description.utf8)
        let mantissa = text.prefix { $0 != UInt8(ascii: "e") }
        let written = Int(String(decoding: text.dropFirst(mantissa.count + 1), as: UTF8.self)) ?? 0
        let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }
        let zero = UInt8(ascii: "0")
        let all = mantissa.filter { $0 != UInt8(ascii: ".") }
        let leading = all.prefix { $0 == zero }.count
        var digits = Array(all.dropFirst(leading))
        while digits.last == zero { digits.removeLast() }
        return (digits, written + whole.count - leading)
    }

    private static func place(_ digits: [UInt8], _ exponent: Int) -> String {
        let text = String(decoding: digits, as: UTF8.self)
        let count = digits.count
        switch exponent {
        // Seventeen digits always suffice, so that the range is one.
        case count...21:
            return text + String(repeating: "0", count: exponent - count)
        case 1...21:
            return String(text.prefix(exponent)) + "." + text.dropFirst(exponent)
        case -5...0:
            return "0." + String(repeating: "0", count: -exponent) + text
        default:
            let power = exponent - 1
            let fraction = count == 1 ? "" : "." + text.dropFirst()
            return "\(text.prefix(1))\(fraction)e\(power < 0 ? "-" : "+")\(power.magnitude)"
        }
    }
}
