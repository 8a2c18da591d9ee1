internal import Crypto
internal import Foundation

/// What a key is called: `SHA256:` and the digest of its public half, as `ssh-keygen -l` prints it.
public struct Fingerprint: Sendable, Hashable, Codable, CustomStringConvertible {
    public let text: String

    init(blob: [UInt8]) { text = "SHA256:" + PlainBase64.encodeText(SHA256.hash(data: blob)) }

    /// - Returns: nil where the text is no fingerprint.
    public init?(_ text: String) {
        guard text.hasPrefix("SHA256:"), PlainBase64.decode(text.dropFirst(7).utf8)?.count == SHA256.byteCount else {
            return nil
        }
        self.text = text
    }

    public var description: String { text }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let fingerprint = Fingerprint(text) else { throw Self.bad }
        self = fingerprint
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    private static let bad = ContinuityError(
        .damaged, doing: "reading a fingerprint", message: "the text is no SHA256 fingerprint", hint: "")
}

/// A public Ed25519 key of OpenSSH, which says whether a signature is its owner's.
public struct VerifyingKey: Sendable, Hashable, CustomStringConvertible {
    static let kind = "ssh-ed25519"

    /// 32 bytes.
    let raw: [UInt8]
    public var comment: String

    init(raw: [UInt8], comment: String) {
        self.raw = raw
        self.comment = comment
    }

    /// - Parameter text: a line as in a `.pub` file, `ssh-ed25519 AAAA… comment`.
    /// - Throws: ``ContinuityError`` with code `badKey`.
    public init(_ text: String) throws {
        let words = KeyText.trimmed(text).split(maxSplits: 2) { $0 == " " || $0 == "\t" }
        guard words.count >= 2 else {
            throw Self.bad("it is no public key of OpenSSH", "give the line of the .pub file")
        }
        guard words[0] == Self.kind[...] else {
            throw Self.bad("it is no Ed25519 key", "make one with: ssh-keygen -t ed25519")
        }
        guard let blob = PlainBase64.decodePadded(Array(words[1].utf8)), let raw = Self.raw(blob: blob) else {
            throw Self.bad("the public key is mistyped or cut off", "copy the whole line of the .pub file")
        }
        self.init(raw: raw, comment: words.count > 2 ? KeyText.trimmed(String(words[2])) : "")
    }

    /// Reads a `.pub` file.
    ///
    /// - Throws: ``ContinuityError`` with code `file` or `badKey`.
    public static func read(file path: String) throws -> VerifyingKey {
        let keys = try KeyText.list(try KeyFile.read(path), name: path, kind: "public key") { try VerifyingKey($0) }
        return keys[0]
    }

    public var fingerprint: Fingerprint { Fingerprint(blob: blob) }

    /// `ssh-ed25519 AAAA… comment`.
    public var description: String {
        let key = Self.kind + " " + String(decoding: PlainBase64.encodePadded(blob), as: UTF8.self)
        return comment.isEmpty ? key : key + " " + comment
    }

    /// Two keys are one whatever their comments say.
    public static func == (left: Self, right: Self) -> Bool { left.raw == right.raw }
    public func hash(into hasher: inout Hasher) { hasher.combine(raw) }

    /// The key as SSH sends it (RFC 8709, section 4).
    var blob: [UInt8] {
        var writer = SSHWireWriter()
        writer.append(string: Self.kind.utf8)
        writer.append(string: raw)
        return writer.bytes
    }

    static func raw(blob: [UInt8]) -> [UInt8]? {
        var reader = SSHWireReader(blob)
        guard reader.text() == kind, let raw = reader.string(), raw.count == 32, reader.isAtEnd else { return nil }
        return raw
    }

    func isSignature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw) else { return false }
        return key.isValidSignature(signature, for: bytes)
    }

    private static func bad(_ message: String, _ hint: String) -> ContinuityError {
        ContinuityError(.badKey, doing: "reading a public key", message: message, hint: hint)
    }
}
