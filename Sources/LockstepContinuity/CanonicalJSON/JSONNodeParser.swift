/// Reads JSON (RFC 8259) with its depth bounded and every name of an object once.
struct JSONNodeParser {
    private let bytes: [UInt8]
    private let depthLimit: Int
    private var place = 0

    /// - Parameter bytes: valid UTF-8.
    init(bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    mutating func parse() throws -> JSONNode {
        let node = try value(depth: 0)
        guard place == bytes.count else { throw unexpected() }
        return node
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func unexpected() -> ContinuityError {
        place < bytes.count
            ? CanonicalJSON.damaged("byte \(place) is not what JSON has there")
            : CanonicalJSON.damaged("it ends in the middle")
    }

    private mutating func value(depth: Int) throws -> JSONNode {
        guard depth < depthLimit else { throw CanonicalJSON.damaged("it is nested more than \(depthLimit) deep") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ text: StaticString, _ node: JSONNode) throws -> JSONNode {
        let matches = text.withUTF8Buffer { bytes[place...].starts(with: $0) }
        guard matches else { throw unexpected() }
        place += text.utf8CodeUnitCount
        return node
    }

    // White space is not read: canonical JSON has none.

    private mutating func object(depth: Int) throws -> JSONNode {
        place += 1
        var members: [JSONNode.Member] = []
        if take("}") { return .object([]) }
        repeat {
            guard next == UInt8(ascii: "\"") else { throw unexpected() }
            let name = try string()
            guard take(":") else { throw unexpected() }
            members.append(.init(name: name, value: try value(depth: depth + 1)))
        } while take(",")
        guard take("}") else { throw unexpected() }
        guard let object = JSONNode.object(sorting: members) else {
            throw CanonicalJSON.damaged("the object that ends at byte \(place) has a name twice")
        }
        return object
    }

    private mutating func array(depth: Int) throws -> JSONNode {
        place += 1
        var elements: [JSONNode] = []
        if take("]") { return .array([]) }
        repeat { elements.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw unexpected() }
        return .array(elements)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    // MARK: Texts

    private mutating func string() throws -> String {
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                place += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                place += 1
                try escape(into: &text)
            case 0..<0x20: throw unexpected()
            default:
                text.append(byte)
                place += 1
            }
        }
        throw unexpected()
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        guard let byte = next else { throw unexpected() }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "u"):
            // Canonical JSON escapes control characters only, so there are no surrogates to pair: half of one is no text.
            guard let scalar = Unicode.Scalar(try fourDigits()) else {
                throw CanonicalJSON.damaged("byte \(place) escapes a surrogate, which canonical JSON does not")
            }
            text.append(contentsOf: String(Character(scalar)).utf8)
        default: throw unexpected()
        }
    }

    private mutating func fourDigits() throws -> UInt16 {
        var code: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw unexpected()
            }
            code = code << 4 | UInt16(digit)
            place += 1
        }
        return code
    }

    // MARK: Numbers

    private mutating func number() throws -> Double {
        let begin = place
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("-") { _ = take("+") }
            try digits()
        }
        // Only digits, signs, one point and one exponent came through: no "inf", no hexadecimal.
        guard let value = Double(String(decoding: bytes[begin..<place], as: UTF8.self)), value.isFinite else {
            throw CanonicalJSON.damaged("the number at byte \(begin) is too large")
        }
        return value
    }

    private mutating func digits() throws {
        guard let first = next, (0x30...0x39).contains(first) else { throw unexpected() }
        while let byte = next, (0x30...0x39).contains(byte) { place += 1 }
    }
}
