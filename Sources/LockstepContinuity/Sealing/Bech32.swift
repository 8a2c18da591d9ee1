/// Bech32 (BIP 173), without its bound on the length: how age writes keys. The checksum finds typing errors.
enum Bech32 {
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let generators: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]

    /// - Parameter prefix: lower-case ASCII.
    /// - Returns: lower-case text.
    static func encode(prefix: String, _ bytes: [UInt8]) -> String {
        let data = regroup(bytes, from: 8, to: 5, padding: true) ?? []
        let remainder = checksum(expand(Array(prefix.utf8)) + data + [UInt8](repeating: 0, count: 6)) ^ 1
        let check = (0..<6).map { UInt8(truncatingIfNeeded: remainder >> (5 * (5 - UInt32($0))) & 31) }
        return prefix + "1" + String(decoding: (data + check).map { alphabet[Int($0)] }, as: UTF8.self)
    }

    /// - Returns: the prefix, in lower case, and the bytes; nil where the text is mistyped, of mixed case, or no Bech32.
    static func decode(_ text: String) -> (prefix: String, bytes: [UInt8])? {
        let isUpper = text.utf8.contains { (0x41...0x5a).contains($0) }
        let isLower = text.utf8.contains { (0x61...0x7a).contains($0) }
        guard !(isUpper && isLower), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        let lower = text.utf8.map { (0x41...0x5a).contains($0) ? $0 + 32 : $0 }
        guard let separator = lower.lastIndex(of: UInt8(ascii: "1")), separator > 0, lower.count - separator > 6 else {
            return nil
        }
        var data: [UInt8] = []
        for character in lower[(separator + 1)...] {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            data.append(UInt8(value))
        }
        let prefix = Array(lower[..<separator])
        guard checksum(expand(prefix) + data) == 1 else { return nil }
        guard let bytes = regroup(data.dropLast(6), from: 5, to: 8, padding: false) else { return nil }
        return (String(decoding: prefix, as: UTF8.self), bytes)
    }

    private static func expand(_ prefix: [UInt8]) -> [UInt8] { prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 } }

    private static func checksum(_ values: [UInt8]) -> UInt32 {
        values.reduce(UInt32(1)) { sum, value in
            let top = sum >> 25
            let shifted = (sum & 0x1ff_ffff) << 5 ^ UInt32(value)
            return generators.indices.reduce(shifted) { top >> UInt32($1) & 1 == 1 ? $0 ^ generators[$1] : $0 }
        }
    }

    /// Groups of `from` bits as groups of `to` bits; without padding, what is left must be fewer than `from` zeros.
    private static func regroup(
        _ values: some Sequence<UInt8>, from: UInt32, to: UInt32, padding: Bool
    ) -> [UInt8]? {
        var groups: [UInt8] = []
        var (bits, count): (UInt32, UInt32) = (0, 0)
        let mask: UInt32 = (1 << to) - 1
        for value in values {
            bits = (bits << from | UInt32(value)) & 0xfff
            count += from
            while count >= to {
                count -= to
                groups.append(UInt8(truncatingIfNeeded: bits >> count & mask))
            }
        }
        if padding {
            if count > 0 { groups.append(UInt8(truncatingIfNeeded: bits << (to - count) & mask)) }
            return groups
        }
        return count < from && bits & ((1 << count) - 1) == 0 ? groups : nil
    }
}
