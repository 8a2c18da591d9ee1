import Foundation
import LockstepContinuity
import LockstepModel
import LockstepTesting
import Testing

/// Allowed signers files: which keys count, for what, and when.
struct TrustedKeysTests {
    static let namespace = TrustedKeys.snapshotNamespace
    static let message = Array("a snapshot\n".utf8)
    let key = SigningKey.generate(comment: "old")
    let other = SigningKey.generate(comment: "new")

    func verify(_ allowed: String, _ signer: SigningKey? = nil, at time: String = "2026-06-01") throws -> Fingerprint {
        let signature = try (signer ?? key).sign(Self.message, namespace: Self.namespace)
        let instant = try #require(ISOText.parseTimestamp(time.utf8))
        return try TrustedKeys(allowedSigners: allowed, name: "allowed")
            .verify(signature: signature, over: Self.message, namespace: Self.namespace, at: instant)
    }

    @Test func keysAreChangedByNamingBoth() throws {
        let allowed = """
            # until the change
            backup,ops@host namespaces="lockstep-snapshot,lockstep-drill" \(key.verifyingKey)

            backup \(other.verifyingKey)
            """
        #expect(try verify(allowed) == key.fingerprint)
        #expect(try verify(allowed, other) == other.fingerprint)
        let stranger = #expect(throws: ContinuityError.self) { try verify(allowed, .generate(comment: "")) }
        #expect(stranger?.code == .signature)
        #expect(stranger?.message.contains("trusted keys") == true)
        #expect(
            try TrustedKeys(allowedSigners: allowed, name: "x").principals(of: key.fingerprint) == [
                "backup", "ops@host",
            ])
    }

    @Test(arguments: [
        ("lockstep-snapshot", true), ("lockstep-*", true), ("file,lockstep-snapsho?", true), ("*", true),
        ("*snap*,x", true), ("lockstep-drill", false), ("file", false), ("lockstep-snapshot?", false),
        ("*,!lockstep-*", false), ("!lockstep-drill,*", true), ("!lockstep-drill", false),
    ])
    func purposesAreHeeded(namespaces: String, isAllowed: Bool) async throws {
        let line = "backup namespaces=\"\(namespaces)\" \(key.verifyingKey)\n"
        #expect((try? verify(line)) == (isAllowed ? key.fingerprint : nil))
        // As ssh-keygen decides.
        let folder = try TemporaryFolder()
        try folder.write(line, to: "allowed")
        try folder.write(try key.sign(Self.message, namespace: Self.namespace), to: "sig")
        let run = try await SSHSignatureTests.keygen(
            ["-Y", "verify", "-f", "allowed", "-I", "backup", "-n", Self.namespace, "-s", "sig"], in: folder,
            input: String(decoding: Self.message, as: UTF8.self))
        #expect((run.exitCode == 0) == isAllowed, "\(run.standardError)")
    }

    @Test(arguments: [
        ("2025-12-31 23:59:59", false), ("2026-01-01 00:00:00", true), ("2026-06-30 12:29:59", true),
        ("2026-06-30 12:30:00", false),
    ])
    func timesAreHeeded(time: String, isAllowed: Bool) throws {
        let allowed = "backup valid-after=\"20260101Z\",valid-before=\"202606301230Z\" \(key.verifyingKey)"
        #expect((try? verify(allowed, at: time)) == (isAllowed ? key.fingerprint : nil))
    }

    @Test func oneOfSeveralLinesOfAKeyIsEnough() throws {
        let allowed = """
            backup valid-before="20250101Z" \(key.verifyingKey)
            backup namespaces="file" \(key.verifyingKey)
            backup valid-after="20260101000000Z" \(key.verifyingKey)
            """
        #expect(try verify(allowed) == key.fingerprint)
        #expect(throws: ContinuityError.self) { try verify(allowed, at: "2025-06-01") }
    }

    @Test(arguments: [
        "cert-authority", "touch-required", "namespaces=\"\"", "namespaces=\"x\",namespaces=\"y\"", "valid-after=\"x\"",
        "valid-after=\"20260101\"", "valid-after=\"20261301Z\"", "valid-before=\"2026Z\"", "namespaces",
        "namespaces=\"x",
    ])
    func optionsThatAreNotKnownAreRefused(option: String) {
        let error = #expect(throws: ContinuityError.self) { try verify("# keys\nbackup \(option) \(key.verifyingKey)") }
        #expect(error?.code == .badKey)
        #expect(error?.object == "allowed, line 2")
    }

    @Test(arguments: [
        "", "# nothing\n", "backup", "backup ssh-ed25519", "backup ssh-ed25519 AAAA", "backup ssh-rsa AAAA x",
    ])
    func linesThatAreNoneAreRefused(text: String) {
        let error = #expect(throws: ContinuityError.self) { try TrustedKeys(allowedSigners: text, name: "allowed") }
        #expect(error?.code == .badKey)
    }

    @Test func aPublicKeyFileTrustsThatKey() throws {
        let folder = try TemporaryFolder()
        try key.write(file: folder.file("key").path)
        let trusted = try TrustedKeys.read(file: folder.file("key.pub").path)
        let signature = try key.sign(Self.message, namespace: Self.namespace)
        #expect(
            try trusted.verify(signature: signature, over: Self.message, namespace: Self.namespace, at: 0)
                == key.fingerprint)
        #expect(trusted.principals(of: key.fingerprint) == ["old"])
        let file = try folder.write("backup \(key.verifyingKey)\n", to: "allowed")
        #expect(try TrustedKeys.read(file: file.path).signers.map(\.key) == [key.verifyingKey])
    }
}
