/// The keys at hand to open what is sealed.
public struct Keyring: Sendable {
    /// What a passphrase's work may cost at most, as a power of two (1 GiB of memory): a file from a stranger must not be
    /// able to ask for more.
    public static let defaultWorkFactorLimit = 20

    public var identities: [AgeIdentity]
    public var passphrases: [Passphrase]
    public var workFactorLimit = Self.defaultWorkFactorLimit

    public init(identities: [AgeIdentity] = [], passphrases: [Passphrase] = []) {
        self.identities = identities
        self.passphrases = passphrases
    }

    /// Opens nothing that is sealed.
    public static let empty = Keyring()

    /// The keys of several identity files, some of which may be sealed by one of the passphrases.
    ///
    /// - Throws: as ``AgeIdentity/read(file:passphrases:)``.
    public init(identityFiles paths: [String], passphrases: [Passphrase] = []) throws {
        self.init(
            identities: try paths.flatMap { try AgeIdentity.read(file: $0, passphrases: passphrases) },
            passphrases: passphrases)
    }

    public var isEmpty: Bool { identities.isEmpty && passphrases.isEmpty }
}
