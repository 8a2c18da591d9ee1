import Yams

/// Reads typed values out of YAML nodes and collects everything that is wrong, instead of stopping at the first.
struct DocumentReader {
    let file: String
    let family: DocumentFamily
    private(set) var diagnostics: [Diagnostic] = []

    init(file: String, family: DocumentFamily) {
        self.file = file
        self.family = family
    }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    // MARK: Reporting

    /// Message and hint are only made where they are kept: a file may have a million things wrong with it.
    mutating func report(
        _ code: String, at location: SourceLocation, _ message: @autoclosure () -> String,
        hint: @autoclosure () -> String
    ) {
        guard diagnostics.count < DocumentLimits.diagnostics else { return }
        diagnostics.append(Diagnostic(.error, code, at: location, message(), hint: hint()))
    }

    mutating func report(
        _ problem: DocumentProblem, at location: SourceLocation, _ message: @autoclosure () -> String,
        hint: @autoclosure () -> String
    ) {
        report(family.code(problem), at: location, message(), hint: hint())
    }

    mutating func warn(_ code: String, at location: SourceLocation, _ message: String, hint: String) {
        guard diagnostics.count < DocumentLimits.diagnostics else { return }
        diagnostics.append(Diagnostic(.warning, code, at: location, message, hint: hint))
    }

    func location(_ node: Node) -> SourceLocation {
        SourceLocation(file: file, line: max(1, node.mark?.line ?? 1), column: max(1, node.mark?.column ?? 1))
    }

    // MARK: Reading

    /// A mapping's entries in order. Keys are texts; what is no text, or stands twice as text, is reported.
    mutating func entries(_ node: Node, of what: String) -> [Entry]? {
        guard case .mapping(let mapping) = node else {
            report(.wrongType, at: location(node), "\(what) must be a mapping", hint: "write `{key: value}`")
            return nil
        }
        var entries: [Entry] = []
        var seen: Set<String> = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                report(.wrongType, at: location(key), "a key of \(what) must be a word", hint: "")
                continue
            }
            guard seen.insert(scalar.string).inserted else {
                report(
                    .duplicateKey, at: location(key), "key `\(scalar.string.prefix(80))` stands more than once here",
                    hint: "keep one of them")
                continue
            }
            entries.append(Entry(key: Located(scalar.string, at: location(key)), keyNode: key, value: value))
        }
        return entries
    }

    /// A mapping with known keys; unknown ones are reported with the nearest known one.
    mutating func fields(_ node: Node, of what: String, known: [String]) -> Fields? {
        guard let entries = entries(node, of: what) else { return nil }
        return fields(entries, of: what, known: known, at: location(node))
    }

    mutating func fields(_ entries: [Entry], of what: String, known: [String], at location: SourceLocation) -> Fields {
        for entry in entries where !known.contains(entry.key.value) {
            report(
                .unknownKey, at: entry.key.location, "\(what) has no key `\(entry.key.value.prefix(80))`",
                hint: Suggestion.hint(for: entry.key.value, among: known))
        }
        return Fields(what: what, location: location, entries: entries)
    }

    mutating func required(_ key: String, in fields: Fields) -> Node? {
        if let node = fields[key] { return node }
        report(
            .missingKey, at: fields.location, "\(fields.what) has no `\(key)`", hint: "add `\(key): …`")
        return nil
    }

    /// A list's items.
    mutating func items(_ node: Node, of what: String) -> [Node]? {
        guard case .sequence(let sequence) = node else {
            report(.wrongType, at: location(node), "\(what) must be a list", hint: "write `[a, b]` or lines with `- `")
            return nil
        }
        return Array(sequence)
    }

    /// A single value as the text that stands there, never empty.
    mutating func text(_ node: Node, of what: String) -> Located<String>? {
        guard let scalar = scalar(node, of: what) else { return nil }
        guard !scalar.text.isEmpty else {
            report(.badValue, at: location(node), "\(what) is empty", hint: "write a value")
            return nil
        }
        return Located(scalar.text, at: location(node))
    }

    /// An expression, located where its first character stands, so that places inside it can be counted from there.
    mutating func expression(_ node: Node, of what: String) -> Located<String>? {
        guard var text = text(node, of: what) else { return nil }
        if let style = node.scalar?.style, style == .singleQuoted || style == .doubleQuoted {
            text.location.column += 1
        }
        return text
    }

    /// A single value, which may be null (`null`, `~`, nothing) or an empty text (`""`).
    mutating func scalar(_ node: Node, of what: String) -> ScalarText? {
        guard case .scalar(let scalar) = node else {
            report(.wrongType, at: location(node), "\(what) must be a single value", hint: "")
            return nil
        }
        return ScalarText(text: scalar.string, isQuoted: scalar.style != .plain && scalar.style != .any)
    }

    mutating func bool(_ node: Node, of what: String) -> Bool? {
        guard let text = text(node, of: what) else { return nil }
        switch text.value {
        case "true": return true
        case "false": return false
        default:
            report(.badValue, at: text.location, "\(what) must be `true` or `false`", hint: "")
            return nil
        }
    }

    /// One of some words.
    mutating func word<Choice>(_ node: Node, of what: String, among choices: [(String, Choice)]) -> Located<Choice>? {
        guard let text = text(node, of: what) else { return nil }
        for (word, choice) in choices where word == text.value { return Located(choice, at: text.location) }
        report(
            .badValue, at: text.location, "\(what) cannot be `\(text.value)`",
            hint: Suggestion.hint(for: text.value, among: choices.map(\.0)))
        return nil
    }
}

/// One line of a mapping.
struct Entry {
    var key: Located<String>
    var keyNode: Node
    var value: Node
}

/// A mapping whose keys were checked.
struct Fields {
    /// What it is, for messages.
    let what: String
    let location: SourceLocation
    let entries: [Entry]

    /// By index, so that no entry is copied: this is asked for each key that a mapping may have.
    subscript(_ key: String) -> Node? {
        for index in entries.indices where entries[index].key.value == key { return entries[index].value }
        return nil
    }

    /// Where the key itself stands, or the whole mapping.
    func place(of key: String) -> SourceLocation {
        entries.first { $0.key.value == key }?.key.location ?? location
    }
}

/// A single YAML value as it was written; what it means depends on the field it is for.
public struct ScalarText: Sendable, Hashable {
    public var text: String
    /// In quotes: always text, never null.
    public var isQuoted: Bool

    public init(text: String, isQuoted: Bool) {
        self.text = text
        self.isQuoted = isQuoted
    }

    /// `null`, `~` or nothing at all, without quotes.
    public var isNull: Bool { !isQuoted && ["", "~", "null", "Null", "NULL"].contains(text) }
}
