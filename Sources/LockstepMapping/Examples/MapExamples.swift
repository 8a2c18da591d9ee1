import LockstepModel
import Yams

/// Examples of what a map does, kept beside it: `customers.examples.yaml` beside `customers.yaml`.
public struct MapExamples: Sendable {
    /// What the names of such files end with.
    public static let suffix = ".examples.yaml"

    /// One record, and what becomes of it.
    public struct Example: Sendable {
        public enum Expected: Sendable {
            /// Target fields with their values; with `exact: true` all that the map writes.
            case output([Field], isExact: Bool)
            /// The record cannot be mapped, for the reason that the code stands for.
            case fails(Located<String>)
            /// The record is outside the filter.
            case filtered
            /// The file does not say yet.
            case unknown
        }
        /// A field's value as it is written.
        public struct Field: Sendable {
            public var name: Located<String>
            public var value: Located<ScalarText>
        }
        public var name: String
        public var location: SourceLocation
        public var source: Side
        public var input: [Field]
        public var expected: Expected
    }

    public var file: String
    public var examples: [Example]
    public var diagnostics: [Diagnostic]

    /// Where a map's examples are, whether or not there are any: the map's own path, with another ending.
    public static func path(besideMap path: String) -> String {
        for ending in [".yaml", ".yml"] where path.hasSuffix(ending) { return path.dropLast(ending.count) + suffix }
        return path + suffix
    }

    /// Reads a file of examples.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - file: what messages call it.
    ///   - stores: of the map, by ``Side``.
    public static func load(path: String, file: String, stores: [String]) -> MapExamples {
        read(YAMLDocument.load(path: path, file: file, family: .map), file: file, stores: stores)
    }

    /// Reads examples from text.
    public static func parse(_ text: String, file: String, stores: [String]) -> MapExamples {
        read(YAMLDocument.parse(Array(text.utf8), file: file, family: .map), file: file, stores: stores)
    }

    private static func read(_ outcome: YAMLDocument.Outcome, file: String, stores: [String]) -> MapExamples {
        guard let root = outcome.root else {
            return MapExamples(file: file, examples: [], diagnostics: outcome.diagnostics)
        }
        var parser = ExampleParser(reader: DocumentReader(file: file, family: .map), stores: stores)
        let examples = parser.examples(root)
        return MapExamples(file: file, examples: examples, diagnostics: parser.reader.diagnostics)
    }
}

/// Reads examples key by key.
private struct ExampleParser {
    var reader: DocumentReader
    let stores: [String]

    private static let keys = ["name", "from", "input", "output", "exact", "fails", "filtered"]

    mutating func examples(_ root: Node) -> [MapExamples.Example] {
        guard let items = reader.items(root, of: "the file of examples") else { return [] }
        return items.compactMap { example($0) }
    }

    private mutating func example(_ node: Node) -> MapExamples.Example? {
        guard let fields = reader.fields(node, of: "an example", known: Self.keys) else { return nil }
        let name = reader.required("name", in: fields).flatMap { reader.text($0, of: "`name`") }
        let choices = zip(stores, Side.allCases).map { ($0, $1) }
        let source = reader.required("from", in: fields).flatMap { reader.word($0, of: "`from`", among: choices) }
        let input = reader.required("input", in: fields).flatMap { values($0, of: "`input`") }
        let expected = expected(fields)
        guard let name, let source, let input, let expected else { return nil }
        return MapExamples.Example(
            name: name.value, location: fields.location, source: source.value, input: input, expected: expected)
    }

    private mutating func expected(_ fields: Fields) -> MapExamples.Example.Expected? {
        let given = ["output", "fails", "filtered"].filter { fields[$0] != nil }
        if given.count > 1 {
            reader.report(
                .badValue, at: fields.place(of: given[1]), "`\(given[0])` and `\(given[1])` exclude each other",
                hint: "keep one of them")
            return nil
        }
        let isExact = fields["exact"].flatMap { reader.bool($0, of: "`exact`") } ?? false
        if let node = fields["output"] {
            return values(node, of: "`output`").map { .output($0, isExact: isExact) }
        }
        if let node = fields["fails"] { return reader.text(node, of: "`fails`").map { .fails($0) } }
        if let node = fields["filtered"] {
            guard reader.bool(node, of: "`filtered`") == false else { return .filtered }
            return .output([], isExact: false)
        }
        return .unknown
    }

    private mutating func values(_ node: Node, of what: String) -> [MapExamples.Example.Field]? {
        reader.entries(node, of: what)?.compactMap { entry in
            reader.scalar(entry.value, of: "the value of `\(entry.key.value)`").map {
                MapExamples.Example.Field(name: entry.key, value: Located($0, at: reader.location(entry.value)))
            }
        }
    }
}
