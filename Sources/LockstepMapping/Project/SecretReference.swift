import Foundation

/// Where a secret is kept. The secret itself never stands in a project's files, messages or logs.
public enum SecretReference: Sendable, Hashable {
    /// The name of an environment variable.
    case environment(String)
    /// A file, relative to the project; its first line is the secret.
    case file(String)
    /// A shell command, run in the project's folder; the first line of what it prints is the secret.
    case command(String)
}

/// A secret that is not where its reference says. Never holds the secret or what a command printed.
public struct SecretError: Error, Sendable, Hashable, CustomStringConvertible {
    /// `LS-CFG-040`.
    public let code = ProjectCode.secretUnavailable.rawValue
    public var message: String
    public var hint: String

    public init(_ message: String, hint: String) {
        self.message = message
        self.hint = hint
    }

    public var description: String { "\(code): \(message) — \(hint)" }
}

extension SecretReference {
    /// A password or key is a line; what is longer is the wrong file.
    static let largestSecretBytes = 64 << 10
    /// Password managers ask a person or a network: long enough for both, short enough to notice that nobody answers.
    static let commandSeconds = 30

    /// Fetches the secret.
    ///
    /// - Parameters:
    ///   - environment: the process's environment; also what a command runs in.
    ///   - directory: the project's folder.
    /// - Throws: ``SecretError`` when the variable is not set, the file is missing or empty, or the command fails.
    public func resolve(environment: [String: String], directory: String) throws(SecretError) -> String {
        switch self {
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else {
                throw SecretError("environment variable `\(name)` is not set", hint: "set it before starting")
            }
            return value
        case .file(let path):
            let url = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: directory, isDirectory: true))
            guard let handle = FileHandle(forReadingAtPath: url.path) else {
                throw SecretError(
                    "secret file `\(path)` cannot be opened", hint: "create it, readable by this user only")
            }
            let data = try? handle.read(upToCount: Self.largestSecretBytes + 1)
            return try Self.firstLine(data, of: "secret file `\(path)`")
        case .command(let command):
            return try Self.run(command, environment: environment, directory: directory)
        }
    }

    private static func firstLine(_ data: Data?, of what: String) throws(SecretError) -> String {
        guard let data, data.count <= largestSecretBytes, let text = String(data: data, encoding: .utf8) else {
            throw SecretError("\(what) is no text of one line", hint: "put the secret alone on the first line")
        }
        let line = text.prefix { !$0.isNewline }
        guard !line.isEmpty else {
            throw SecretError("\(what) is empty", hint: "put the secret alone on the first line")
        }
        return String(line)
    }

    private static func run(_ command: String, environment: [String: String], directory: String) throws(SecretError)
        -> String
    {
        let output = ShellCommand(text: command, environment: environment, directory: directory).run(
            limit: largestSecretBytes + 1, seconds: commandSeconds)
        guard let output, output.succeeded else {
            throw SecretError(
                "the command for a secret failed, or took longer than \(commandSeconds) seconds",
                hint: "run it by hand in the project's folder")
        }
        return try firstLine(Data(output.bytes), of: "what the command for a secret printed")
    }
}
