/// An element of the small documents that S3 answers with: names without their prefix, attributes left out. No entities
/// but the five of XML itself and characters by number, no document types.
struct XMLElement: Sendable, Hashable {
    /// Deeper than any answer of S3.
    static let maximumDepth = 16

    var name: String
    var text = ""
    var children: [XMLElement] = []

    func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    func text(_ name: String) -> String? { first(name)?.text }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// Nil where the bytes are no such document.
    static func parse(_ bytes: [UInt8]) -> XMLElement? {
        var reader = XMLReader(bytes: bytes)
        return reader.document()
    }
}

private struct XMLReader {
    let bytes: [UInt8]
    var position = 0

    mutating func document() -> XMLElement? {
        guard skipProlog(), bytes[position...].first == UInt8(ascii: "<") else { return nil }
        return element(depth: 0)
    }

    /// White space, declarations and comments before or between elements.
    private mutating func skipProlog() -> Bool {
        // A byte order mark.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        while position < bytes.count {
            if starts("<?") {
                guard skip(past: "?>") else { return false }
            } else if starts("<!--") {
                guard skip(past: "-->") else { return false }
            } else if starts("<!") {
                return false
            } else if bytes[position] <= 32 {
                position += 1
            } else {
                return true
            }
        }
        return false
    }

    private mutating func element(depth: Int) -> XMLElement? {
        guard depth < XMLElement.maximumDepth, starts("<") else { return nil }
        position += 1
        let name = name()
        guard !name.isEmpty, let isEmpty = skipAttributes() else { return nil }
        var element = XMLElement(name: String(name.split(separator: ":").last ?? ""))
        if isEmpty { return element }
        var text: [UInt8] = []
        while position < bytes.count {
            if starts("</") {
                position += 2
                guard self.name() == name, skip(past: ">") else { return nil }
                element.text = String(decoding: text, as: UTF8.self)
                return element
            } else if starts("<!--") {
                guard skip(past: "-->") else { return nil }
            } else if starts("<![CDATA[") {
                let start = position + 9
                guard skip(past: "]]>") else { return nil }
                text += bytes[start..<position - 3]
            } else if starts("<") {
                guard let child = self.element(depth: depth + 1) else { return nil }
                element.children.append(child)
            } else if starts("&") {
                guard let character = entity() else { return nil }
                text += Array(String(character).utf8)
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        return nil
    }

    /// - Returns: whether the element ends with its own tag; nil where the tag does not end.
    private mutating func skipAttributes() -> Bool? {
        var quote: UInt8?
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return bytes[position - 2] == UInt8(ascii: "/")
            }
        }
        return nil
    }

    private mutating func name() -> String {
        let start = position
        while position < bytes.count, bytes[position] > 32, !Array("/>".utf8).contains(bytes[position]) {
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func entity() -> Character? {
        guard let end = bytes[position...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let name = String(decoding: bytes[position + 1..<end], as: UTF8.self)
        position = end + 1
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let digits = name.dropFirst()
            let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return number.flatMap(Unicode.Scalar.init).map(Character.init)
        }
    }

    private func starts(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    private mutating func skip(past text: StaticString) -> Bool {
        while position < bytes.count {
            if starts(text) {
                position += text.utf8CodeUnitCount
                return true
            }
            position += 1
        }
        return false
    }
}
