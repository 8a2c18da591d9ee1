internal import Crypto
internal import LockstepModel

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece: what members, parts, manifests and records are known by.
public struct ContentDigest: Sendable {
    private var hasher = SHA256()

    public init() {}

    public mutating func update(_ bytes: UnsafeRawBufferPointer) { hasher.update(bufferPointer: bytes) }

    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) } }

    /// The digest of everything so far, as 64 lower-case hexadecimal digits; more may follow.
    public func hexadecimal() -> String { HexText.format(Array(hasher.finalize())) }

    /// The digest of bytes that are all there.
    public static func hexadecimal(of bytes: [UInt8]) -> String {
        var digest = Self()
        digest.update(bytes)
        return digest.hexadecimal()
    }
}
