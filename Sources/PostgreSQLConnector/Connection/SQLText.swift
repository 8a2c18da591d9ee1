/// Identifiers and literals as SQL text. Field values are never written into SQL: they are bound.
enum SQLText {
    static func identifier(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// For names of our own objects where the grammar takes no parameter.
    static func literal(_ text: String) -> String {
        let quoted = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        return text.contains("\\")
            ? "E'"
                + quoted.split(separator: "\\", omittingEmptySubsequences: false)
                .joined(separator: "\\\\") + "'" : "'" + quoted + "'"
    }
}

/// One-dimensional arrays as PostgreSQL prints them: `{a,"b c",NULL}` (documentation, "Array Input and Output Syntax").
enum ArrayText {
    static func parse(_ text: String) -> [String] {
        var elements: [String] = []
        var current: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        var isStarted = false
        for byte in text.utf8.dropFirst().dropLast() {
            if isEscaped {
                current.append(byte)
                isEscaped = false
            } else if byte == 92 {
                isEscaped = true
            } else if byte == 34 {
                isQuoted.toggle()
                isStarted = true
            } else if byte == 44 && !isQuoted {
                elements.append(String(decoding: current, as: UTF8.self))
                current.removeAll()
                isStarted = false
            } else {
                current.append(byte)
            }
        }
        if isStarted || !current.isEmpty || !elements.isEmpty {
            elements.append(String(decoding: current, as: UTF8.self))
        }
        return elements
    }

    static func format(_ elements: [String]) -> String {
        let quoted = elements.map { element in
            var text = "\""
            for character in element {
                if character == "\"" || character == "\\" { text.append("\\") }
                text.append(character)
            }
            return text + "\""
        }
        return "{" + quoted.joined(separator: ",") + "}"
    }
}
