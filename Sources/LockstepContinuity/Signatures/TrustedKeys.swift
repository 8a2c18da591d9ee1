/// The keys whose signatures count. Several at once, each with its purposes and its time, so that keys can be changed.
public struct TrustedKeys: Sendable, Hashable {
    public var signers: [AllowedSigner]

    /// What snapshots' records are signed for.
    public static let snapshotNamespace = "lockstep-snapshot"
    /// What reports of drills are signed for.
    public static let drillNamespace = "lockstep-drill"

    public init(_ signers: [AllowedSigner]) { self.signers = signers }

    /// Trusts one key for everything, for all time.
    public init(key: VerifyingKey) {
        self.init([AllowedSigner(principals: [key.comment.isEmpty ? key.fingerprint.text : key.comment], key: key)])
    }

    /// Reads the text of an allowed signers file; empty lines and lines that begin with `#` are left out.
    ///
    /// - Throws: ``ContinuityError`` with code `badKey`, which names the line; also where there are none.
    public init(allowedSigners text: String, name: String) throws {
        signers = try KeyText.list(text, name: name, kind: "allowed signer") { try AllowedSigner($0) }
    }

    /// Reads an allowed signers file; also a plain `.pub` file, which trusts that key for everything.
    ///
    /// - Throws: ``ContinuityError`` with code `file` or `badKey`.
    public static func read(file path: String) throws -> TrustedKeys {
        let text = try KeyFile.read(path)
        let isPublicKey = KeyText.lines(text).first?.text.hasPrefix(VerifyingKey.kind + " ") ?? false
        return isPublicKey
            ? TrustedKeys(key: try VerifyingKey.read(file: path)) : try TrustedKeys(allowedSigners: text, name: path)
    }

    /// Checks a signature.
    ///
    /// - Parameters:
    ///   - signature: the armored text.
    ///   - time: when it was made, as what it is over says, in microseconds since 1970-01-01T00:00:00Z: keys with a time
    ///     of their own count only within it.
    /// - Returns: whose it is.
    /// - Throws: ``ContinuityError`` with code `signature` where it is wrong, for another purpose, or by nobody trusted.
    public func verify(
        signature: String, over bytes: [UInt8], namespace: String, at time: Int64
    ) throws -> Fingerprint {
        try verify(signature: signature, over: SignedMessage(bytes), namespace: namespace, at: time)
    }

    /// The same over what was hashed piece by piece.
    public func verify(
        signature: String, over message: SignedMessage, namespace: String, at time: Int64
    ) throws -> Fingerprint {
        let signature = try SSHSignature(armored: signature)
        try signature.check(message, namespace: namespace)
        let fingerprint = signature.signer.fingerprint
        let known = signers.filter { $0.key == signature.signer }
        guard !known.isEmpty else {
            throw Self.refused("it is by \(fingerprint), which is not among the \(signers.count) trusted keys")
        }
        let allowed = known.filter { $0.allows(namespace: namespace) }
        guard !allowed.isEmpty else {
            throw Self.refused("it is by \(fingerprint), which is not trusted for \(namespace)")
        }
        guard allowed.contains(where: { $0.isValid(at: time) }) else {
            throw Self.refused("it is by \(fingerprint), which is not trusted for the time that it was made at")
        }
        return fingerprint
    }

    /// Whom the file names as the holders of a key.
    public func principals(of fingerprint: Fingerprint) -> [String] {
        signers.filter { $0.key.fingerprint == fingerprint }.flatMap(\.principals)
    }

    private static func refused(_ message: String) -> ContinuityError {
        ContinuityError(
            .signature, doing: "checking a signature", message: message,
            hint:
                "if the key is good, add its public key to the file that `trustedSigners` names; if not, do not use what it signed"
        )
    }
}
