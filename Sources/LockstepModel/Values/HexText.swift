/// Bytes as lower-case hexadecimal text.
public enum HexText {
    public static func format(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil when the text has an odd length or a character that is not a hexadecimal digit.
    public static func parse(_ text: some Collection<UInt8>) -> [UInt8]? {
        text.withContiguousStorageIfAvailable { parse(UnsafeRawBufferPointer($0)) } ?? parse(Array(text))
    }

    /// Nil when the text has an odd length or a character that is not a hexadecimal digit.
    public static func parse(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var isHexadecimal = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 2) { buffer, count in
            while count < text.count / 2 {
                guard let high = nibble(text[count * 2]), let low = nibble(text[count * 2 + 1]) else {
                    isHexadecimal = false
                    return
                }
                buffer.initializeElement(at: count, to: high << 4 | low)
                count += 1
            }
        }
        return isHexadecimal ? bytes : nil
    }

    /// Appends bytes as lower-case digits.
    public static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + bytes.count * 2)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
    }

    @inline(__always)
    static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }

    @inline(__always)
    static func nibble(_ character: UInt8) -> UInt8? {
        switch character {
        case 48...57: character - 48
        case 97...102: character - 87
        case 65...70: character - 55
        default: nil
        }
    }
}

/// UUIDs as text (RFC 9562 section 4): lower case, hyphenated.
public enum UUIDText {
    /// - Precondition: 16 bytes.
    public static func format(_ bytes: some Collection<UInt8>) -> String {
        precondition(bytes.count == 16, "a uuid has 16 bytes")
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append(45) }
            text.append(HexText.digit(byte >> 4))
            text.append(HexText.digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Accepts the hyphenated form and 32 bare digits, in either case, also in braces; nil for anything else.
    public static func parse(_ text: some Collection<UInt8>) -> [UInt8]? {
        var digits: [UInt8] = []
        digits.reserveCapacity(32)
        for character in text where character != 45 && character != 123 && character != 125 {
            guard digits.count < 32 else { return nil }
            digits.append(character)
        }
        guard digits.count == 32, text.count == 32 || text.count == 36 || text.count == 38 else { return nil }
        return HexText.parse(digits)
    }
}
