import ArgumentParser
import Foundation
import LockstepContinuity

/// `lockstep keys`: the keys of backups.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make the keys that backups are sealed and signed with.",
        discussion: """
            Example:
              lockstep keys new keys
            """,
        subcommands: [NewKeys.self])
}

/// `lockstep keys new`.
struct NewKeys: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make an age identity, which opens backups, and a signing key.",
        discussion: """
            Example:
              lockstep keys new keys

            Take the identity away from the machine that backs up: it is not needed there, and who has it can read every \
            backup. Without it no backup can be restored. Make a second one, and keep it elsewhere, for the day on which \
            the first is lost: every recipient in lockstep.yaml can open what is stored from then on.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The folder for the files; it is made where there is none.")
    var folder = "keys"

    func perform(_ output: Output) async throws -> ExitStatus {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(.cannotWrite, "the folder \(folder) cannot be made", hint: "name another folder")
        }
        let identity = AgeIdentity.generate()
        let signing = SigningKey.generate(comment: "lockstep backup")
        let (identityFile, signingFile) = (Project.join(folder, "identity"), Project.join(folder, "signing"))
        try identity.write(file: identityFile)
        try signing.write(file: signingFile)
        try output.json([
            "identity": identityFile, "recipient": identity.recipient.description, "signingKey": signingFile,
            "fingerprint": signing.fingerprint.text,
        ])
        output.line("\(identityFile)   opens backups: keep it in two places, neither of them this machine")
        output.line("\(signingFile)    signs backups: stays here")
        output.line()
        output.line("In lockstep.yaml:")
        output.line("repository:")
        output.line("  url: \"file:backups\"")
        output.line("  recipients: [\(identity.recipient)]")
        output.line("  signingKey: {file: \(signingFile)}")
        output.line("  keep: {daily: 7, weekly: 4, monthly: 12}")
        return .done
    }
}
