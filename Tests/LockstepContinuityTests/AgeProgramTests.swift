import Foundation
import LockstepContinuity
import LockstepTesting
import Testing

/// What we seal the `age` program opens, and the other way round.
struct AgeProgramTests {
    static let age = URL(filePath: "/usr/bin/age")
    static let sizes = [0, 1, 65535, 65536, 65537, 131_072, 500_000]

    static func bytes(_ size: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(size) + 1)
        return (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    @Test(arguments: sizes)
    func ageOpensWhatWeSeal(size: Int) async throws {
        let folder = try TemporaryFolder()
        let identities = [AgeIdentity.generate(), AgeIdentity.generate()]
        try identities[1].write(file: folder.file("key").path)
        let sealed = try Sealing.age(identities.map(\.recipient)).seal(Self.bytes(size))
        try Data(sealed).write(to: folder.file("sealed.age"))
        let run = try await CommandRun.run(
            Self.age, ["--decrypt", "--identity", "key", "--output", "plain", "sealed.age"], folder: folder.url)
        #expect(run.exitCode == 0, "\(run.standardError)")
        // The program makes no file where there is nothing to write.
        let plain = size == 0 ? Data() : try Data(contentsOf: folder.file("plain"))
        #expect(Array(plain) == Self.bytes(size))
    }

    @Test(arguments: sizes, [false, true])
    func weOpenWhatAgeSeals(size: Int, armored: Bool) async throws {
        let folder = try TemporaryFolder()
        let identities = [AgeIdentity.generate(), AgeIdentity.generate()]
        try Data(Self.bytes(size)).write(to: folder.file("plain"))
        let run = try await CommandRun.run(
            Self.age,
            ["--encrypt"] + (armored ? ["--armor"] : [])
                + identities.flatMap { ["--recipient", $0.recipient.description] } + ["--output", "x.age", "plain"],
            folder: folder.url)
        #expect(run.exitCode == 0, "\(run.standardError)")
        let sealed = Array(try Data(contentsOf: folder.file("x.age")))
        for identity in identities {
            #expect(try Keyring(identities: [identity]).open(sealed, objectName: "x.age") == Self.bytes(size))
        }
    }

    @Test func weReadKeysOfAgeKeygen() async throws {
        let folder = try TemporaryFolder()
        let run = try await CommandRun.run(
            URL(filePath: "/usr/bin/age-keygen"), ["-o", "key"], folder: folder.url)
        #expect(run.exitCode == 0, "\(run.standardError)")
        let identity = try AgeIdentity.read(file: folder.file("key").path)[0]
        #expect(run.standardError.contains(identity.recipient.description))
    }

    /// Passphrases are typed, so the program gets a terminal.
    static let terminal = """
        import os, pty, sys
        child, terminal = pty.fork()
        if child == 0:
            os.execv(sys.argv[2], sys.argv[2:])
        seen = b""
        while True:
            try:
                data = os.read(terminal, 1024)
            except OSError:
                break
            if not data:
                break
            seen += data
            if seen.rstrip().endswith(b":"):
                os.write(terminal, sys.argv[1].encode() + b"\\n")
                seen = b""
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """

    private func typing(_ passphrase: String, _ arguments: [String], in folder: TemporaryFolder) async throws {
        let run = try await CommandRun.run(
            URL(filePath: "/usr/bin/env"), ["python3", "-c", Self.terminal, passphrase, Self.age.path] + arguments,
            folder: folder.url)
        #expect(run.exitCode == 0, "\(run.standardOutput) \(run.standardError)")
    }

    @Test func ageOpensWhatWeSealWithAPassphrase() async throws {
        let folder = try TemporaryFolder()
        let sealing = Sealing.age([try .passphrase(Passphrase("correct horse"), workFactor: 10)])
        try Data(try sealing.seal(Self.bytes(70_000))).write(to: folder.file("x.age"))
        try await typing("correct horse", ["-d", "-o", "plain", "x.age"], in: folder)
        #expect(Array(try Data(contentsOf: folder.file("plain"))) == Self.bytes(70_000))
    }

    @Test func weOpenWhatAgeSealsWithAPassphrase() async throws {
        let folder = try TemporaryFolder()
        try Data(Self.bytes(70_000)).write(to: folder.file("plain"))
        try await typing("correct horse", ["-p", "-o", "x.age", "plain"], in: folder)
        let sealed = Array(try Data(contentsOf: folder.file("x.age")))
        let keyring = Keyring(passphrases: [try Passphrase("correct horse")])
        #expect(try keyring.open(sealed, objectName: "x.age") == Self.bytes(70_000))
    }
}
