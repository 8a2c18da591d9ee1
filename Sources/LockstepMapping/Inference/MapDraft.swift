public import LockstepModel

/// A map that was drafted from two schemas and sampled records, before it is written as a file.
public struct MapDraft: Sendable {
    /// One pair of fields, or a field that is filled without a counterpart.
    public struct Pair: Sendable {
        /// Field names by ``Side``; nil on the side that has none.
        public var fields: [String?]
        /// 0 to 1.
        public var confidence: Double
        /// Why, for people.
        public var reasons: [String]
        /// Keys of the pair beside its fields, as YAML: `owner: erp`.
        public var options: [String] = []
        /// Other fields that were nearly as likely: `name (62%)`.
        public var alternatives: [String] = []
        /// Nil where the pair stands; otherwise why it is only a comment.
        public var doubt: String?
    }

    /// A field of one side that nothing was found for.
    public struct Rest: Sendable {
        public var side: Side
        public var field: FieldDescription
        public var note: String
    }

    public var name: String
    public var stores: [String]
    public var entities: [String]
    public var key: [Pair]
    public var keyReason: String
    public var filters: [String?] = [nil, nil]
    public var direction: Direction = .both
    public var directionReason = ""
    public var pairs: [Pair]
    public var rest: [Rest] = []
    /// Field names by side of the records' last modification.
    public var stamps: [String]?
    /// 0 to 1: how likely the two entities are about the same things.
    public var confidence: Double
    /// Records that are known to be the same on both sides, of those sampled.
    public var joinedCount = 0
}

extension MapDraft {
    /// Tries the draft as a map of these schemas: what cannot be is made a comment that says why, and what only needs a
    /// word to be possible gets it.
    public mutating func settle(schemas: (left: StoreDescription, right: StoreDescription)) {
        // Each round makes at least one pair a comment; other errors than those of pairs stay for `map lint`.
        for _ in 0...3 * pairs.count {
            let written = text()
            let loaded = MapDefinition.parse(written.text, file: "draft", stores: stores)
            var diagnostics = loaded.diagnostics
            if let definition = loaded.definition {
                diagnostics = MapCompiler.compile(definition, schemas: schemas).diagnostics
            }
            guard mend(diagnostics.filter { $0.severity == .error }, written.lines) else { return }
        }
    }

    private mutating func mend(_ errors: [Diagnostic], _ lines: [Int: Int]) -> Bool {
        var mended: Set<Int> = []
        for error in errors {
            // Both directions may complain of the same thing: one remedy a round.
            guard let index = lines[error.location.line], pairs[index].doubt == nil, mended.insert(index).inserted
            else { continue }
            let word = ["zone: UTC", "round: true", "truncate: true"].first {
                error.hint.contains("`\($0)`") && !pairs[index].options.contains($0)
            }
            if let word {
                pairs[index].options.append(word)
            } else {
                pairs[index].doubt = error.message
            }
        }
        return !mended.isEmpty
    }
}
