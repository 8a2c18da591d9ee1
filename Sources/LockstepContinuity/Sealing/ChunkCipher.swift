internal import Crypto
internal import Foundation

/// The payload's encryption (age-encryption.org/v1, "Payload"): STREAM with ChaCha20-Poly1305 in chunks of 64 KiB, each
/// bound to its place and to whether it is the last.
struct ChunkCipher: Sendable {
    static let chunkByteCount = 64 * 1024
    static let tagByteCount = 16
    static let sealedChunkByteCount = chunkByteCount + tagByteCount
    static let nonceByteCount = 16

    private let key: SymmetricKey

    init(fileKey: SymmetricKey, nonce: [UInt8]) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: fileKey, salt: nonce, info: Array("payload".utf8), outputByteCount: 32)
    }

    func seal(
        _ chunk: UnsafeRawBufferPointer, index: UInt64, isLast: Bool, into output: inout [UInt8]
    ) throws {
        let box = try ChaChaPoly.seal(chunk, using: key, nonce: Self.nonce(index, isLast: isLast))
        // Nonce, text and tag are one block of memory: appended at once, without the nonce.
        box.combined.withUnsafeBytes { output.append(contentsOf: $0.dropFirst(12)) }
    }

    /// Nil where the chunk is not what was sealed at this place.
    func open(_ chunk: UnsafeRawBufferPointer, index: UInt64, isLast: Bool) -> Data? {
        guard chunk.count >= Self.tagByteCount, let nonce = try? Self.nonce(index, isLast: isLast) else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: chunk.dropLast(Self.tagByteCount))
        let tag = UnsafeRawBufferPointer(rebasing: chunk.suffix(Self.tagByteCount))
        guard let box = try? ChaChaPoly.SealedBox(nonce: nonce, ciphertext: text, tag: tag) else { return nil }
        return try? ChaChaPoly.open(box, using: key)
    }

    /// Eleven bytes of the chunk's number and one that says whether it is the last. Sixty-four bits of the number are
    /// more than any file has.
    private static func nonce(_ index: UInt64, isLast: Bool) throws -> ChaChaPoly.Nonce {
        var bytes = [UInt8](repeating: 0, count: 12)
        for place in 0..<8 { bytes[10 - place] = UInt8(truncatingIfNeeded: index >> (8 * UInt64(place))) }
        bytes[11] = isLast ? 1 : 0
        return try ChaChaPoly.Nonce(data: bytes)
    }
}
