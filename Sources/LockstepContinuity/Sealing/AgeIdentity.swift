internal import Crypto

/// A secret X25519 key of age: opens what was sealed for its ``recipient``.
public struct AgeIdentity: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    static let prefix = "age-secret-key-"

    let key: Curve25519.KeyAgreement.PrivateKey

    /// A new key from the system's random source.
    public static func generate() -> AgeIdentity { AgeIdentity(key: Curve25519.KeyAgreement.PrivateKey()) }

    private init(key: Curve25519.KeyAgreement.PrivateKey) { self.key = key }

    /// - Parameter text: `AGE-SECRET-KEY-1…`, white space around it left out.
    /// - Throws: ``ContinuityError`` with code `badKey` where it is mistyped or of another kind; never shows the text.
    public init(_ text: String) throws {
        let text = KeyText.trimmed(text)
        if text.hasPrefix("age1") {
            throw Self.bad("this is a recipient, not a secret key", "use the file that age-keygen wrote")
        }
        if text.hasPrefix("AGE-SECRET-KEY-PQ-") || text.hasPrefix("AGE-PLUGIN-") || text.hasPrefix("-----BEGIN") {
            throw Self.bad(
                "keys of this kind are not supported",
                "use a key that begins with AGE-SECRET-KEY-1; a key file sealed with a passphrase is opened with age -d"
            )
        }
        guard let (prefix, bytes) = Bech32.decode(text), prefix == Self.prefix, text == text.uppercased(),
            let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)
        else {
            throw Self.bad("it is no secret key, or was mistyped", "copy all of the line AGE-SECRET-KEY-1…")
        }
        self.key = key
    }

    /// The public half, which seals.
    public var recipient: AgeRecipient { AgeRecipient(.x25519(Array(key.publicKey.rawRepresentation))) }

    /// `AGE-SECRET-KEY-1…`: the secret itself, for the file that keeps it.
    public var secretText: String {
        Bech32.encode(prefix: Self.prefix, Array(key.rawRepresentation)).uppercased()
    }

    /// Reads the text of an identity file: one key a line, empty lines and lines that begin with `#` left out.
    ///
    /// - Throws: ``ContinuityError`` with code `badKey`, which names the line; also where there are none.
    public static func list(_ text: String, name: String) throws -> [AgeIdentity] {
        try KeyText.list(text, name: name, kind: "secret key") { try AgeIdentity($0) }
    }

    /// Reads an identity file, also one that `age --passphrase` sealed.
    ///
    /// - Throws: ``ContinuityError`` with code `file` where it cannot be read, `badKey` where none of the passphrases opens
    ///   it, else as ``list(_:name:)``.
    public static func read(file path: String, passphrases: [Passphrase] = []) throws -> [AgeIdentity] {
        let bytes = try KeyFile.bytes(path)
        guard ["age-encryption.org/", "-----BEGIN AGE"].contains(where: { bytes.starts(with: Array($0.utf8)) }) else {
            return try list(try KeyFile.read(path), name: path)
        }
        do {
            guard !passphrases.isEmpty else { throw sealed(path, "it is sealed by a passphrase") }
            let text = try Keyring(passphrases: passphrases).open(bytes, objectName: path + Sealing.age([]).suffix)
            return try list(String(decoding: text, as: UTF8.self), name: path)
        } catch let error as ContinuityError where error.code == .wrongKey {
            throw sealed(path, "the passphrase is not the one that it was sealed with")
        }
    }

    private static func sealed(_ path: String, _ message: String) -> ContinuityError {
        ContinuityError(
            .badKey, doing: "reading an identity file", object: path, message: message,
            hint: "give the passphrase with --passphrase-file")
    }

    /// Writes a file with this key, as age-keygen does: readable by nobody else, only where there is no file yet.
    ///
    /// - Throws: ``ContinuityError`` with code `file`.
    public func write(file path: String) throws {
        try KeyFile.create(path, text: "# public key: \(recipient)\n\(secretText)\n", isSecret: true)
    }

    public var description: String { "a secret key of \(recipient)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static func bad(_ message: String, _ hint: String) -> ContinuityError {
        ContinuityError(.badKey, doing: "reading a secret key", message: message, hint: hint)
    }
}
