internal import Crypto
internal import CryptoExtras
internal import Foundation

/// How the file key is sealed for one recipient (age-encryption.org/v1, "Native recipient types").
extension AgeHeader.Stanza {
    static let x25519 = "X25519"
    static let scrypt = "scrypt"
    private static let x25519Info = "age-encryption.org/v1/X25519"
    private static let scryptSalt = "age-encryption.org/v1/scrypt"
    static let fileKeyByteCount = 16
    private static let saltByteCount = 16
    /// The sealed file key and its tag.
    private static let bodyByteCount = fileKeyByteCount + 16

    // MARK: Sealing

    init(sealing fileKey: SymmetricKey, for recipient: AgeRecipient) throws {
        switch recipient.kind {
        case .x25519(let publicKey): try self.init(sealing: fileKey, publicKey: publicKey)
        case .passphrase(let passphrase, let workFactor):
            try self.init(sealing: fileKey, passphrase: passphrase, workFactor: workFactor)
        }
    }

    private init(sealing fileKey: SymmetricKey, publicKey: [UInt8]) throws {
        let ephemeral = Curve25519.KeyAgreement.PrivateKey()
        let share = Array(ephemeral.publicKey.rawRepresentation)
        guard let peer = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey),
            let secret = try? ephemeral.sharedSecretFromKeyAgreement(with: peer), Self.isContributory(secret)
        else {
            throw ContinuityError(
                .badKey, doing: "sealing", message: "a recipient's key is none that can be sealed for",
                hint: "make a new one with age-keygen")
        }
        arguments = [Self.x25519, PlainBase64.encodeText(share)]
        body = try Self.seal(fileKey, with: Self.wrapKey(secret, share: share, publicKey: publicKey))
    }

    private init(sealing fileKey: SymmetricKey, passphrase: Passphrase, workFactor: Int) throws {
        var random = SystemRandomNumberGenerator()
        let salt = (0..<Self.saltByteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        arguments = [Self.scrypt, PlainBase64.encodeText(salt), String(workFactor)]
        body = try Self.seal(fileKey, with: Self.wrapKey(passphrase, salt: salt, workFactor: workFactor))
    }

    /// Keys of low order agree on zeros with everybody; the primitive lets them through (RFC 7748, section 6.1).
    private static func isContributory(_ secret: SharedSecret) -> Bool {
        secret.withUnsafeBytes { $0.reduce(0) { $0 | $1 } != 0 }
    }

    private static func wrapKey(_ secret: SharedSecret, share: [UInt8], publicKey: [UInt8]) -> SymmetricKey {
        secret.hkdfDerivedSymmetricKey(
            using: SHA256.self, salt: share + publicKey, sharedInfo: Array(x25519Info.utf8), outputByteCount: 32)
    }

    private static func wrapKey(_ passphrase: Passphrase, salt: [UInt8], workFactor: Int) throws -> SymmetricKey {
        do {
            return try KDF.Scrypt.deriveKey(
                from: passphrase.bytes, salt: Array(scryptSalt.utf8) + salt, outputByteCount: 32,
                rounds: 1 << workFactor, blockSize: 8, parallelism: 1)
        } catch {
            throw ContinuityError(
                .wrongKey, doing: "working out a passphrase's key",
                message: "the work could not be done, which takes \((128 * 8) << workFactor) bytes of memory",
                hint: "free some memory, or use a key in place of a passphrase")
        }
    }

    /// The nonce may be fixed: every key is used once.
    private static func nonce() throws -> ChaChaPoly.Nonce {
        try ChaChaPoly.Nonce(data: [UInt8](repeating: 0, count: 12))
    }

    private static func seal(_ fileKey: SymmetricKey, with key: SymmetricKey) throws -> [UInt8] {
        let box = try fileKey.withUnsafeBytes { try ChaChaPoly.seal($0, using: key, nonce: nonce()) }
        return Array(box.ciphertext) + Array(box.tag)
    }

    // MARK: Opening

    /// Refuses stanzas of our kinds that are not of their form, whether or not there is a key for them.
    static func check(_ stanzas: [Self]) throws {
        if stanzas.count > 1, stanzas.contains(where: { $0.arguments[0] == scrypt }) {
            throw AgeHeader.damaged("it is sealed with a passphrase and for somebody else, which cannot be")
        }
        for stanza in stanzas {
            switch stanza.arguments[0] {
            case x25519: _ = try stanza.share()
            case scrypt: _ = try stanza.saltAndWorkFactor()
            default: continue
            }
        }
    }

    /// The file key, if this stanza is for the identity.
    func open(with identity: AgeIdentity) throws -> SymmetricKey? {
        guard arguments[0] == Self.x25519 else { return nil }
        let share = try share()
        guard let peer = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: share),
            let secret = try? identity.key.sharedSecretFromKeyAgreement(with: peer), Self.isContributory(secret)
        else { throw AgeHeader.damaged("a key in its header is none that anybody has") }
        let publicKey = Array(identity.key.publicKey.rawRepresentation)
        return Self.open(body, with: Self.wrapKey(secret, share: share, publicKey: publicKey))
    }

    /// The file key, if this stanza is for the passphrase. Does the work of it.
    func open(with passphrase: Passphrase, workFactorLimit: Int) throws -> SymmetricKey? {
        guard arguments[0] == Self.scrypt else { return nil }
        let (salt, workFactor) = try saltAndWorkFactor()
        guard workFactor <= workFactorLimit else {
            throw ContinuityError(
                .hostile, doing: "opening what is sealed",
                message:
                    "its passphrase asks for work of 2^\(workFactor), and no more than 2^\(workFactorLimit) is done",
                hint: "if you trust it, open it with age and seal it again")
        }
        return Self.open(body, with: try Self.wrapKey(passphrase, salt: salt, workFactor: workFactor))
    }

    private static func open(_ body: [UInt8], with key: SymmetricKey) -> SymmetricKey? {
        guard let nonce = try? nonce(),
            let box = try? ChaChaPoly.SealedBox(
                nonce: nonce, ciphertext: body.prefix(fileKeyByteCount), tag: body.dropFirst(fileKeyByteCount)),
            let fileKey = try? ChaChaPoly.open(box, using: key)
        else { return nil }
        return SymmetricKey(data: fileKey)
    }

    private func share() throws -> [UInt8] {
        guard arguments.count == 2, let share = PlainBase64.decode(arguments[1].utf8), share.count == 32,
            body.count == Self.bodyByteCount
        else { throw AgeHeader.damaged("a recipient in its header is not of the form") }
        return share
    }

    private func saltAndWorkFactor() throws -> (salt: [UInt8], workFactor: Int) {
        guard arguments.count == 3, let salt = PlainBase64.decode(arguments[1].utf8),
            salt.count == Self.saltByteCount, body.count == Self.bodyByteCount,
            let workFactor = Int(arguments[2]), String(workFactor) == arguments[2], workFactor > 0
        else { throw AgeHeader.damaged("the passphrase in its header is not of the form") }
        return (salt, workFactor)
    }
}

extension AgeHeader {
    /// Finds the file key and checks the header with it.
    ///
    /// - Throws: ``ContinuityError`` with code `wrongKey` where no key fits, `damaged` where the header was changed,
    ///   `hostile` where a passphrase asks for too much work.
    func fileKey(_ keyring: Keyring) throws -> SymmetricKey {
        try Stanza.check(stanzas)
        guard let key = try firstFit(keyring) else { throw noFit(keyring) }
        guard isAuthentic(key) else { throw Self.damaged("its header is not as it was written") }
        return key
    }

    private func firstFit(_ keyring: Keyring) throws -> SymmetricKey? {
        for stanza in stanzas {
            for identity in keyring.identities {
                if let key = try stanza.open(with: identity) { return key }
            }
            for passphrase in keyring.passphrases {
                if let key = try stanza.open(with: passphrase, workFactorLimit: keyring.workFactorLimit) { return key }
            }
        }
        return nil
    }

    private func noFit(_ keyring: Keyring) -> ContinuityError {
        let byPassphrase = stanzas.contains { $0.arguments[0] == Stanza.scrypt }
        let given = byPassphrase ? keyring.passphrases.count : keyring.identities.count
        let message =
            switch (byPassphrase, given) {
            case (true, 0): "it is sealed with a passphrase, and none was given"
            case (true, _): "the passphrase is not the one that it was sealed with"
            case (false, 0): "it is sealed for \(stanzas.count) recipients, and no key was given"
            case (false, _):
                "it is sealed for \(stanzas.count) recipients, and none of the \(given) keys given is theirs"
            }
        return ContinuityError(
            .wrongKey, doing: "opening what is sealed", message: message,
            hint: byPassphrase
                ? "give the passphrase that it was sealed with"
                : "give the identity file of one of the recipients, whom the snapshot's record names")
    }
}
