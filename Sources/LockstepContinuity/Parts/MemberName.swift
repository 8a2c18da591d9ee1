/// Names of files in a part.
enum MemberName {
    static let readme = "README.txt"
    static let sums = "SHA256SUMS"

    /// - Parameter cut: counts the members of one piece; the first one's name does without.
    static func rows(store: String, table: String, number: Int, cut: Int = 0) -> String {
        "rows/\(escaped(store))/\(escaped(table))/\(numbered(number))\(cut == 0 ? "" : "-\(cut)").tsv"
    }

    static func changes(store: String, table: String, number: Int, cut: Int = 0) -> String {
        "changes/\(escaped(store))/\(escaped(table))/\(numbered(number))\(cut == 0 ? "" : "-\(cut)").tsv"
    }

    static func image(store: String) -> String { "image/\(escaped(store)).db" }

    static func schema(store: String, _ section: String) -> String { "schema/\(escaped(store))/\(section).sql" }

    /// Letters, digits, `_`, `-` and inner `.` stay; any other byte of the UTF-8 becomes `%` and two digits.
    static func escaped(_ name: String) -> String {
        var text = ""
        for (index, byte) in name.utf8.enumerated() {
            let isPlain = isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            if isPlain || (byte == UInt8(ascii: ".") && index > 0) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return text
    }

    /// Whether a member may have the name: what an archive of ours never holds is never touched.
    static func isValid(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 4096, !name.hasPrefix("/") else { return false }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return false }
        return name.utf8.allSatisfy { byte in
            isLetterOrDigit(byte) || "._-%/".utf8.contains(byte)
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
    }

    private static func numbered(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}
