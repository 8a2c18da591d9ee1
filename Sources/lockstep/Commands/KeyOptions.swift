import ArgumentParser
import Foundation
import LockstepContinuity

/// What opens snapshots that are encrypted.
struct KeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file with an age identity that opens snapshots; may be given several times. Without it, the file that LOCKSTEP_IDENTITY names.",
            valueName: "file"))
    var identity: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file whose first line is the passphrase of an identity that is sealed by one.", valueName: "file"))
    var passphraseFile: String?

    func keyring() throws -> Keyring {
        var files = identity
        if files.isEmpty, let file = ProcessInfo.processInfo.environment["LOCKSTEP_IDENTITY"], !file.isEmpty {
            files = [file]
        }
        return try Keyring(
            identityFiles: files, passphrases: try passphraseFile.map { [try Self.passphrase(file: $0)] } ?? [])
    }

    /// The first line of a file.
    static func passphrase(file: String) throws -> Passphrase {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            let line = text.split(separator: "\n").first
        else {
            throw Failure(
                .usage, "\(file) cannot be read, or is empty", hint: "its first line is the passphrase",
                status: .usage)
        }
        return try Passphrase(String(line))
    }
}
