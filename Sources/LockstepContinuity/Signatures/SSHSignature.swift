/// A signature as `ssh-keygen -Y sign` makes it (OpenSSH, PROTOCOL.sshsig).
public struct SSHSignature: Sendable, Hashable {
    static let magic = Array("SSHSIG".utf8)
    static let version: UInt32 = 1
    static let hashAlgorithm = "sha512"
    private static let label = "SSH SIGNATURE"
    /// Ours have some 300 bytes; RSA keys make larger ones, which are told apart only once they are read.
    private static let textLimit = 16 * 1024

    public let signer: VerifyingKey
    /// What the signature is for: one made for another purpose proves nothing here.
    public let namespace: String
    let signature: [UInt8]

    init(signer: VerifyingKey, namespace: String, signature: [UInt8]) {
        self.signer = signer
        self.namespace = namespace
        self.signature = signature
    }

    /// - Parameter armored: `-----BEGIN SSH SIGNATURE-----` and so on.
    /// - Throws: ``ContinuityError`` with code `signature` where it is none, or none of an Ed25519 key.
    public init(armored: String) throws {
        guard armored.utf8.count <= Self.textLimit, let blob = PEMText.decode(armored, label: Self.label) else {
            throw Self.bad("it is no SSH signature")
        }
        var reader = SSHWireReader(blob)
        guard reader.raw(Self.magic.count) == Self.magic else { throw Self.bad("it is no SSH signature") }
        guard reader.number() == Self.version else { throw Self.bad("it is of a version that is not known here") }
        guard let key = reader.string(), let namespace = reader.text(), reader.string() != nil,
            let algorithm = reader.text(), let signature = reader.string(), reader.isAtEnd
        else { throw Self.bad("it is cut off") }
        guard algorithm == Self.hashAlgorithm else {
            throw Self.bad("it is over a digest other than \(Self.hashAlgorithm)")
        }
        guard let raw = VerifyingKey.raw(blob: key) else { throw Self.bad("it is not of an Ed25519 key") }
        var inner = SSHWireReader(signature)
        guard inner.text() == VerifyingKey.kind, let bytes = inner.string(), bytes.count == 64, inner.isAtEnd else {
            throw Self.bad("it is not of an Ed25519 key")
        }
        self.init(signer: VerifyingKey(raw: raw, comment: ""), namespace: namespace, signature: bytes)
    }

    /// The text that goes into a `.sig` file.
    public var armored: String {
        var inner = SSHWireWriter()
        inner.append(string: VerifyingKey.kind.utf8)
        inner.append(string: signature)
        var writer = SSHWireWriter()
        writer.append(raw: Self.magic)
        writer.append(Self.version)
        writer.append(string: signer.blob)
        writer.append(string: namespace.utf8)
        writer.append(string: [])
        writer.append(string: Self.hashAlgorithm.utf8)
        writer.append(string: inner.bytes)
        return PEMText.encode(writer.bytes, label: Self.label)
    }

    /// Whether it is this signer's signature of the message, for this purpose. Says nothing of who the signer is: that
    /// is what ``TrustedKeys`` are for.
    ///
    /// - Throws: ``ContinuityError`` with code `signature`, which says what is wrong.
    public func check(_ message: SignedMessage, namespace: String) throws {
        guard self.namespace.utf8.elementsEqual(namespace.utf8) else {
            throw Self.bad("it was made for another purpose than \(namespace)")
        }
        let signed = Self.signedBytes(namespace: namespace, digest: message.digest)
        guard signer.isSignature(signature, of: signed) else {
            throw Self.bad("it is not over these bytes: they, or the signature, were changed")
        }
    }

    static func signedBytes(namespace: String, digest: [UInt8]) -> [UInt8] {
        var writer = SSHWireWriter()
        writer.append(raw: magic)
        writer.append(string: namespace.utf8)
        writer.append(string: [])
        writer.append(string: hashAlgorithm.utf8)
        writer.append(string: digest)
        return writer.bytes
    }

    static func bad(_ message: String) -> ContinuityError {
        ContinuityError(
            .signature, doing: "checking a signature", message: message,
            hint: "do not use what it is over until you know why")
    }
}
