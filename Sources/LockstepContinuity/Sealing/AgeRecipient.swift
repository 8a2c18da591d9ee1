/// Who can open what is sealed: an X25519 public key of age, or whoever knows a passphrase.
public struct AgeRecipient: Sendable, Hashable, CustomStringConvertible {
    enum Kind: Sendable, Hashable {
        /// 32 bytes.
        case x25519([UInt8])
        case passphrase(Passphrase, workFactor: Int)
    }

    static let prefix = "age"
    /// The work that a guess costs, as a power of two: some 256 MiB and one second, as age itself does it.
    public static let defaultWorkFactor = 18

    let kind: Kind

    init(_ kind: Kind) { self.kind = kind }

    /// - Parameter text: `age1…`, white space around it left out.
    /// - Throws: ``ContinuityError`` with code `badKey` where it is mistyped or of another kind.
    public init(_ text: String) throws {
        let text = KeyText.trimmed(text)
        if text.lowercased().hasPrefix(AgeIdentity.prefix) {
            throw Self.bad(
                "this is a secret key, not a recipient", "use the public key beside it, which begins with age1")
        }
        if text.hasPrefix("ssh-") || text.hasPrefix("age1pq1") || text.hasPrefix("age1tag") {
            throw Self.bad(
                "recipients of this kind are not supported",
                "make an X25519 key with age-keygen, which begins with age1")
        }
        guard let (prefix, bytes) = Bech32.decode(text), prefix == Self.prefix, bytes.count == 32,
            text == text.lowercased()
        else { throw Self.bad("it is no recipient, or was mistyped", "copy all of the key that begins with age1") }
        kind = .x25519(bytes)
    }

    /// Whoever knows the passphrase, and nobody else: cannot be combined with other recipients.
    ///
    /// Each thing sealed so costs the work again, for sealing and for opening: good for one file, not for thousands.
    ///
    /// - Parameter workFactor: the logarithm to base 2 of the scrypt cost, 1 to 20.
    public static func passphrase(
        _ passphrase: Passphrase, workFactor: Int = Self.defaultWorkFactor
    ) throws -> AgeRecipient {
        guard (1...Keyring.defaultWorkFactorLimit).contains(workFactor) else {
            throw bad(
                "the work factor of a passphrase must be 1 to \(Keyring.defaultWorkFactorLimit)", "leave it out")
        }
        return AgeRecipient(.passphrase(passphrase, workFactor: workFactor))
    }

    /// Reads a list of recipients: one a line, empty lines and lines that begin with `#` left out.
    ///
    /// - Throws: ``ContinuityError`` with code `badKey`, which names the line; also where there are none.
    public static func list(_ text: String, name: String) throws -> [AgeRecipient] {
        try KeyText.list(text, name: name, kind: "recipient") { try AgeRecipient($0) }
    }

    /// `age1…`; for a passphrase only that it is one.
    public var description: String {
        switch kind {
        case .x25519(let bytes): Bech32.encode(prefix: Self.prefix, bytes)
        case .passphrase: "a passphrase"
        }
    }

    private static func bad(_ message: String, _ hint: String) -> ContinuityError {
        ContinuityError(.badKey, doing: "reading a recipient", message: message, hint: hint)
    }
}
