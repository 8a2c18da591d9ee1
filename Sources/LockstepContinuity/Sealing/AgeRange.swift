internal import Foundation

/// Opens any range of a binary age file without the rest of it: chunks are sealed one by one.
///
/// How long the file is must be known from elsewhere, or be proven by opening the last chunk first
/// (``finalRange``): a cut-off file shows only there.
public struct AgeRange: Sendable {
    /// Bytes from the file's beginning that hold any header of up to some hundred recipients.
    public static let usualPrefixByteCount = 16 * 1024

    private let cipher: ChunkCipher
    /// Where the first chunk begins.
    private let payloadBegin: Int64
    private let chunkCount: Int64
    /// Bytes of what is sealed.
    public let plainByteCount: Int64

    /// - Parameters:
    ///   - prefix: the file's beginning, with all of its header and the 16 bytes after it.
    ///   - byteCount: the whole file's length.
    /// - Throws: ``ContinuityError`` as ``AgeDecryptor``; with code `damaged` where the header is not in `prefix`, or the
    ///   length is none that a file can have.
    public init(prefix: [UInt8], byteCount: Int64, keyring: Keyring) throws {
        var reader = AgeHeaderReader()
        let (header, taken) = try prefix.withUnsafeBytes { try reader.read($0) }
        guard let header else { throw reader.cutOff }
        let fileKey = try header.fileKey(keyring)
        let nonce = Array(prefix[taken...].prefix(ChunkCipher.nonceByteCount))
        payloadBegin = Int64(taken + ChunkCipher.nonceByteCount)
        let (chunk, tag) = (Int64(ChunkCipher.sealedChunkByteCount), Int64(ChunkCipher.tagByteCount))
        let payload = byteCount - payloadBegin
        guard nonce.count == ChunkCipher.nonceByteCount, payload >= tag else {
            throw AgeHeader.damaged("it is cut off")
        }
        chunkCount = (payload + chunk - 1) / chunk
        let last = payload - (chunkCount - 1) * chunk
        guard last > tag || (last == tag && chunkCount == 1) else { throw AgeHeader.damaged("it is cut off") }
        plainByteCount = payload - chunkCount * tag
        cipher = ChunkCipher(fileKey: fileKey, nonce: nonce)
    }

    /// The last chunk's range: who opens it has proven the file's length.
    public var finalRange: Range<Int64> { (chunkCount - 1) * Int64(ChunkCipher.chunkByteCount)..<plainByteCount }

    /// The bytes of the file that ``open(_:plain:)`` needs: whole chunks.
    ///
    /// - Parameter plain: a range of what is sealed, within ``plainByteCount``.
    public func storedRange(of plain: Range<Int64>) -> Range<Int64> {
        precondition(plain.lowerBound >= 0 && plain.upperBound <= plainByteCount, "the range must be in the file")
        let chunk = Int64(ChunkCipher.sealedChunkByteCount)
        let end = payloadBegin + plainByteCount + chunkCount * Int64(ChunkCipher.tagByteCount)
        let chunks = chunks(of: plain)
        return payloadBegin + chunks.lowerBound * chunk..<min(payloadBegin + chunks.upperBound * chunk, end)
    }

    /// Opens a range.
    ///
    /// - Parameter stored: the file's bytes of ``storedRange(of:)``.
    /// - Throws: ``ContinuityError`` with code `damaged`.
    public func open(_ stored: [UInt8], plain: Range<Int64>) throws -> [UInt8] {
        let wanted = storedRange(of: plain)
        guard stored.count == wanted.count else { throw AgeHeader.damaged("it is cut off") }
        let (chunks, size) = (chunks(of: plain), ChunkCipher.sealedChunkByteCount)
        var opened: [UInt8] = []
        try stored.withUnsafeBytes { bytes in
            for chunk in chunks {
                let begin = Int(chunk - chunks.lowerBound) * size
                let piece = UnsafeRawBufferPointer(rebasing: bytes[begin..<min(begin + size, bytes.count)])
                let isLast = chunk == chunkCount - 1
                guard let part = cipher.open(piece, index: UInt64(chunk), isLast: isLast) else {
                    throw AgeHeader.damaged("chunk \(chunk) is not what was sealed")
                }
                part.withUnsafeBytes { opened.append(contentsOf: $0) }
            }
        }
        let skipped = Int(plain.lowerBound - chunks.lowerBound * Int64(ChunkCipher.chunkByteCount))
        return Array(opened[skipped..<(skipped + plain.count)])
    }

    /// An empty range needs its place's chunk all the same, so that it is proven too.
    private func chunks(of plain: Range<Int64>) -> Range<Int64> {
        let size = Int64(ChunkCipher.chunkByteCount)
        let first = min(plain.lowerBound / size, chunkCount - 1)
        let last = min(max(plain.upperBound - 1, plain.lowerBound) / size, chunkCount - 1)
        return first..<(last + 1)
    }
}
