internal import Crypto
internal import Foundation

/// Seals a stream of bytes as an age v1 file (binary). Holds one chunk of 64 KiB, however long the stream is.
public struct AgeEncryptor: Sendable {
    private var header: [UInt8]
    private let cipher: ChunkCipher
    private var pending: [UInt8] = []
    private var index: UInt64 = 0
    private var isFinished = false

    /// Makes the file key and seals it for each recipient, which for a passphrase takes a second or so.
    ///
    /// - Throws: ``ContinuityError`` with code `badKey` where there is no recipient, or a passphrase among several.
    public init(recipients: [AgeRecipient]) throws {
        let passphrases = recipients.count {
            if case .passphrase = $0.kind { true } else { false }
        }
        guard !recipients.isEmpty, passphrases == 0 || recipients.count == 1 else {
            throw ContinuityError(
                .badKey, doing: "sealing",
                message: recipients.isEmpty
                    ? "there is no recipient" : "a passphrase cannot be combined with other recipients",
                hint: "give recipients that begin with age1, or a single passphrase")
        }
        let fileKey = SymmetricKey(size: .bits128)
        let stanzas = try recipients.map { try AgeHeader.Stanza(sealing: fileKey, for: $0) }
        let nonce = SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }
        header = AgeHeader(stanzas: stanzas, fileKey: fileKey).bytes + nonce
        cipher = ChunkCipher(fileKey: fileKey, nonce: nonce)
        pending.reserveCapacity(ChunkCipher.chunkByteCount)
    }

    /// Seals some bytes and appends what is ready; the first call also gives the header.
    public mutating func update(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws {
        precondition(!isFinished, "nothing can be sealed after the end")
        writeHeader(into: &output)
        var rest = bytes[...]
        while !rest.isEmpty {
            // A full chunk waits until there is more: only then it is not the last.
            if pending.count == ChunkCipher.chunkByteCount {
                try pending.withUnsafeBytes { try seal($0, isLast: false, into: &output) }
                pending.removeAll(keepingCapacity: true)
            }
            if pending.isEmpty, rest.count > ChunkCipher.chunkByteCount {
                let chunk = UnsafeRawBufferPointer(rebasing: rest.prefix(ChunkCipher.chunkByteCount))
                try seal(chunk, isLast: false, into: &output)
                rest = rest.dropFirst(ChunkCipher.chunkByteCount)
            } else {
                let piece = rest.prefix(ChunkCipher.chunkByteCount - pending.count)
                pending.append(contentsOf: piece)
                rest = rest.dropFirst(piece.count)
            }
        }
    }

    public mutating func update(_ bytes: [UInt8], into output: inout [UInt8]) throws {
        try bytes.withUnsafeBytes { try update($0, into: &output) }
    }

    /// Ends the file. Without it the file cannot be opened to its end: that is how a cut-off one shows.
    public mutating func finish(into output: inout [UInt8]) throws {
        precondition(!isFinished, "the end was sealed already")
        writeHeader(into: &output)
        try pending.withUnsafeBytes { try seal($0, isLast: true, into: &output) }
        pending = []
        isFinished = true
    }

    private mutating func writeHeader(into output: inout [UInt8]) {
        output.append(contentsOf: header)
        header = []
    }

    private mutating func seal(
        _ chunk: UnsafeRawBufferPointer, isLast: Bool, into output: inout [UInt8]
    ) throws {
        try cipher.seal(chunk, index: index, isLast: isLast, into: &output)
        index += 1
    }
}
