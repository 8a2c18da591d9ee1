/// The statements of a script that `pg_dump` wrote, one by one; lines for `psql` are left out.
enum ScriptStatements {
    static func split(_ script: String) -> [String] {
        var scanner = Scanner(bytes: Array(script.utf8))
        return scanner.statements()
    }

    private struct Scanner {
        let bytes: [UInt8]
        var index = 0
        var current: [UInt8] = []
        var found: [String] = []
        var parentheses = 0
        /// How many `BEGIN ATOMIC` and `CASE` are open: their semicolons end no statement.
        var blocks = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func statements() -> [String] {
            while index < bytes.count { step() }
            end()
            return found
        }

        private mutating func step() {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\\") where current.isEmpty, UInt8(ascii: "-") where at(1) == UInt8(ascii: "-"):
                while index < bytes.count, bytes[index] != 10 { index += 1 }
            case UInt8(ascii: "'"), UInt8(ascii: "\""): quoted(byte)
            case UInt8(ascii: "$"): dollar()
            case UInt8(ascii: ";") where parentheses == 0 && blocks == 0:
                index += 1
                end()
            case 9, 10, 13, 32:
                if !current.isEmpty { current.append(byte) }
                index += 1
            case _ where Self.isWord(byte): word()
            default:
                if byte == UInt8(ascii: "(") { parentheses += 1 }
                if byte == UInt8(ascii: ")") { parentheses -= 1 }
                current.append(byte)
                index += 1
            }
        }

        private func at(_ offset: Int) -> UInt8? { index + offset < bytes.count ? bytes[index + offset] : nil }

        private static func isWord(_ byte: UInt8) -> Bool {
            (byte | 32) >= 97 && (byte | 32) <= 122 || byte >= 48 && byte <= 57 || byte == 95 || byte >= 128
        }

        private mutating func end() {
            if !current.isEmpty { found.append(String(decoding: current, as: UTF8.self)) }
            current = []
            parentheses = 0
            blocks = 0
        }

        private mutating func word() {
            let start = index
            while index < bytes.count, Self.isWord(bytes[index]) || bytes[index] == UInt8(ascii: "$") { index += 1 }
            let text = String(decoding: bytes[start..<index], as: UTF8.self).uppercased()
            current += bytes[start..<index]
            if blocks > 0, text == "CASE" { blocks += 1 }
            if blocks > 0, text == "END" { blocks -= 1 }
            if text == "ATOMIC", String(decoding: current, as: UTF8.self).uppercased().hasPrefix("CREATE") {
                blocks += 1
            }
        }

        private mutating func quoted(_ quote: UInt8) {
            let last = current.last.map { $0 | 32 }
            let escapes = quote == UInt8(ascii: "'") && last == UInt8(ascii: "e")
            current.append(quote)
            index += 1
            while index < bytes.count {
                let byte = bytes[index]
                current.append(byte)
                index += 1
                if escapes, byte == UInt8(ascii: "\\"), index < bytes.count {
                    current.append(bytes[index])
                    index += 1
                } else if byte == quote {
                    return
                }
            }
        }

        private mutating func dollar() {
            var end = index + 1
            while end < bytes.count, Self.isWord(bytes[end]) { end += 1 }
            guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else {
                current.append(bytes[index])
                index += 1
                return
            }
            let tag = Array(bytes[index...end])
            current += tag
            index = end + 1
            while index < bytes.count, !bytes[index...].starts(with: tag) {
                current.append(bytes[index])
                index += 1
            }
            current += bytes[index..<min(index + tag.count, bytes.count)]
            index = min(index + tag.count, bytes.count)
        }
    }
}
