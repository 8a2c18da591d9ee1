/// Functions of text as UTF-8 bytes. Characters are Unicode scalars (code points), as both stores count them.
enum TextFunctions {
    static func length(_ text: [UInt8]) -> Int64 {
        var count: Int64 = 0
        for byte in text where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// The byte where the part begins first; an empty part begins at once.
    static func firstByte(of part: [UInt8], in text: [UInt8]) -> Int? {
        guard let first = part.first else { return 0 }
        guard part.count <= text.count else { return nil }
        for start in 0...(text.count - part.count) where text[start] == first {
            if text[start..<start + part.count].elementsEqual(part) { return start }
        }
        return nil
    }

    static func index(of part: [UInt8], in text: [UInt8]) -> Int64 {
        guard let byte = firstByte(of: part, in: text) else { return -1 }
        return length(Array(text[..<byte]))
    }

    static func startsWith(_ text: [UInt8], _ part: [UInt8]) -> Bool { text.starts(with: part) }

    static func endsWith(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        text.count >= part.count && text[(text.count - part.count)...].elementsEqual(part)
    }

    /// Without the first `start` characters, or only the last where that is negative, and no longer than `count`, which is
    /// not negative.
    static func substring(_ text: [UInt8], from start: Int64, count: Int64?) -> [UInt8] {
        let start = start < 0 ? max(0, length(text) + max(start, -Int64(text.count))) : start
        var number: Int64 = -1
        var result: [UInt8] = []
        for byte in text {
            if byte & 0xC0 != 0x80 { number += 1 }
            if let count, number >= start, number - start >= count { break }
            if number >= start { result.append(byte) }
        }
        return result
    }

    /// Only A to Z: the one rule that every store can keep (SQLite knows no other letters; PostgreSQL's depend on locale).
    static func lowered(_ text: [UInt8]) -> [UInt8] { text.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 } }

    static func raised(_ text: [UInt8]) -> [UInt8] { text.map { $0 >= 97 && $0 <= 122 ? $0 - 32 : $0 } }

    /// Unicode's White_Space characters, which `trim` takes from both ends.
    static let whiteSpace =
        "\u{9}\u{A}\u{B}\u{C}\u{D}\u{20}\u{85}\u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}"

    static func trimmed(_ text: [UInt8]) -> [UInt8] {
        var scalars = String(decoding: text, as: UTF8.self).unicodeScalars[...]
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return Array(String(scalars).utf8)
    }
}
