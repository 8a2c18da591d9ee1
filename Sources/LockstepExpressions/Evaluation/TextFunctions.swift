/// Functions of text as UTF-8 bytes. Characters are Unicode scalars (code points), as both stores count them.
///
/// Texts are slices of what they were read from: only what is made anew is copied.
enum TextFunctions {
    typealias Text = ArraySlice<UInt8>

    static func length(_ text: Text) -> Int64 {
        text.withUnsafeBufferPointer { bytes in
            var count: Int64 = 0
            for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
            return count
        }
    }

    static func contains(_ text: Text, _ part: Text) -> Bool { firstByte(of: part, in: text) != nil }

    /// Bytes before the place where the part begins first; an empty part begins at once.
    private static func firstByte(of part: Text, in text: Text) -> Int? {
        text.withUnsafeBufferPointer { text in
            part.withUnsafeBufferPointer { part in
                guard let first = part.first else { return 0 }
                guard part.count <= text.count else { return nil }
                for start in 0...(text.count - part.count) where text[start] == first {
                    var matched = 1
                    while matched < part.count, text[start + matched] == part[matched] { matched += 1 }
                    if matched == part.count { return start }
                }
                return nil
            }
        }
    }

    static func index(of part: Text, in text: Text) -> Int64 {
        firstByte(of: part, in: text).map { length(text.prefix($0)) } ?? -1
    }

    static func startsWith(_ text: Text, _ part: Text) -> Bool {
        part.count <= text.count && BytesOrder.areEqual(text.prefix(part.count), part)
    }

    static func endsWith(_ text: Text, _ part: Text) -> Bool {
        part.count <= text.count && BytesOrder.areEqual(text.suffix(part.count), part)
    }

    /// Without the first `start` characters, or only the last where that is negative, and no longer than `count`, which is
    /// not negative.
    static func substring(_ text: Text, from start: Int64, count: Int64?) -> Text {
        let start = start < 0 ? max(0, length(text) + max(start, -Int64(text.count))) : start
        let rest = text.dropFirst(bytes(ofFirst: start, in: text))
        guard let count else { return rest }
        return rest.prefix(bytes(ofFirst: count, in: rest))
    }

    /// Bytes of the first characters, or of all.
    private static func bytes(ofFirst count: Int64, in text: Text) -> Int {
        text.withUnsafeBufferPointer { bytes in
            var left = count
            for (index, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
                if left == 0 { return index }
                left -= 1
            }
            return bytes.count
        }
    }

    /// Only A to Z: the one rule that every store can keep (SQLite knows no other letters; PostgreSQL's depend on locale).
    static func lowered(_ text: Text) -> Text { mapped(text, from: 65) }

    static func raised(_ text: Text) -> Text { mapped(text, from: 97) }

    private static func mapped(_ text: Text, from first: UInt8) -> Text {
        guard text.withUnsafeBufferPointer({ $0.contains { $0 &- first < 26 } }) else { return text }
        var copy = Array(text)
        changeCase(&copy, from: 0, first: first)
        return copy[...]
    }

    /// The 26 letters from the first one on become those of the other case, from a place on.
    static func changeCase(_ text: inout [UInt8], from start: Int, first: UInt8) {
        text.withUnsafeMutableBufferPointer { bytes in
            for index in start..<bytes.count where bytes[index] &- first < 26 { bytes[index] ^= 32 }
        }
    }

    // MARK: White space

    /// Unicode's White_Space characters, which `trim` takes from both ends.
    static let whiteSpace =
        "\u{9}\u{A}\u{B}\u{C}\u{D}\u{20}\u{85}\u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}"

    static func trimmed(_ text: Text) -> Text {
        let range = text.withUnsafeBufferPointer { inner($0) }
        return text.dropFirst(range.lowerBound).prefix(range.count)
    }

    /// Trims what stands from a place on.
    static func trim(_ text: inout [UInt8], from start: Int) {
        let range = text.withUnsafeBufferPointer { inner(UnsafeBufferPointer(rebasing: $0[start...])) }
        text.removeLast(text.count - start - range.upperBound)
        if range.lowerBound > 0 { text.removeSubrange(start..<start + range.lowerBound) }
    }

    /// The bytes between the white space at both ends.
    private static func inner(_ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var start = 0
        var end = bytes.count
        while start < end {
            let length = spaceLength(bytes, at: start, before: end)
            if length == 0 { break }
            start += length
        }
        while end > start {
            var first = end - 1
            while first > start, bytes[first] & 0xC0 == 0x80 { first -= 1 }
            if spaceLength(bytes, at: first, before: end) != end - first { break }
            end = first
        }
        return start..<end
    }

    /// Bytes of the white space that begins here; 0 for anything else.
    private static func spaceLength(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int, before end: Int) -> Int {
        let first = bytes[place]
        if first < 0x80 { return first == 0x20 || (first >= 0x9 && first <= 0xD) ? 1 : 0 }
        guard first >= 0xC2, place + 1 < end else { return 0 }
        let second = bytes[place + 1]
        if first == 0xC2 { return second == 0x85 || second == 0xA0 ? 2 : 0 }
        guard place + 2 < end else { return 0 }
        let third = bytes[place + 2]
        switch (first, second) {
        case (0xE1, 0x9A): return third == 0x80 ? 3 : 0
        case (0xE2, 0x80):
            return third <= 0x8A || third == 0xA8 || third == 0xA9 || third == 0xAF ? 3 : 0
        case (0xE2, 0x81): return third == 0x9F ? 3 : 0
        case (0xE3, 0x80): return third == 0x80 ? 3 : 0
        default: return 0
        }
    }
}
