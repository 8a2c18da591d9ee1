/// What texts and files with keys have in common.
enum KeyText {
    /// Key files are small; more than this is another file given by mistake.
    static let byteLimit = 1 << 20

    static func trimmed(_ text: String) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        let tail = text.drop(while: isSpace)
        guard let last = tail.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(tail[...last])
    }

    /// Lines without white space around them, with their numbers; empty ones and comments left out.
    static func lines(_ text: String) -> [(number: Int, text: String)] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.enumerated()
            .map { (number: $0.offset + 1, text: trimmed(String($0.element))) }
            .filter { !$0.text.isEmpty && !$0.text.hasPrefix("#") }
    }

    /// - Throws: ``ContinuityError`` with code `badKey` that names file and line; also where there is no key at all.
    static func list<Key>(_ text: String, name: String, kind: String, key: (String) throws -> Key) throws -> [Key] {
        let keys = try lines(text).map { line in
            do {
                return try key(line.text)
            } catch var error as ContinuityError {
                error.object = "\(name), line \(line.number)"
                throw error
            }
        }
        guard !keys.isEmpty else {
            throw ContinuityError(
                .badKey, doing: "reading keys", object: name, message: "there is no \(kind) in it",
                hint: "one key a line; lines that begin with # are comments")
        }
        return keys
    }
}
