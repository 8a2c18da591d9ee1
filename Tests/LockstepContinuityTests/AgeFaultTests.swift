import Foundation
import LockstepContinuity
import LockstepTesting
import Testing

/// Files that are wrong in one way each, made from the rules of the specification: what we say of them and what age says.
struct AgeFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var isGood: Bool
        var make: @Sendable (inout AgeFileBuilder) -> Void
        /// Changes the bytes after all.
        var change: @Sendable (inout [UInt8]) -> Void = { _ in }
        var testDescription: String { name }

        static func good(_ name: String, _ make: @escaping @Sendable (inout AgeFileBuilder) -> Void) -> Case {
            Case(name: name, isGood: true, make: make)
        }

        static func bad(_ name: String, _ make: @escaping @Sendable (inout AgeFileBuilder) -> Void) -> Case {
            Case(name: name, isGood: false, make: make)
        }

        static func cut(_ name: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void) -> Case {
            Case(
                name: name, isGood: false, make: { $0.chunks = [full(0, false), full(1, false), tail(2)] },
                change: change)
        }
    }

    static let chunkSize = 65536
    static func full(_ index: UInt8, _ isLast: Bool) -> AgeFileBuilder.Chunk {
        .init(plain: [UInt8](repeating: index &+ 1, count: chunkSize), index: index, isLast: isLast)
    }
    static func tail(_ index: UInt8, isLast: Bool = true) -> AgeFileBuilder.Chunk {
        .init(plain: Array("tail".utf8), index: index, isLast: isLast)
    }
    static func empty(_ index: UInt8) -> AgeFileBuilder.Chunk { .init(plain: [], index: index, isLast: true) }

    static let stanza = AgeFileBuilder.stanza
    static let (share, body) = (AgeFileBuilder.share, AgeFileBuilder.body)
    static let long = String(repeating: "A", count: 64)

    static let headers: [Case] = [
        .good("as it should be") { _ in },
        .good("a foreign stanza before") { $0.stanzas = "-> grease x y\nAAAA\n" + $0.stanzas },
        .good("a foreign stanza after, without a body") { $0.stanzas += "-> grease\n\n" },
        .good("a foreign stanza with a body of a full line") { $0.stanzas += "-> grease\n\(long)\n\n" },
        .good("a foreign stanza with a body of two lines") { $0.stanzas += "-> grease\n\(long)\nAAAA\n" },
        .good("the same recipient twice") { $0.stanzas += stanza },
        .bad("another version") { $0.version = "age-encryption.org/v2\n" },
        .bad("another format") { $0.version = "rage-encryption.org/v1\n" },
        .bad("a version line with CR LF") { $0.version = "age-encryption.org/v1\r\n" },
        .bad("no stanza at all") { $0.stanzas = "" },
        .bad("a stanza without arguments") { $0.stanzas += "->\n\n" },
        .bad("a stanza with an empty argument") { $0.stanzas += "-> grease  x\n\n" },
        .bad("a stanza that ends with a space") { $0.stanzas += "-> grease \n\n" },
        .bad("a stanza without the space") { $0.stanzas += "->grease\n\n" },
        .bad("a stanza with a control character") { $0.stanzas += "-> gre\u{7}ase\n\n" },
        .bad("a stanza that is no ASCII") { $0.stanzas += "-> gréase\n\n" },
        .bad("a body without its last line") { $0.stanzas += "-> grease\n\(long)\n" },
        .bad("a body with a long line") { $0.stanzas += "-> grease\n\(long)AAAA\nAAAA\n" },
        .bad("a body with two short lines") { $0.stanzas += "-> grease\nAAAA\nAAAA\n" },
        .bad("a body with padding") { $0.stanzas += "-> grease\nAAA=\n" },
        .bad("a body that is not canonical") { $0.stanzas += "-> grease\nAAB\n" },
        .bad("a body of one character too many") { $0.stanzas += "-> grease\nAAAAA\n" },
        .bad("a body with CR") { $0.stanzas += "-> grease\r\nAAAA\r\n" },
        .bad("an argument too many") { $0.stanzas = "-> X25519 \(share) x\n\(body)\n" },
        .bad("no argument") { $0.stanzas = "-> X25519\n\(body)\n" },
        .bad("a share that is too long") { $0.stanzas = "-> X25519 \(share)A\n\(body)\n" },
        .bad("a share that is too short") { $0.stanzas = "-> X25519 \(share.dropLast(3))\n\(body)\n" },
        .bad("a share that is not canonical") { $0.stanzas = "-> X25519 \(share.dropLast())d\n\(body)\n" },
        .bad("a body that is too long") { $0.stanzas = "-> X25519 \(share)\n\(body)A\n" },
        .bad("a body of nothing") { $0.stanzas = "-> X25519 \(share)\n\n" },
        .bad("a share of low order") { $0.stanzas = "-> X25519 \(String(repeating: "A", count: 43))\n\(body)\n" },
        .bad("a kind in small letters") { $0.stanzas = $0.stanzas.replacing("X25519", with: "x25519") },
        .bad("another code") { $0.code = { _ in String(repeating: "A", count: 43) } },
        .bad("a code that is not canonical") {
            $0.code = { code in
                let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
                let last = alphabet.firstIndex(of: code.last ?? "A") ?? 0
                return code.dropLast() + String(alphabet[last + 1])
            }
        },
        .bad("a code with padding") { $0.code = { $0 + "=" } },
        .bad("a code that is cut") { $0.code = { String($0.dropLast(1)) } },
        .bad("no code") { $0.code = { _ in "" } },
        .bad("no space before the code") { $0.beforeCode = "" },
        .bad("two spaces before the code") { $0.beforeCode = "  " },
        .bad("a space after the code") { $0.afterCode = " \n" },
        .bad("CR LF after the code") { $0.afterCode = "\r\n" },
    ]

    static let payloads: [Case] = [
        .good("nothing in it") { $0.chunks = [empty(0)] },
        .good("one full chunk") { $0.chunks = [full(0, true)] },
        .good("two full chunks") { $0.chunks = [full(0, false), full(1, true)] },
        .good("three chunks") { $0.chunks = [full(0, false), full(1, false), tail(2)] },
        .bad("no chunk") { $0.chunks = [] },
        .bad("an empty last chunk") { $0.chunks = [full(0, false), empty(1)] },
        .bad("no last chunk") { $0.chunks = [tail(0, isLast: false)] },
        .bad("no last full chunk") { $0.chunks = [full(0, false), full(1, false)] },
        .bad("two last chunks") { $0.chunks = [full(0, true), tail(1)] },
        .bad("two last chunks of one number") { $0.chunks = [full(0, true), tail(0)] },
        .bad("two full last chunks") { $0.chunks = [full(0, true), full(1, true)] },
        .bad("a short chunk in the middle") { $0.chunks = [tail(0, isLast: false), tail(1)] },
        .bad("swapped chunks") { $0.chunks = [full(1, false), full(0, false), tail(2)] },
        .bad("a chunk twice") { $0.chunks = [full(0, false), full(0, false), tail(1)] },
        .bad("a chunk left out") { $0.chunks = [full(0, false), tail(2)] },
        .bad("a byte after the end") { $0.trailing = [0] },
        .bad("a byte after a full last chunk") {
            $0.chunks = [full(0, true)]
            $0.trailing = [0]
        },
        .bad("another file after the end") {
            $0.trailing = Array("age-encryption.org/v1\n\(stanza)--- ".utf8)
        },
        .bad("no nonce") {
            $0.nonce = []
            $0.chunks = []
        },
        .bad("a short nonce") {
            $0.nonce = [1, 2, 3]
            $0.chunks = []
        },
        .cut("cut after the first chunk") { $0.removeLast(4 + 16 + chunkSize + 16) },
        .cut("cut after the second chunk") { $0.removeLast(4 + 16) },
        .cut("cut a byte after the second chunk") { $0.removeLast(4 + 16 - 1) },
        .cut("cut in the second chunk") { $0.removeLast(4 + 16 + 100) },
        .cut("cut by a byte") { $0.removeLast() },
        .cut("cut by the last tag") { $0.removeLast(16) },
        .cut("a changed byte in the second chunk") { $0[$0.count - 4 - 16 - 100] ^= 1 },
    ]

    @Test(arguments: headers + payloads)
    func faultsAreRefusedAsAgeRefusesThem(_ fault: Case) async throws {
        var builder = AgeFileBuilder()
        fault.make(&builder)
        var file = try builder.bytes()
        fault.change(&file)
        let folder = try TemporaryFolder()
        try Data(file).write(to: folder.file("file.age"))
        try folder.write(AgeFileBuilder.identity + "\n", to: "key")

        let keyring = Keyring(identities: try AgeIdentity.read(file: folder.file("key").path))
        let plain = try? keyring.open(file, objectName: "file.age")
        let age = try await CommandRun.run(
            URL(filePath: "/usr/bin/age"), ["-d", "-i", "key", "-o", "out", "file.age"], folder: folder.url)

        #expect((plain != nil) == fault.isGood)
        #expect((age.exitCode == 0) == fault.isGood, "\(age.standardError)")
        if let plain {
            #expect(plain == builder.chunks.flatMap(\.plain))
            // The program makes no file where there is nothing to write.
            let other = plain.isEmpty ? Data() : try Data(contentsOf: folder.file("out"))
            #expect(plain == Array(other))
        }
    }

    /// The specification lets only the passphrase's own side refuse this; the program goes on with the key.
    @Test func aPassphraseAmongOthersIsRefused() throws {
        var builder = AgeFileBuilder()
        builder.stanzas += "-> scrypt rF0/NwblUHHTpgQgRpe5CQ 10\n\(Self.body)\n"
        let file = try builder.bytes()
        let error = #expect(throws: ContinuityError.self) {
            try Keyring(identities: [AgeIdentity(AgeFileBuilder.identity)]).open(file, objectName: "x.age")
        }
        #expect(error?.code == .damaged)
    }

    @Test(arguments: payloads.filter { !$0.isGood })
    func nothingIsGivenBeyondTheFirstFault(_ fault: Case) throws {
        var builder = AgeFileBuilder()
        fault.make(&builder)
        var file = try builder.bytes()
        fault.change(&file)
        var decryptor = AgeDecryptor(keyring: Keyring(identities: [try AgeIdentity(AgeFileBuilder.identity)]))
        var output: [UInt8] = []
        let error = #expect(throws: ContinuityError.self) {
            for begin in stride(from: 0, to: file.count, by: 1000) {
                try decryptor.update(Array(file[begin..<min(begin + 1000, file.count)]), into: &output)
            }
            try decryptor.finish(into: &output)
        }
        #expect(error?.code == .damaged)
        #expect(output.count.isMultiple(of: Self.chunkSize))
        #expect(builder.chunks.flatMap(\.plain).starts(with: output))
        let again = #expect(throws: ContinuityError.self) { try decryptor.finish(into: &output) }
        #expect(again == error)
    }
}
