import Foundation
import LockstepContinuity
import LockstepTesting
import Testing

/// What is sealed comes back, whatever its size and however it is cut into pieces, and nothing changed does.
struct AgeStreamTests {
    static let chunk = 65536

    @Test(arguments: [
        0, 1, 15, 16, 17, 65519, 65520, 65535, 65536, 65537, 131_071, 131_072, 131_073, 196_608, 300_000,
    ])
    func whatIsSealedComesBack(size: Int) throws {
        var generator = SeededGenerator(seed: UInt64(size))
        let plain = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let identity = AgeIdentity.generate()
        let sealed = try Self.seal(plain, [identity.recipient], &generator)
        let opened = try Self.open(sealed, Keyring(identities: [identity]), &generator)
        #expect(opened == plain)
    }

    @Test func everyRecipientOpensItAndNobodyElse() throws {
        var generator = SeededGenerator(seed: 1)
        let identities = (0..<3).map { _ in AgeIdentity.generate() }
        let sealed = try Self.seal([1, 2, 3], identities.map(\.recipient), &generator)
        for identity in identities {
            #expect(try Self.open(sealed, Keyring(identities: [.generate(), identity]), &generator) == [1, 2, 3])
        }
        var decryptor = AgeDecryptor(keyring: Keyring(identities: [.generate()]))
        var output: [UInt8] = []
        let header = try #require(sealed.firstRange(of: Array("\n--- ".utf8)).map { $0.upperBound + 44 })
        let error = #expect(throws: ContinuityError.self) {
            try decryptor.update(Array(sealed[..<header]), into: &output)
        }
        // Known from the header alone.
        #expect(error?.code == .wrongKey)
        #expect(output.isEmpty)
        #expect(!decryptor.isOpen)
    }

    @Test func aDecryptorIsOpenOnceItHasTheHeader() throws {
        let identity = AgeIdentity.generate()
        var generator = SeededGenerator(seed: 1)
        let sealed = try Self.seal([1, 2, 3], [identity.recipient], &generator)
        let header = try #require(sealed.firstRange(of: Array("\n--- ".utf8)).map { $0.upperBound + 44 })
        var decryptor = AgeDecryptor(keyring: Keyring(identities: [identity]))
        var output: [UInt8] = []
        try decryptor.update(Array(sealed[..<(header - 1)]), into: &output)
        #expect(!decryptor.isOpen)
        try decryptor.update([sealed[header - 1]], into: &output)
        #expect(decryptor.isOpen)
    }

    @Test func everyChangedBitIsRefused() throws {
        let identity = AgeIdentity.generate()
        let keyring = Keyring(identities: [identity])
        let sealed = try Sealing.age([identity.recipient, AgeIdentity.generate().recipient]).seal(Array("plain".utf8))
        #expect(try keyring.open(sealed, objectName: "x.age") == Array("plain".utf8))
        for bit in 0..<(sealed.count * 8) {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: ContinuityError.self, "bit \(bit)") { try keyring.open(changed, objectName: "x.age") }
        }
    }

    @Test func changedBitsInLargeFilesAreRefused() throws {
        var generator = SeededGenerator(seed: 3)
        let identity = AgeIdentity.generate()
        let keyring = Keyring(identities: [identity])
        let sealed = try Self.seal([UInt8](repeating: 5, count: 200_000), [identity.recipient], &generator)
        for _ in 0..<200 {
            var changed = sealed
            let bit = Int.random(in: 0..<(sealed.count * 8), using: &generator)
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: ContinuityError.self, "bit \(bit)") { try keyring.open(changed, objectName: "x.age") }
        }
    }

    @Test func everyCutOfASmallFileIsRefused() throws {
        let identity = AgeIdentity.generate()
        let keyring = Keyring(identities: [identity])
        let sealed = try Sealing.age([identity.recipient]).seal(Array("plain".utf8))
        for count in 0..<sealed.count {
            let error = #expect(throws: ContinuityError.self, "\(count) bytes") {
                try keyring.open(Array(sealed[..<count]), objectName: "x.age")
            }
            #expect(error?.code == .damaged)
            #expect(error?.object == "x.age")
        }
    }

    @Test func cutsAtTheEdgesOfChunksAreRefused() throws {
        var generator = SeededGenerator(seed: 4)
        let identity = AgeIdentity.generate()
        let keyring = Keyring(identities: [identity])
        let plain = [UInt8](repeating: 9, count: 3 * Self.chunk)
        let sealed = try Self.seal(plain, [identity.recipient], &generator)
        for chunks in 1...2 {
            for offset in -17...17 {
                let count = sealed.count - chunks * (Self.chunk + 16) + offset
                #expect(throws: ContinuityError.self, "\(count) bytes") {
                    try keyring.open(Array(sealed[..<count]), objectName: "x.age")
                }
            }
        }
    }

    @Test func memoryDoesNotGrowWithTheStream() throws {
        let identity = AgeIdentity.generate()
        var (encryptor, decryptor) = (
            try AgeEncryptor(recipients: [identity.recipient]),
            AgeDecryptor(keyring: Keyring(identities: [identity]))
        )
        let piece = [UInt8](repeating: 1, count: 1 << 20)
        var (sealed, opened): ([UInt8], [UInt8]) = ([], [])
        var total = 0
        for _ in 0..<16 {
            sealed.removeAll(keepingCapacity: true)
            opened.removeAll(keepingCapacity: true)
            try encryptor.update(piece, into: &sealed)
            // Nothing but the chunk that may be the last is held back.
            #expect(sealed.count >= piece.count - Self.chunk)
            try decryptor.update(sealed, into: &opened)
            #expect(opened.count >= sealed.count - 3 * Self.chunk)
            total += opened.count
        }
        sealed = []
        try encryptor.finish(into: &sealed)
        opened = []
        try decryptor.update(sealed, into: &opened)
        try decryptor.finish(into: &opened)
        #expect(total + opened.count == 16 * piece.count)
    }

    // MARK: Ranges

    @Test(arguments: [1, 65536, 65537, 200_000, 262_144])
    func rangesAreOpenedOnTheirOwn(size: Int) throws {
        var generator = SeededGenerator(seed: UInt64(size))
        let plain = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let identity = AgeIdentity.generate()
        let sealed = try Self.seal(plain, [identity.recipient], &generator)
        let range = try AgeRange(
            prefix: Array(sealed.prefix(AgeRange.usualPrefixByteCount)), byteCount: Int64(sealed.count),
            keyring: Keyring(identities: [identity]))
        #expect(range.plainByteCount == Int64(size))
        var ranges = [0..<Int64(size), Int64(size)..<Int64(size), range.finalRange]
        for _ in 0..<20 {
            let begin = Int64.random(in: 0..<Int64(size), using: &generator)
            ranges.append(begin..<Int64.random(in: begin...Int64(size), using: &generator))
        }
        for wanted in ranges {
            let stored = range.storedRange(of: wanted)
            let bytes = Array(sealed[Int(stored.lowerBound)..<Int(stored.upperBound)])
            #expect(
                try range.open(bytes, plain: wanted) == Array(plain[Int(wanted.lowerBound)..<Int(wanted.upperBound)]))
        }
    }

    @Test func aRangeOfACutOffFileIsRefusedAtItsEnd() throws {
        var generator = SeededGenerator(seed: 5)
        let identity = AgeIdentity.generate()
        let keyring = Keyring(identities: [identity])
        let sealed = try Self.seal([UInt8](repeating: 1, count: 3 * Self.chunk), [identity.recipient], &generator)
        let cut = Array(sealed.dropLast(Self.chunk + 16))
        let range = try AgeRange(prefix: cut, byteCount: Int64(cut.count), keyring: keyring)
        let stored = range.storedRange(of: range.finalRange)
        let error = #expect(throws: ContinuityError.self) {
            try range.open(
                Array(cut[Int(stored.lowerBound)..<Int(stored.upperBound)]), plain: range.finalRange)
        }
        #expect(error?.code == .damaged)
    }

    // MARK: Passphrases and refusals

    @Test func passphrasesOpenWhatTheySealed() throws {
        let sealing = Sealing.age([try .passphrase(Passphrase("right"), workFactor: 4)])
        let sealed = try sealing.seal([1, 2, 3])
        #expect(
            try Keyring(passphrases: [Passphrase("wrong"), Passphrase("right")]).open(sealed, objectName: "x.age") == [
                1, 2, 3,
            ])
        for keyring in [try Keyring(passphrases: [Passphrase("wrong")]), Keyring(identities: [.generate()]), .empty] {
            let error = #expect(throws: ContinuityError.self) { try keyring.open(sealed, objectName: "x.age") }
            #expect(error?.code == .wrongKey)
        }
        #expect(sealing.recipientTexts == ["a passphrase"])
    }

    @Test func aPassphraseThatAsksForTooMuchWorkIsRefusedBeforeIt() throws {
        var builder = AgeFileBuilder()
        builder.stanzas = "-> scrypt rF0/NwblUHHTpgQgRpe5CQ 21\n\(AgeFileBuilder.body)\n"
        let file = try builder.bytes()
        let error = #expect(throws: ContinuityError.self) {
            try Keyring(passphrases: [Passphrase("x")]).open(file, objectName: "x.age")
        }
        #expect(error?.code == .hostile)
        #expect(error?.message.contains("2^21") == true)
    }

    @Test(arguments: ["0", "010", "+10", "-10", "0x0A", "10 ", "", "99999999999999999999", "1e1"])
    func aWorkFactorThatIsNoNumberIsRefused(text: String) throws {
        var builder = AgeFileBuilder()
        builder.stanzas = "-> scrypt rF0/NwblUHHTpgQgRpe5CQ \(text)\n\(AgeFileBuilder.body)\n"
        let file = try builder.bytes()
        let error = #expect(throws: ContinuityError.self) {
            try Keyring(passphrases: [Passphrase("x")]).open(file, objectName: "x.age")
        }
        #expect(error?.code == .damaged)
    }

    @Test func aRecipientOfLowOrderIsRefused() throws {
        // The Bech32 of 32 zeros: whoever sealed for it would seal for everybody.
        let zeros = try AgeRecipient("age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z")
        let error = #expect(throws: ContinuityError.self) { try Sealing.age([zeros]).seal([1]) }
        #expect(error?.code == .badKey)
    }

    @Test func aPassphraseStandsAlone() throws {
        let recipients = [
            try AgeRecipient.passphrase(Passphrase("x"), workFactor: 4), AgeIdentity.generate().recipient,
        ]
        for refused in [recipients, [recipients[0], recipients[0]], []] {
            let error = #expect(throws: ContinuityError.self) { try AgeEncryptor(recipients: refused) }
            #expect(error?.code == .badKey)
        }
    }

    @Test func aHeaderWithoutAnEndIsRefused() throws {
        var decryptor = AgeDecryptor(keyring: .empty)
        var output: [UInt8] = []
        try decryptor.update(Array("age-encryption.org/v1\n-> ".utf8), into: &output)
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 100_000)
        let error = #expect(throws: ContinuityError.self) {
            for _ in 0..<20 { try decryptor.update(piece, into: &output) }
        }
        #expect(error?.code == .damaged)
    }

    @Test func aFileOfAnotherKindIsRefusedAtItsFirstBytes() {
        for text in ["PK\u{3}\u{4}", "{\"a\":1}", "age-encryption.com"] {
            var decryptor = AgeDecryptor(keyring: .empty)
            var output: [UInt8] = []
            #expect(throws: ContinuityError.self) { try decryptor.update(Array(text.utf8), into: &output) }
        }
    }

    @Test func whatIsNotSealedIsPassedOn() throws {
        #expect(try Sealing.none.seal([1, 2]) == [1, 2])
        #expect(try Keyring.empty.open([1, 2], objectName: "parts/ab/x.tar.zst") == [1, 2])
        #expect(Sealing.none.suffix.isEmpty)
        #expect(Sealing.age([]).suffix == ".age")
    }

    // MARK: Pieces of random sizes

    private static func seal(
        _ plain: [UInt8], _ recipients: [AgeRecipient], _ generator: inout SeededGenerator
    ) throws -> [UInt8] {
        var sealer = try AgeEncryptor(recipients: recipients)
        var output: [UInt8] = []
        for piece in pieces(plain, &generator) { try sealer.update(piece, into: &output) }
        try sealer.finish(into: &output)
        return output
    }

    private static func open(
        _ sealed: [UInt8], _ keyring: Keyring, _ generator: inout SeededGenerator
    ) throws -> [UInt8] {
        var decryptor = AgeDecryptor(keyring: keyring)
        var output: [UInt8] = []
        for piece in pieces(sealed, &generator) { try decryptor.update(piece, into: &output) }
        try decryptor.finish(into: &output)
        return output
    }

    private static func pieces(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [[UInt8]] {
        var (pieces, begin): ([[UInt8]], Int) = ([], 0)
        let sizes = [0, 1, 16, 100, 65535, 65536, 65537, 65552, 65553, 200_000]
        while begin < bytes.count {
            let size = sizes[Int.random(in: 0..<sizes.count, using: &generator)]
            pieces.append(Array(bytes[begin..<min(begin + size, bytes.count)]))
            begin += size
        }
        return pieces
    }
}
