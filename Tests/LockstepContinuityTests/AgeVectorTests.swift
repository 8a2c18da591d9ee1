import Foundation
import LockstepContinuity
import Testing

/// Public test vectors of age (C2SP/CCTV, age/testdata; free for any use: 0BSD, CC0 or Unlicense). Those with text only
/// are taken as they are; the binary ones share one payload, which is here in hexadecimal.
struct AgeVectorTests {
    enum Expectation: Sendable {
        case success(sha256: String)
        case failure(ContinuityError.Code)
    }

    struct Vector: Sendable, CustomTestStringConvertible {
        var name: String
        var expectation: Expectation
        var text: String
        var isBinary = true
        var testDescription: String { name }

        static func armored(_ name: String, _ expectation: Expectation, _ text: String) -> Vector {
            Vector(name: name, expectation: expectation, text: text, isBinary: false)
        }
    }

    static let usual = Expectation.success(sha256: "013f54400c82da08037759ada907a8b864e97de81c088a182062c4b5622fd2ab")
    static let fullLine = Expectation.success(
        sha256: "724a112a2cac139a4fca3ea0f799f2e5ccd1d0db46af654dee40567bff16ee33")
    static let damaged = Expectation.failure(.damaged)
    static let payload = "eecf62c7ce91b433274e68d4f2f9134cb74c5bfef7beaa52c8f0bc0e992c1e8331fb66"
    static let version = "age-encryption.org/v1\n"
    static let stanza = AgeFileBuilder.stanza

    static let binary: [Vector] = [
        Vector(
            name: "x25519", expectation: usual,
            text: version + stanza + "--- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNg\n"),
        Vector(
            name: "x25519_grease", expectation: usual,
            text: version + "-> grease\n\n" + stanza + "-> grease\n\n"
                + "--- QIfAOEMt1fGOf2FP2m3+TwFQtfy2H3sX3YqUAQRApkM\n"),
        Vector(
            name: "stanza_empty_body", expectation: usual,
            text: version + stanza + "-> empty\n\n--- +M2eEFbXSvJ8j+gW4TtQ8pu/PpF/Jj6nQLwi2uP94tk\n"),
        Vector(
            name: "stanza_valid_characters", expectation: usual,
            text: version + ##"-> !"#$%&' ()*+,-./ 01234567 89:;<=>? @ABCDEFG HIJKLMNO"## + "\n\n"
                + #"-> PQRSTUVW XYZ[\]^_ `abcdefg hijklmno pqrstuvw xyz{|}~"# + "\n\n" + stanza
                + "--- qcNy6mAn80JKuXPUW7ANJdOhzbOtVSsIGM12i5B4vx4\n"),
        Vector(
            name: "x25519_bad_tag", expectation: .failure(.wrongKey),
            text: version + stanza.replacing("FLE", with: "FE4")
                + "--- zOCHpynV0aV7p4R6c+bOapgpq9TtpFgGgYghQ2+PIX8\n"),
        Vector(
            name: "x25519_lowercase", expectation: .failure(.wrongKey),
            text: version + stanza.replacing("X25519", with: "x25519")
                + "--- AYeVZK262kiO9KRKUZNEldKRzXDG1vPMXdWs2fF0iJY\n"),
        Vector(
            name: "x25519_identity", expectation: damaged,
            text: version + "-> X25519 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                + "W3E/OCRme9TiTY97JoK31Z71arNur77WIIdB90XnN3M\n"
                + "--- Pne3IPMDvBj7wRbPMcNViffpVZAx814tgMxp8AwyMhs\n"),
        Vector(
            name: "hmac_bad", expectation: damaged,
            text: version + stanza + "--- 8McE3ix9R34E/vLrQv3yepsHjo/LXhfs22Ab3UyInmg\n"),
    ]

    static let begin = "-----BEGIN AGE ENCRYPTED FILE-----\n"
    static let end = "-----END AGE ENCRYPTED FILE-----\n"
    static let first = """
        YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBURWlGMHlwcXIrYnB2Y3FY
        TnlDVkpwTDdPdXdQZFZ3UEw3S1FFYkZET0NjCmhqYWJHWHdTTFE5YzNTNkx3Mmkr
        UzJUdTJmaXdRSEhzbGJCTjZCNDFGTEUKLS0tIFd5SnA5Ri85Rk9aaDdnSmRoZXEy

        """
    static let usualLast = "V0lKY3dIZ1ljOE5JVmgzZGR3aHJjTmcK7s9ix86RtDMnTmjU8vkTTLdMW/73vqpS\nyPC8DpksHoMx+2Y=\n"
    static let fullLast = """
        V0lKY3dIZ1ljOE5JVmgzZGR3aHJjTmcK7s9ix86RtDMnTmjU8vkTTLdMW3bj4iHS
        YS3WWUtZB5wJqKgEe8kpsp0iOnD2CNG4DVKBC0Z7SAcCFb8xdwV9CRavSEE7OU1c

        """
    static let scrypt = """
        YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCByRjAvTndibFVISFRwZ1Fn
        UnBlNUNRIDEwCmdVakV5bUZLTVZYUUVLZE1NSEwyNG9ZZXhqRTNUSUMwTzB6R1Nx
        SjJhVVkKLS0tIElPWGlRWVN0a29UMW12WlcydEZPcVpkaFJWdmo1OGVnQUJ4L3NX
        ZlpRYmMKGzXG5ofdANo6w3msn3QsIf0YWhuePe1znRSsappQEk24Ztg=

        """
    static let whole = begin + first + usualLast + end

    /// The same bytes, with a first line of 47 of them: full, and padded.
    static let paddedInTheMiddle: String = {
        let text = whole.split(separator: "\n").dropFirst().dropLast().joined()
        let bytes = Data(base64Encoded: text) ?? Data()
        var lines = [bytes.prefix(47).base64EncodedString()]
        for begin in stride(from: 47, to: bytes.count, by: 48) {
            lines.append(bytes[begin..<min(begin + 48, bytes.count)].base64EncodedString())
        }
        return begin + lines.joined(separator: "\n") + "\n" + end
    }()

    static let armored: [Vector] = [
        .armored("armor", usual, whole),
        .armored("armor_crlf", usual, whole.replacing("\n", with: "\r\n")),
        .armored("armor_no_eol", usual, String(whole.dropLast())),
        .armored("armor_whitespace_outside", usual, "\n   \t\n" + whole + "\n   \t\n"),
        .armored("armor_full_last_line", fullLine, begin + first + fullLast + end),
        .armored("armor_scrypt", usual, begin + scrypt + end),
        .armored("armor_empty_last_line", damaged, begin + first + fullLast + "\n" + end),
        .armored("armor_empty_line_begin", damaged, begin + "\n" + first + usualLast + end),
        .armored("armor_empty_line_end", damaged, begin + first + usualLast + "\n" + end),
        .armored("armor_whitespace_begin", damaged, whole.replacing("-----BEGIN", with: "----- BEGIN")),
        .armored("armor_whitespace_line_start", damaged, whole.replacing("\nV0lK", with: "\n V0lK")),
        .armored("armor_whitespace_eol", damaged, whole.replacing("\nV0lK", with: " \nV0lK")),
        .armored("armor_headers", damaged, begin + "Headers: are\nNot: allowed\n\n" + first + usualLast + end),
        .armored("armor_lowercase", damaged, whole.replacing("AGE ENCRYPTED", with: "age encrypted")),
        .armored("armor_no_end_line", damaged, begin + first + usualLast),
        .armored("armor_no_padding", damaged, whole.replacing("+2Y=", with: "+2Y")),
        .armored("armor_not_canonical", damaged, whole.replacing("+2Y=", with: "+2Z=")),
        .armored("armor_pgp_checksum", damaged, begin + first + usualLast + "=abcd\n" + end),
        .armored("armor_garbage_leading", damaged, "garbage\n" + whole),
        .armored("armor_garbage_trailing", damaged, whole + "garbage\n"),
        .armored("armor_long_line", damaged, whole.replacing("\nTnlD", with: "TnlD")),
        .armored("armor_short_line", damaged, whole.replacing("\nTnlD", with: "\nTn\nlD")),
        .armored("armor_wrong_type", damaged, whole.replacing("AGE ENCRYPTED FILE", with: "CERTIFICATE")),
        .armored("armor_empty", damaged, begin + end),
        .armored("padding in the middle", damaged, paddedInTheMiddle),
    ]

    @Test(arguments: binary + armored, [1, 7, 1 << 20])
    func vectorsComeOutAsTheyShould(_ vector: Vector, pieceSize: Int) throws {
        let payload = vector.isBinary ? Self.bytes(hexadecimal: Self.payload) : []
        let file = Array(vector.text.utf8) + payload
        let keyring = Keyring(
            identities: [try AgeIdentity(AgeFileBuilder.identity)], passphrases: [try Passphrase("password")])
        var decryptor = AgeDecryptor(keyring: keyring)
        var output: [UInt8] = []
        let result = Result {
            for begin in stride(from: 0, to: file.count, by: pieceSize) {
                try decryptor.update(Array(file[begin..<min(begin + pieceSize, file.count)]), into: &output)
            }
            try decryptor.finish(into: &output)
        }
        switch vector.expectation {
        case .success(let digest):
            try result.get()
            #expect(ContentDigest.hexadecimal(of: output) == digest)
        case .failure(let code):
            let error = #expect(throws: ContinuityError.self) { try result.get() }
            #expect(error?.code == code)
        }
    }

    static func bytes(hexadecimal text: String) -> [UInt8] {
        let digits = Array(text)
        return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
    }
}
