import LockstepContinuity
import LockstepTesting
import Testing

struct ContentDigestTests {
    /// FIPS 180-4's examples.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func digestsAreThoseOfTheStandard(text: String, digest: String) {
        #expect(ContentDigest.hexadecimal(of: Array(text.utf8)) == digest)
        var pieces = ContentDigest()
        for byte in text.utf8 {
            _ = pieces.hexadecimal()
            pieces.update([byte])
        }
        #expect(pieces.hexadecimal() == digest)
    }
}

struct RowSetHashTests {
    static let lines = ["1\tAda", "2\t\\N", "", "3\té", "2\t\\N"].map { Array($0.utf8) }

    static func hash(_ lines: some Sequence<[UInt8]>) -> RowSetHash {
        lines.reduce(into: RowSetHash()) { $0.add($1) }
    }

    /// The published XXH3-128 of nothing and of one letter.
    @Test func oneLineIsItsXXH3() {
        #expect(Self.hash([[]]).description == "99aa06d3014798d86001c324468d497f")
        #expect(Self.hash([Array("a".utf8)]).description == "a96faf705af16834e6c632b61e964e1f")
    }

    @Test func theOrderDoesNotMatterAndTheNumberDoes() {
        #expect(Self.hash(Self.lines) == Self.hash(Self.lines.reversed()))
        #expect(Self.hash(Self.lines) != Self.hash(Self.lines.dropLast()))
        #expect(Self.hash(Self.lines) != Self.hash(Self.lines.map { $0 + [32] }))
    }

    @Test func piecesAreMerged() {
        var merged = Self.hash(Self.lines[..<2])
        merged.merge(Self.hash(Self.lines[2...]))
        #expect(merged == Self.hash(Self.lines))
        merged.remove(Self.hash(Self.lines[2...]))
        #expect(merged == Self.hash(Self.lines[..<2]))
    }

    @Test func whatIsTakenAwayWasNeverThere() {
        var hash = Self.hash(Self.lines)
        for line in Self.lines { hash.subtract(line) }
        #expect(hash == RowSetHash())
        #expect(hash.description == String(repeating: "0", count: 32))
        // Below zero and back again.
        hash.subtract(Self.lines[0])
        #expect(hash != RowSetHash())
        hash.add(Self.lines[0])
        #expect(hash == RowSetHash())
    }

    @Test func textsAreTakenLineByLine() {
        let text: [UInt8] = Array(Self.lines.map { $0 + [10] }.joined())
        var hash = RowSetHash()
        let count = text.withUnsafeBytes { hash.addLines($0) }
        #expect(count == Self.lines.count)
        #expect(hash == Self.hash(Self.lines))
    }

    @Test func textsAreReadBack() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<100 {
            let hash = Self.hash([[UInt8.random(in: .min ... .max, using: &generator), 0, 1]])
            #expect(RowSetHash(hash.description) == hash)
            #expect(hash.description.count == 32)
        }
        #expect(RowSetHash("12") == nil)
        #expect(RowSetHash(String(repeating: "g", count: 32)) == nil)
    }
}
