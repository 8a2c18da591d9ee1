internal import Crypto

/// What a signature is over: the SHA-512 of bytes that come piece by piece.
public struct SignedMessage: Sendable {
    private var hasher = SHA512()

    public init() {}

    public init(_ bytes: [UInt8]) { update(bytes) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) { hasher.update(bufferPointer: bytes) }

    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) } }

    var digest: [UInt8] { Array(hasher.finalize()) }
}
