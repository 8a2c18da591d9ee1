internal import Crypto

/// The textual beginning of an age file (age-encryption.org/v1, "Header"): the file key, sealed for each recipient.
struct AgeHeader: Sendable {
    static let versionLine = "age-encryption.org/v1"
    static let macByteCount = 32

    /// What one recipient needs.
    struct Stanza: Sendable, Hashable {
        /// The kind and what belongs to it: one or more, of printable ASCII.
        var arguments: [String]
        var body: [UInt8]
    }

    var stanzas: [Stanza]
    /// The bytes that ``mac`` is over: all up to and with the three dashes of the last line.
    var signedBytes: [UInt8]
    var mac: [UInt8]

    /// Makes a header.
    init(stanzas: [Stanza], fileKey: SymmetricKey) {
        self.stanzas = stanzas
        signedBytes = Self.text(stanzas)
        mac = Array(HMAC<SHA256>.authenticationCode(for: signedBytes, using: Self.macKey(fileKey)))
    }

    /// Takes one that was read; nothing is checked but its form.
    init(stanzas: [Stanza], signedBytes: [UInt8], mac: [UInt8]) {
        self.stanzas = stanzas
        self.signedBytes = signedBytes
        self.mac = mac
    }

    /// The whole header as bytes.
    var bytes: [UInt8] { signedBytes + Array(" ".utf8) + PlainBase64.encode(mac) + Array("\n".utf8) }

    /// Whether the header is as the one who knew the file key wrote it.
    func isAuthentic(_ fileKey: SymmetricKey) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: signedBytes, using: Self.macKey(fileKey))
    }

    private static func macKey(_ fileKey: SymmetricKey) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: fileKey, salt: [UInt8](), info: Array("header".utf8), outputByteCount: 32)
    }

    private static func text(_ stanzas: [Stanza]) -> [UInt8] {
        var text = Array((versionLine + "\n").utf8)
        for stanza in stanzas {
            text.append(contentsOf: "-> \(stanza.arguments.joined(separator: " "))\n".utf8)
            var body = PlainBase64.encode(stanza.body)[...]
            // The last line is shorter than the others, so it may be empty.
            while body.count >= AgeHeaderReader.columns {
                text.append(contentsOf: body.prefix(AgeHeaderReader.columns) + Array("\n".utf8))
                body = body.dropFirst(AgeHeaderReader.columns)
            }
            text.append(contentsOf: body + Array("\n".utf8))
        }
        return text + Array("---".utf8)
    }

    static func damaged(_ message: String) -> ContinuityError {
        ContinuityError(
            .damaged, doing: "opening what is sealed", message: message,
            hint: "it was changed or cut off; take another copy")
    }
}
