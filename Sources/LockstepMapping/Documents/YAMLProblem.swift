import Yams

/// What the YAML parser says, in the words and with the place that a diagnostic has. Never quotes the file's text.
struct YAMLProblem {
    var kind: DocumentProblem = .malformedYAML
    var line = 1
    var column = 1
    var message = "the file is not valid YAML"
    var hint = ""

    init(_ error: YamlError, text: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            describe(problem, context: context?.text, mark: mark, text: text)
        case .composer(let context, let problem, let mark, _):
            describe(problem, context: context?.text, mark: mark, text: text)
            if problem.contains("another document") {
                kind = .severalDocuments
                message = "the file holds another YAML document"
                hint = "write one document a file"
            }
        case .reader(let problem, let offset, _, _):
            message = "the text cannot be read as YAML: \(problem)"
            if let offset { (line, column) = Self.place(of: offset, in: text) }
            hint = "control characters are not allowed"
        case .duplicatedKeysInMapping(let duplicates, let context):
            kind = .duplicateKey
            (line, column) = (context.mark.line, context.mark.column)
            message =
                "key \(duplicates.prefix(5).map { "`\($0.prefix(80))`" }.joined(separator: ", ")) stands more than once here"
            hint = "keep one of them"
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            break
        }
    }

    private mutating func describe(_ problem: String, context: String?, mark: Mark, text: String) {
        line = mark.line
        column = mark.column
        message = "the file is not valid YAML: \(context.map { $0 + ", " } ?? "")\(problem)"
        if problem.contains("nesting") { kind = .nestedTooDeep }
        if Self.line(line, of: text).prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
            hint = "YAML does not allow tabs for indentation: use spaces"
        }
    }

    private static func line(_ number: Int, of text: String) -> Substring {
        var index = text.startIndex
        for _ in 1..<max(1, number) {
            guard let end = text[index...].firstIndex(where: \.isNewline) else { return "" }
            index = text.index(after: end)
        }
        return text[index...].prefix { !$0.isNewline }
    }

    private static func place(of offset: Int, in text: String) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for character in text.prefix(offset) {
            if character.isNewline {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        return (line, column)
    }
}
