import Crypto
import Foundation

/// Writes age files from the specification alone, also wrong ones, with a code over the header that is right for what the
/// header says: only the fault that is meant is in them.
struct AgeFileBuilder {
    static let identity = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"
    /// The stanza of the public vectors for ``identity``, whose file key is ``fileKey``.
    static let share = "TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc"
    static let body = "hjabGXwSLQ9c3S6Lw2i+S2Tu2fiwQHHslbBN6B41FLE"
    static let stanza = "-> X25519 \(share)\n\(body)\n"
    static let fileKey = Array("YELLOW SUBMARINE".utf8)

    struct Chunk {
        var plain: [UInt8]
        var index: UInt8
        var isLast: Bool
    }

    var version = "age-encryption.org/v1\n"
    var stanzas = stanza
    /// Between the dashes and the code, and after the code.
    var beforeCode = " "
    var afterCode = "\n"
    /// Changes the code's text.
    var code: (String) -> String = { $0 }
    var nonce = [UInt8](repeating: 7, count: 16)
    var chunks: [Chunk] = [Chunk(plain: Array("age".utf8), index: 0, isLast: true)]
    var trailing: [UInt8] = []

    func bytes() throws -> [UInt8] {
        let signed = version + stanzas + "---"
        let key = SymmetricKey(data: Self.fileKey)
        let macKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: [UInt8](), info: Array("header".utf8), outputByteCount: 32)
        let mac = Data(HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: macKey))
        let text = mac.base64EncodedString().replacing("=", with: "")
        let payloadKey = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: nonce, info: Array("payload".utf8), outputByteCount: 32)
        var file = Array((signed + beforeCode + code(text) + afterCode).utf8) + nonce
        for chunk in chunks {
            var nonce = [UInt8](repeating: 0, count: 12)
            nonce[10] = chunk.index
            nonce[11] = chunk.isLast ? 1 : 0
            let box = try ChaChaPoly.seal(chunk.plain, using: payloadKey, nonce: ChaChaPoly.Nonce(data: nonce))
            file += Array(box.combined.dropFirst(12))
        }
        return file + trailing
    }
}
