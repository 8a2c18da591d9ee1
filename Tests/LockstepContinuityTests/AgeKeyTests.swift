import Foundation
import LockstepContinuity
import LockstepTesting
import Testing

/// Keys of age as text and in files.
struct AgeKeyTests {
    /// From the specification.
    static let secret = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
    static let recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

    @Test func keysOfTheSpecificationAreReadAndWritten() throws {
        let identity = try AgeIdentity(Self.secret)
        #expect(identity.recipient.description == Self.recipient)
        #expect(identity.secretText == Self.secret)
        #expect(try AgeRecipient(" \(Self.recipient)\r\n") == identity.recipient)
    }

    @Test func newKeysDifferAndAreReadBack() throws {
        let identities = (0..<10).map { _ in AgeIdentity.generate() }
        #expect(Set(identities.map(\.recipient)).count == 10)
        for identity in identities {
            #expect(try AgeIdentity(identity.secretText).recipient == identity.recipient)
            #expect(try AgeRecipient(identity.recipient.description) == identity.recipient)
        }
    }

    @Test func mistypedKeysAreRefused() throws {
        let characters = Array(Self.recipient)
        for place in characters.indices {
            var mistyped = characters
            mistyped[place] = characters[place] == "q" ? "p" : "q"
            #expect(throws: ContinuityError.self) { try AgeRecipient(String(mistyped)) }
        }
        for text in [
            "", "age1", Self.recipient.uppercased(), String(Self.recipient.dropLast()), Self.recipient + "q",
            Self.recipient.replacing("age1z", with: "age1Z"), "ssh-ed25519 AAAA", "age1pq1qqqqqqqq",
        ] {
            let error = #expect(throws: ContinuityError.self) { try AgeRecipient(text) }
            #expect(error?.code == .badKey)
        }
    }

    @Test func takingASecretForARecipientIsSaidAndNotShown() throws {
        let error = #expect(throws: ContinuityError.self) { try AgeRecipient(Self.secret) }
        #expect(error?.code == .badKey)
        #expect(error?.message.contains("secret key") == true)
        #expect(error?.description.contains("GFPYY") == false)
        let other = #expect(throws: ContinuityError.self) { try AgeIdentity(Self.recipient) }
        #expect(other?.message.contains("recipient") == true)
    }

    @Test func secretsAreNotPrinted() throws {
        let identity = try AgeIdentity(Self.secret)
        let passphrase = try Passphrase("correct horse")
        let keyring = Keyring(identities: [identity], passphrases: [passphrase])
        var dumped = ""
        dump(keyring, to: &dumped)
        let recipient = try AgeRecipient.passphrase(passphrase)
        dump(recipient, to: &dumped)
        let texts = ["\(keyring)", String(reflecting: keyring), "\(recipient)", String(reflecting: recipient), dumped]
        for text in texts {
            #expect(
                !text.contains("correct") && !text.contains("GFPYY") && !text.contains("99, 111")
                    && !text.contains("- 99"))
        }
    }

    @Test func identityFilesMayBeSealedByAPassphrase() throws {
        let folder = try TemporaryFolder()
        let identity = AgeIdentity.generate()
        let words = try Passphrase("four random words")
        let sealed = try Sealing.age([.passphrase(words, workFactor: 8)]).seal(Array(identity.secretText.utf8))
        let path = folder.path + "/identity.age"
        try Data(sealed).write(to: URL(fileURLWithPath: path))
        let found = try Keyring(identityFiles: [path], passphrases: [try Passphrase("others"), words])
        #expect(found.identities.map(\.recipient) == [identity.recipient])
        for passphrases in [[], [try Passphrase("others")]] {
            let error = #expect(throws: ContinuityError.self) {
                _ = try AgeIdentity.read(file: path, passphrases: passphrases)
            }
            #expect(error?.code == .badKey && error?.message.contains("passphrase") == true)
        }
    }

    @Test func identityFilesHaveCommentsAndSeveralKeys() throws {
        let folder = try TemporaryFolder()
        let other = AgeIdentity.generate()
        let file = try folder.write(
            "# created: today\r\n\r\n  \(Self.secret)\r\n# another\n\(other.secretText)", to: "keys")
        let identities = try AgeIdentity.read(file: file.path)
        #expect(identities.map(\.recipient) == [try AgeRecipient(Self.recipient), other.recipient])
        #expect(try AgeRecipient.list("# all\n\(Self.recipient)\n", name: "list").count == 1)
    }

    @Test func aBadLineIsNamedAndNotShown() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("# a key\n\(Self.secret.dropLast())\n", to: "keys")
        let error = #expect(throws: ContinuityError.self) { try AgeIdentity.read(file: file.path) }
        #expect(error?.code == .badKey)
        #expect(error?.object == "\(file.path), line 2")
        #expect(error?.description.contains("GFPYY") == false)
        let empty = #expect(throws: ContinuityError.self) { try AgeIdentity.list("# nothing\n", name: "x") }
        #expect(empty?.code == .badKey)
    }

    @Test func aMissingKeyFileIsNamed() {
        let error = #expect(throws: ContinuityError.self) { try AgeIdentity.read(file: "/nowhere/key") }
        #expect(error?.code == .file)
        #expect(error?.object == "/nowhere/key")
    }

    @Test func keyFilesAreForTheirOwnerAndNeverOverwritten() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("key").path
        let identity = AgeIdentity.generate()
        try identity.write(file: path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try AgeIdentity.read(file: path)[0].recipient == identity.recipient)
        let error = #expect(throws: ContinuityError.self) { try AgeIdentity.generate().write(file: path) }
        #expect(error?.code == .file)
        #expect(try AgeIdentity.read(file: path)[0].recipient == identity.recipient)
    }
}
