internal import Crypto
internal import Foundation

/// Opens an age v1 file (binary or armored) that comes piece by piece. Holds one chunk of 64 KiB, however long the file
/// is, and gives nothing that was not authenticated.
///
/// What it gave is the file's beginning, in order and unchanged; that it is also all of it is known only when
/// ``finish(into:)`` has returned.
public struct AgeDecryptor: Sendable {
    private enum Phase: Sendable {
        case header(AgeHeaderReader)
        case nonce(SymmetricKey, [UInt8])
        case chunks(ChunkCipher)
        case ended
        case failed(ContinuityError)
    }

    private enum Coat: Sendable {
        case unknown
        case none
        case armor(ArmorReader)
    }

    private let keyring: Keyring
    private var phase = Phase.header(AgeHeaderReader())
    private var coat = Coat.unknown
    private var pending: [UInt8] = []
    private var index: UInt64 = 0

    public init(keyring: Keyring) { self.keyring = keyring }

    /// Whether the header was read and one of the keys fits: known before any of the payload.
    public var isOpen: Bool {
        switch phase {
        case .header, .failed: false
        case .nonce, .chunks, .ended: true
        }
    }

    /// Takes some bytes of the file and appends what they make known.
    ///
    /// - Throws: ``ContinuityError`` with code `wrongKey` where no key fits, `damaged` where it is not what was sealed,
    ///   `tooNew`, `hostile`. After an error every call throws it again.
    public mutating func update(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws {
        try remembering { decryptor in try decryptor.unwrap(bytes, into: &output) }
    }

    public mutating func update(_ bytes: [UInt8], into output: inout [UInt8]) throws {
        try bytes.withUnsafeBytes { try update($0, into: &output) }
    }

    /// Ends the file: opens its last chunk, and so proves that nothing was cut off.
    public mutating func finish(into output: inout [UInt8]) throws {
        try remembering { decryptor in
            if case .armor(var reader) = decryptor.coat {
                var binary: [UInt8] = []
                try reader.finish(into: &binary)
                try binary.withUnsafeBytes { try decryptor.take($0, into: &output) }
            }
            try decryptor.end(into: &output)
        }
    }

    private mutating func remembering(_ work: (inout Self) throws -> Void) throws {
        if case .failed(let error) = phase { throw error }
        do {
            try work(&self)
        } catch let error as ContinuityError {
            phase = .failed(error)
            throw error
        }
    }

    // MARK: Armor

    private mutating func unwrap(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws {
        if case .unknown = coat, let first = bytes.first {
            // An age file begins with a letter; armor with a dash, or white space before it.
            let isArmor = first == UInt8(ascii: "-") || [0x20, 0x09, 0x0a, 0x0d].contains(first)
            coat = isArmor ? .armor(ArmorReader()) : .none
        }
        guard case .armor(var reader) = coat else { return try take(bytes, into: &output) }
        var binary: [UInt8] = []
        try reader.read(bytes, into: &binary)
        coat = .armor(reader)
        try binary.withUnsafeBytes { try take($0, into: &output) }
    }

    // MARK: Binary

    private mutating func take(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws {
        var rest = bytes
        while !rest.isEmpty {
            switch phase {
            case .header(var reader):
                // The reader's own bytes are moved, not copied.
                phase = .ended
                let (header, taken) = try reader.read(rest)
                phase = try header.map { .nonce(try $0.fileKey(keyring), []) } ?? .header(reader)
                rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            case .nonce(let fileKey, var nonce):
                let piece = rest.prefix(ChunkCipher.nonceByteCount - nonce.count)
                nonce.append(contentsOf: piece)
                let isWhole = nonce.count == ChunkCipher.nonceByteCount
                phase = isWhole ? .chunks(ChunkCipher(fileKey: fileKey, nonce: nonce)) : .nonce(fileKey, nonce)
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
            case .chunks(let cipher):
                return try take(chunks: rest, cipher, into: &output)
            case .ended: throw AgeHeader.damaged("there is something after its end")
            case .failed(let error): throw error
            }
        }
    }

    /// Opens every chunk that is not the last: a full one with something after it.
    private mutating func take(
        chunks: UnsafeRawBufferPointer, _ cipher: ChunkCipher, into output: inout [UInt8]
    ) throws {
        let size = ChunkCipher.sealedChunkByteCount
        var rest = chunks[...]
        while !rest.isEmpty {
            if pending.count == size {
                try pending.withUnsafeBytes { try open($0, cipher, isLast: false, into: &output) }
                pending.removeAll(keepingCapacity: true)
            }
            if pending.isEmpty, rest.count > size {
                try open(UnsafeRawBufferPointer(rebasing: rest.prefix(size)), cipher, isLast: false, into: &output)
                rest = rest.dropFirst(size)
            } else {
                let piece = rest.prefix(size - pending.count)
                pending.append(contentsOf: piece)
                rest = rest.dropFirst(piece.count)
            }
        }
    }

    private mutating func end(into output: inout [UInt8]) throws {
        switch phase {
        case .header(let reader): throw reader.cutOff
        case .nonce: throw AgeHeader.damaged("it is cut off after its header")
        case .chunks(let cipher):
            guard pending.count >= ChunkCipher.tagByteCount else { throw AgeHeader.damaged("it is cut off") }
            guard pending.count > ChunkCipher.tagByteCount || index == 0 else {
                throw AgeHeader.damaged("its last chunk is empty, which it may not be")
            }
            try pending.withUnsafeBytes { try open($0, cipher, isLast: true, into: &output) }
            pending = []
            phase = .ended
        case .ended: throw AgeHeader.damaged("it was ended twice")
        case .failed(let error): throw error
        }
    }

    private mutating func open(
        _ chunk: UnsafeRawBufferPointer, _ cipher: ChunkCipher, isLast: Bool, into output: inout [UInt8]
    ) throws {
        guard let plain = cipher.open(chunk, index: index, isLast: isLast) else {
            guard cipher.open(chunk, index: index, isLast: !isLast) == nil else {
                throw AgeHeader.damaged(isLast ? "it is cut off" : "there is something after its end")
            }
            throw AgeHeader.damaged("chunk \(index) is not what was sealed")
        }
        plain.withUnsafeBytes { output.append(contentsOf: $0) }
        index += 1
    }
}
