/// Composite values as PostgreSQL prints them: `(a,"b ""c""",,)` (documentation, "Composite Type Input and Output
/// Syntax"). Nothing between commas is null; quotes and backslashes inside quotes are doubled.
enum CompositeText {
    static func parse(_ text: UnsafeRawBufferPointer) -> [[UInt8]?]? {
        guard text.count >= 2, text[0] == 40, text[text.count - 1] == 41 else { return nil }
        var fields: [[UInt8]?] = []
        var index = 1
        let end = text.count - 1
        while true {
            var field: [UInt8] = []
            var isNull = true
            var isQuoted = false
            while index < end, isQuoted || text[index] != 44 {
                let byte = text[index]
                isNull = false
                if byte == 34 {
                    if isQuoted && index + 1 < end && text[index + 1] == 34 {
                        field.append(34)
                        index += 1
                    } else {
                        isQuoted.toggle()
                    }
                } else if byte == 92 && index + 1 < end {
                    index += 1
                    field.append(text[index])
                } else {
                    field.append(byte)
                }
                index += 1
            }
            fields.append(isNull ? nil : field)
            if index >= end { return isQuoted ? nil : fields }
            index += 1
        }
    }
}
