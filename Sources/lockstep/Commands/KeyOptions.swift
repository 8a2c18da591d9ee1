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

    @Option(help: ArgumentHelp("A file whose first line is a passphrase that opens snapshots.", valueName: "file"))
    var passphraseFile: String?

    func keyring() throws -> Keyring {
        var files = identity
        if files.isEmpty, let file = ProcessInfo.processInfo.environment["LOCKSTEP_IDENTITY"], !file.isEmpty {
            files = [file]
        }
        var keyring = try Keyring(identityFiles: files)
        if let passphraseFile {
            guard let text = try? String(contentsOfFile: passphraseFile, encoding: .utf8),
                let line = text.split(separator: "\n").first
            else {
                throw Failure(
                    .usage, "\(passphraseFile) cannot be read, or is empty", hint: "its first line is the passphrase",
                    status: .usage)
            }
            keyring.passphrases.append(try Passphrase(String(line)))
        }
        return keyring
    }
}
