internal import Crypto
internal import Foundation

/// A secret Ed25519 key of OpenSSH, which signs.
public struct SigningKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let key: Curve25519.Signing.PrivateKey
    public let comment: String

    /// A new key from the system's random source.
    ///
    /// - Parameter comment: what the key is for; control characters in it become spaces, since it is part of a line.
    public static func generate(comment: String) -> SigningKey {
        let line = String(comment.map { $0.unicodeScalars.contains { $0.value < 0x20 } ? " " : $0 })
        return SigningKey(key: Curve25519.Signing.PrivateKey(), comment: KeyText.trimmed(line))
    }

    init(key: Curve25519.Signing.PrivateKey, comment: String) {
        self.key = key
        self.comment = comment
    }

    /// Reads a key file of OpenSSH that has no passphrase.
    ///
    /// - Throws: ``ContinuityError`` with code `file` where it cannot be read, `badKey` where it is of another kind.
    public static func read(file path: String) throws -> SigningKey {
        do {
            return try SigningKey(openSSH: try KeyFile.read(path))
        } catch var error as ContinuityError {
            error.object = path
            throw error
        }
    }

    /// The public half, which verifies.
    public var verifyingKey: VerifyingKey {
        VerifyingKey(raw: Array(key.publicKey.rawRepresentation), comment: comment)
    }

    public var fingerprint: Fingerprint { verifyingKey.fingerprint }

    /// Signs bytes for one purpose.
    ///
    /// - Parameter namespace: the purpose, not empty.
    /// - Returns: the armored signature, which `ssh-keygen -Y verify` checks as well.
    public func sign(_ bytes: [UInt8], namespace: String) throws -> String {
        try sign(SignedMessage(bytes), namespace: namespace)
    }

    /// Signs what was hashed piece by piece.
    public func sign(_ message: SignedMessage, namespace: String) throws -> String {
        precondition(!namespace.isEmpty, "a signature has a purpose")
        let signed = SSHSignature.signedBytes(namespace: namespace, digest: message.digest)
        let signature = SSHSignature(
            signer: verifyingKey, namespace: namespace, signature: Array(try key.signature(for: signed)))
        return signature.armored
    }

    /// Writes the key, readable by nobody else, and beside it its public half as `.pub`; only where there are no such
    /// files yet.
    ///
    /// - Throws: ``ContinuityError`` with code `file`.
    public func write(file path: String) throws {
        try KeyFile.create(path, text: openSSHText(), isSecret: true)
        do {
            try KeyFile.create(path + ".pub", text: "\(verifyingKey)\n", isSecret: false)
        } catch {
            // A pair or nothing: the secret half was made just now, and nothing was signed with it.
            unlink(path)
            throw error
        }
    }

    public var description: String { "a signing key, \(fingerprint)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
