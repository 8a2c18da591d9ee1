internal import Crypto

/// SHA-256 (FIPS 180-4), which plans are known by, fed piece by piece, each with its length, so that they cannot run into each other.
struct PieceDigest {
    private var hasher = SHA256()

    mutating func update(piece bytes: some Sequence<UInt8>) {
        let piece = Array(bytes)
        withUnsafeBytes(of: UInt64(piece.count).bigEndian) { hasher.update(bufferPointer: $0) }
        piece.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    }

    /// The digest of everything so far, as 64 hexadecimal digits.
    func hexadecimal() -> String { words().map(Self.hexadecimal).joined() }

    /// The digest of everything so far, as eight words.
    func words() -> [UInt32] {
        hasher.finalize().withUnsafeBytes { bytes in
            stride(from: 0, to: SHA256.byteCount, by: 4).map {
                UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
            }
        }
    }

    static func hexadecimal(_ word: UInt32) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
