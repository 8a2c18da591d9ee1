/// Bounds what aliases can blow a file up to, before anything expands them.
///
/// Looks at the text, not at the tree: whatever looks like an anchor or an alias counts, also in strings and comments,
/// so the bound is never too low.
enum AliasGuard {
    static func mayExpand(_ text: String) -> Bool {
        let anchors = names(after: 38, in: text)
        guard !anchors.isEmpty else { return true }
        let aliases = names(after: 42, in: text)
        // What is written can occur once more for each alias of each anchor, and anchors may stand inside each other:
        // the product of their numbers bounds all of it. A redefined anchor counts as often as it is defined.
        var factor = 1.0
        for (name, definitions) in anchors {
            let uses = Double(aliases[name] ?? 0) + 1
            for _ in 0..<min(definitions, 64) { factor *= uses }
            if factor > Double(DocumentLimits.expandedBytes) { return false }
        }
        return factor * Double(text.utf8.count) <= Double(DocumentLimits.expandedBytes)
    }

    private static func names(after mark: UInt8, in text: String) -> [String: Int] {
        var found: [String: Int] = [:]
        var name: [UInt8]?
        func finish() {
            if let bytes = name, !bytes.isEmpty { found[String(decoding: bytes, as: UTF8.self), default: 0] += 1 }
            name = nil
        }
        for byte in text.utf8 {
            if byte == mark {
                finish()
                name = []
            } else if name != nil {
                if isNamePart(byte) { name?.append(byte) } else { finish() }
            }
        }
        finish()
        return found
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte == 95
            || byte == 45
    }
}
