/// Base64 between two lines, as OpenSSH writes keys and signatures.
enum PEMText {
    /// What OpenSSH wraps at.
    private static let columns = 70

    static func encode(_ bytes: [UInt8], label: String) -> String {
        var text = "-----BEGIN \(label)-----\n"
        var rest = PlainBase64.encodePadded(bytes)[...]
        while !rest.isEmpty {
            text += String(decoding: rest.prefix(columns), as: UTF8.self) + "\n"
            rest = rest.dropFirst(columns)
        }
        return text + "-----END \(label)-----\n"
    }

    /// Nil where the text is not of the form; lines may be of any length, and white space around it is left out.
    static func decode(_ text: String, label: String) -> [UInt8]? {
        let lines = KeyText.trimmed(text).split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        guard lines.count >= 3, lines.first == "-----BEGIN \(label)-----"[...],
            lines.last == "-----END \(label)-----"[...]
        else { return nil }
        return PlainBase64.decodePadded(Array(lines[1..<(lines.count - 1)].joined().utf8))
    }
}
