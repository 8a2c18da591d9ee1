internal import Crypto
internal import Foundation

/// The key file of OpenSSH (PROTOCOL.key).
extension SigningKey {
    private static let label = "OPENSSH PRIVATE KEY"
    private static let magic = Array("openssh-key-v1\0".utf8)
    private static let none = "none"
    /// The size that the secret part is filled up to where it is not encrypted.
    private static let blockByteCount = 8

    /// - Parameter text: `-----BEGIN OPENSSH PRIVATE KEY-----` and so on.
    /// - Throws: ``ContinuityError`` with code `badKey`, which says how to mend it; never shows the text.
    public init(openSSH text: String) throws {
        guard text.contains("-----BEGIN \(Self.label)-----") else { throw Self.otherKind(text) }
        guard let bytes = PEMText.decode(text, label: Self.label) else { throw Self.damaged }
        var reader = SSHWireReader(bytes)
        guard reader.raw(Self.magic.count) == Self.magic, let cipher = reader.text(), let derivation = reader.text(),
            reader.string() != nil, let count = reader.number(), let publicBlob = reader.string(),
            let secret = reader.string(), reader.isAtEnd, count == 1
        else { throw Self.damaged }
        guard cipher == Self.none, derivation == Self.none else {
            throw Self.bad(
                "the key is protected by a passphrase, and nobody is there to give it",
                "take it off with: ssh-keygen -p -N '' -f FILE, or make a key of its own for this; keep the file safe")
        }
        try self.init(secret: secret, publicBlob: publicBlob)
    }

    private init(secret: [UInt8], publicBlob: [UInt8]) throws {
        var reader = SSHWireReader(secret)
        guard let first = reader.number(), first == reader.number(), let kind = reader.text() else {
            throw Self.damaged
        }
        guard kind == VerifyingKey.kind else {
            throw Self.bad("it is no Ed25519 key", "make one with: ssh-keygen -t ed25519 -N ''")
        }
        guard let publicKey = reader.string(), let pair = reader.string(), pair.count == 64,
            let comment = reader.string(), Self.isPadding(reader.remaining),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: pair.prefix(32))
        else { throw Self.damaged }
        // All places that name the public half must name the one that belongs to the secret.
        let derived = Array(key.publicKey.rawRepresentation)
        guard publicKey == derived, Array(pair.suffix(32)) == derived, VerifyingKey.raw(blob: publicBlob) == derived
        else { throw Self.damaged }
        self.init(key: key, comment: String(decoding: comment, as: UTF8.self))
    }

    private static func isPadding(_ bytes: [UInt8]) -> Bool {
        bytes.count < blockByteCount && bytes.enumerated().allSatisfy { $0.element == UInt8($0.offset + 1) }
    }

    /// The file's text.
    func openSSHText() -> String {
        let publicKey = verifyingKey
        var secret = SSHWireWriter()
        // A number that comes twice shows whether the part was decrypted rightly.
        let check = UInt32.random(in: .min ... .max)
        secret.append(check)
        secret.append(check)
        secret.append(string: VerifyingKey.kind.utf8)
        secret.append(string: publicKey.raw)
        secret.append(string: Array(key.rawRepresentation) + publicKey.raw)
        secret.append(string: comment.utf8)
        let padding = (Self.blockByteCount - secret.bytes.count % Self.blockByteCount) % Self.blockByteCount
        secret.append(raw: (0..<padding).map { UInt8($0 + 1) })
        var writer = SSHWireWriter()
        writer.append(raw: Self.magic)
        writer.append(string: Self.none.utf8)
        writer.append(string: Self.none.utf8)
        writer.append(string: [])
        writer.append(1)
        writer.append(string: publicKey.blob)
        writer.append(string: secret.bytes)
        return PEMText.encode(writer.bytes, label: Self.label)
    }

    private static func otherKind(_ text: String) -> ContinuityError {
        if KeyText.trimmed(text).hasPrefix("ssh-") {
            return bad("this is a public key, and signing takes the secret one", "give the file without .pub")
        }
        return text.contains("PRIVATE KEY-----")
            ? bad("it is no key file of OpenSSH", "make one with: ssh-keygen -t ed25519 -N ''")
            : bad("it is no key file", "make one with: ssh-keygen -t ed25519 -N ''")
    }

    private static var damaged: ContinuityError {
        bad("the key file is damaged or cut off", "take another copy of it, or make a new key")
    }

    private static func bad(_ message: String, _ hint: String) -> ContinuityError {
        ContinuityError(.badKey, doing: "reading a signing key", message: message, hint: hint)
    }
}
