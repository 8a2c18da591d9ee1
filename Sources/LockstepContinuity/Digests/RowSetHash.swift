internal import CXXHash
internal import Foundation
internal import LockstepModel

/// What a table's rows are known by, in whatever order they come: the XXH3-128 of each line's bytes (without its line
/// feed), summed modulo 2^128. Pieces can be hashed apart and merged, and a line can be taken away again.
///
/// Proves equality after a restore; it is not cryptographic: members carry their SHA-256 besides.
public struct RowSetHash: Sendable, Hashable, CustomStringConvertible {
    private var sum: UInt128 = 0

    /// The hash of no rows: 32 zeros.
    public init() {}

    /// - Parameter text: 32 hexadecimal digits, as ``description`` gives them; nil for anything else.
    public init?(_ text: String) {
        guard let bytes = HexText.parse(text.utf8), bytes.count == 16 else { return nil }
        sum = bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// Adds a line; `bytes` are without the line feed.
    public mutating func add(_ bytes: UnsafeRawBufferPointer) { sum &+= Self.hash(bytes) }

    public mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

    /// Takes a line away that was added before, here or in a hash that was merged.
    public mutating func subtract(_ bytes: UnsafeRawBufferPointer) { sum &-= Self.hash(bytes) }

    public mutating func subtract(_ bytes: [UInt8]) { bytes.withUnsafeBytes { subtract($0) } }

    /// Adds a line by its fingerprint.
    mutating func add(_ fingerprint: RowFingerprint) { sum &+= fingerprint.row }

    /// Adds every line of a text.
    ///
    /// - Parameter bytes: whole lines, each ended by a line feed; no line holds another one (they are escaped).
    /// - Returns: how many lines there were.
    @discardableResult
    public mutating func addLines(_ bytes: UnsafeRawBufferPointer) -> Int {
        var (begin, lines) = (0, 0)
        while begin < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[begin...])
            guard let address = rest.baseAddress else { break }
            let end = memchr(address, Int32(UInt8(ascii: "\n")), rest.count)
            let length = end.map { UnsafeRawPointer($0) - address } ?? rest.count
            add(UnsafeRawBufferPointer(rebasing: rest[..<length]))
            begin += length + 1
            lines += 1
        }
        return lines
    }

    /// Adds what another hash holds, of rows that this one does not.
    public mutating func merge(_ other: RowSetHash) { sum &+= other.sum }

    /// Takes away what another hash holds.
    public mutating func remove(_ other: RowSetHash) { sum &-= other.sum }

    /// 32 lower-case hexadecimal digits, the most significant first.
    public var description: String {
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt128 {
        // An empty buffer may have no address; the function takes none for an empty text.
        let hash = XXH3_128bits(bytes.baseAddress, bytes.count)
        return UInt128(hash.high64) << 64 | UInt128(hash.low64)
    }
}
