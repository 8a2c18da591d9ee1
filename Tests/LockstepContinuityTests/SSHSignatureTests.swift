import Foundation
import LockstepContinuity
import LockstepTesting
import Testing

/// Signatures and keys against `ssh-keygen`, both ways.
struct SSHSignatureTests {
    static let namespace = TrustedKeys.snapshotNamespace
    static let message = Array("a snapshot\n".utf8)
    static let long = [UInt8](repeating: 7, count: 1_000_000)

    static func keygen(
        _ arguments: [String], in folder: TemporaryFolder, input: String? = nil
    ) async throws -> CommandRun.Outcome {
        try await CommandRun.run(
            URL(filePath: "/usr/bin/ssh-keygen"), arguments, folder: folder.url, input: input)
    }

    @Test(arguments: ["", "backup@host", "a comment with spaces, é"])
    func sshKeygenReadsKeysThatWeMake(comment: String) async throws {
        let folder = try TemporaryFolder()
        let key = SigningKey.generate(comment: comment)
        try key.write(file: folder.file("key").path)
        // Derives the public key from the secret part.
        let derived = try await Self.keygen(["-y", "-f", "key"], in: folder)
        #expect(derived.exitCode == 0, "\(derived.standardError)")
        #expect(derived.standardOutput == "\(key.verifyingKey)\n")
        #expect(try folder.read("key.pub") == derived.standardOutput)
        let listed = try await Self.keygen(["-l", "-f", "key.pub"], in: folder)
        #expect(listed.standardOutput.contains(" \(key.fingerprint) "))
        #expect(try SigningKey.read(file: folder.file("key").path).comment == comment)
    }

    @Test(arguments: ["", "x", "four", "backup@host with a longer comment"])
    func weReadKeysThatSSHKeygenMakes(comment: String) async throws {
        let folder = try TemporaryFolder()
        let made = try await Self.keygen(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", "key"], in: folder)
        #expect(made.exitCode == 0, "\(made.standardError)")
        let key = try SigningKey.read(file: folder.file("key").path)
        #expect(key.comment == comment)
        #expect(key.verifyingKey == (try VerifyingKey.read(file: folder.file("key.pub").path)))
        let listed = try await Self.keygen(["-l", "-f", "key"], in: folder)
        #expect(listed.standardOutput.contains(key.fingerprint.text))
        #expect(Fingerprint(key.fingerprint.text) == key.fingerprint)
    }

    @Test(arguments: [message, [], long])
    func sshKeygenVerifiesWhatWeSign(message: [UInt8]) async throws {
        let folder = try TemporaryFolder()
        let key = SigningKey.generate(comment: "backup")
        var pieces = SignedMessage()
        for begin in stride(from: 0, to: message.count, by: 999) {
            pieces.update(Array(message[begin..<min(begin + 999, message.count)]))
        }
        let signature = try key.sign(pieces, namespace: Self.namespace)
        #expect(try key.sign(message, namespace: Self.namespace) == signature)
        try folder.write(signature, to: "sig")
        try folder.write("backup namespaces=\"\(Self.namespace)\" \(key.verifyingKey)\n", to: "allowed")
        let text = String(decoding: message, as: UTF8.self)
        let verified = try await Self.keygen(
            ["-Y", "verify", "-f", "allowed", "-I", "backup", "-n", Self.namespace, "-s", "sig"], in: folder,
            input: text)
        #expect(verified.exitCode == 0, "\(verified.standardError)")
        #expect(verified.standardOutput.contains(key.fingerprint.text))
        let other = try await Self.keygen(
            ["-Y", "check-novalidate", "-n", Self.namespace, "-s", "sig"], in: folder, input: text + "x")
        #expect(other.exitCode != 0)
    }

    @Test(arguments: [message, [], long])
    func weVerifyWhatSSHKeygenSigns(message: [UInt8]) async throws {
        let folder = try TemporaryFolder()
        let key = SigningKey.generate(comment: "backup")
        try key.write(file: folder.file("key").path)
        try Data(message).write(to: folder.file("data"))
        let signed = try await Self.keygen(["-Y", "sign", "-f", "key", "-n", Self.namespace, "data"], in: folder)
        #expect(signed.exitCode == 0, "\(signed.standardError)")
        let signature = try folder.read("data.sig")
        let trusted = TrustedKeys(key: key.verifyingKey)
        #expect(
            try trusted.verify(signature: signature, over: message, namespace: Self.namespace, at: 0) == key.fingerprint
        )
        #expect(throws: ContinuityError.self) {
            try trusted.verify(signature: signature, over: message + [0], namespace: Self.namespace, at: 0)
        }
        // Ed25519 has one signature for a message, so ours is the same to the byte.
        #expect(try key.sign(message, namespace: Self.namespace) == signature)
    }

    @Test func signaturesForOtherPurposesProveNothing() throws {
        let key = SigningKey.generate(comment: "")
        let signature = try key.sign(Self.message, namespace: TrustedKeys.drillNamespace)
        let error = #expect(throws: ContinuityError.self) {
            try TrustedKeys(key: key.verifyingKey)
                .verify(signature: signature, over: Self.message, namespace: Self.namespace, at: 0)
        }
        #expect(error?.code == .signature)
        #expect(error?.message.contains("another purpose") == true)
    }

    @Test func everyChangedCharacterOfASignatureIsRefused() throws {
        let key = SigningKey.generate(comment: "")
        let signature = Array(try key.sign(Self.message, namespace: Self.namespace).utf8)
        let trusted = TrustedKeys(key: key.verifyingKey)
        for bit in 0..<((signature.count - 1) * 8) {
            var changed = signature
            changed[bit / 8] ^= 1 << (bit % 8)
            let error = #expect(throws: ContinuityError.self, "bit \(bit)") {
                try trusted.verify(
                    signature: String(decoding: changed, as: UTF8.self), over: Self.message, namespace: Self.namespace,
                    at: 0)
            }
            #expect(error?.code == .signature)
        }
    }

    @Test func signaturesOfOtherKindsOfKeysAreRefused() async throws {
        let folder = try TemporaryFolder()
        _ = try await Self.keygen(["-q", "-t", "ecdsa", "-N", "", "-f", "key"], in: folder)
        try Data(Self.message).write(to: folder.file("data"))
        _ = try await Self.keygen(["-Y", "sign", "-f", "key", "-n", Self.namespace, "data"], in: folder)
        let error = #expect(throws: ContinuityError.self) { try SSHSignature(armored: try folder.read("data.sig")) }
        #expect(error?.code == .signature)
        #expect(error?.message.contains("Ed25519") == true)
    }

    // MARK: Keys that cannot be used

    @Test(arguments: [
        (["-t", "ecdsa", "-N", ""], "Ed25519"), (["-t", "rsa", "-b", "2048", "-N", ""], "Ed25519"),
        (["-t", "ed25519", "-N", "secret"], "passphrase"),
        (["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""], "OpenSSH"),
    ])
    func keysOfOtherKindsSayHowToMendIt(arguments: [String], word: String) async throws {
        let folder = try TemporaryFolder()
        let made = try await Self.keygen(["-q", "-f", "key"] + arguments, in: folder)
        #expect(made.exitCode == 0, "\(made.standardError)")
        let error = #expect(throws: ContinuityError.self) { try SigningKey.read(file: folder.file("key").path) }
        #expect(error?.code == .badKey)
        #expect(error?.message.contains(word) == true)
        #expect(error?.hint.contains("ssh-keygen") == true)
        #expect(error?.object == folder.file("key").path)
    }

    @Test func takingThePublicFileToSignIsSaid() throws {
        let text = SigningKey.generate(comment: "x").verifyingKey.description
        let error = #expect(throws: ContinuityError.self) { try SigningKey(openSSH: text) }
        #expect(error?.message.contains("public key") == true)
    }

    @Test func damagedKeyFilesAreRefused() throws {
        let folder = try TemporaryFolder()
        let key = SigningKey.generate(comment: "x")
        try key.write(file: folder.file("key").path)
        let text = try folder.read("key")
        #expect(throws: ContinuityError.self) { try SigningKey(openSSH: String(text.dropLast(60))) }
        let lines = text.split(separator: "\n")
        let cut = (lines[..<3] + lines.suffix(1)).joined(separator: "\n")
        #expect(throws: ContinuityError.self) { try SigningKey(openSSH: cut) }
        for place in stride(from: 45, to: text.utf8.count - 40, by: 3) {
            var bytes = Array(text.utf8)
            guard bytes[place] != 10 else { continue }
            bytes[place] = bytes[place] == 65 ? 66 : 65
            // A changed comment or check number may pass; a changed key may not.
            let read = try? SigningKey(openSSH: String(decoding: bytes, as: UTF8.self))
            #expect(read == nil || read?.fingerprint == key.fingerprint)
        }
    }

    /// The public half is in the file three times: in front, beside the secret, and as its second part.
    @Test(arguments: 0..<3)
    func aPublicHalfThatIsAnothersIsRefused(place: Int) throws {
        let folder = try TemporaryFolder()
        try SigningKey.generate(comment: "x").write(file: folder.file("key").path)
        let lines = try folder.read("key").split(separator: "\n")
        var bytes = Array(try #require(Data(base64Encoded: lines.dropFirst().dropLast().joined())))
        let line = try folder.read("key.pub").split(separator: " ")
        let half = Array(try #require(Data(base64Encoded: String(line[1]))).suffix(32))
        let begins = bytes.indices.filter { bytes[$0...].starts(with: half) }
        #expect(begins.count == 3)
        bytes[begins[place]] ^= 1
        let text = ([String(lines[0]), Data(bytes).base64EncodedString(), String(lines[lines.count - 1])])
            .joined(separator: "\n")
        let error = #expect(throws: ContinuityError.self) { try SigningKey(openSSH: text) }
        #expect(error?.message.contains("damaged") == true)
    }

    @Test func keyPairsAreForTheirOwnerAndNeverOverwritten() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("key").path
        let key = SigningKey.generate(comment: "x")
        try key.write(file: path)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(throws: ContinuityError.self) { try SigningKey.generate(comment: "y").write(file: path) }
        #expect(try SigningKey.read(file: path).fingerprint == key.fingerprint)
        // A pair or nothing: the public file is in the way.
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: ContinuityError.self) { try SigningKey.generate(comment: "y").write(file: path) }
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try VerifyingKey.read(file: path + ".pub") == key.verifyingKey)
    }

    @Test func aCommentCannotBecomeALine() throws {
        let key = SigningKey.generate(comment: " a\nssh-ed25519 b\r\nc\u{0} ")
        #expect(key.comment == "a ssh-ed25519 b c")
        #expect(try VerifyingKey(key.verifyingKey.description).comment == key.comment)
    }

    @Test func secretKeysAreNotPrinted() throws {
        let key = SigningKey.generate(comment: "x")
        var dumped = ""
        dump(key, to: &dumped)
        #expect(
            dumped + "\(key)" + String(reflecting: key) == String(repeating: "- \(key)\n", count: 1) + "\(key)\(key)")
        #expect("\(key)" == "a signing key, \(key.fingerprint)")
    }
}
