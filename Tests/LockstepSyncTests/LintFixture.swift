import Foundation
import LockstepMapping
import LockstepModel
import LockstepTesting
import Yams

/// One folder of `Tests/LockstepMappingTests/Fixtures`: what gives exactly the code that the folder is named after.
///
/// - `map.yaml`, and further maps of the link as `map-….yaml`.
/// - `schema.yaml`: by store and entity `fields` (`name: TYPE WORDS…`), `key`, `references` (`{field, to, key}`), `kind`
///   and `rows`; without it the maps are looked at offline. Words: `40` (characters, or digits), `10.2` (digits, of them after the point), `16bit`,
///   `required`, `default`, `generated`, `no-zero`, `no-nan`, `labels=a|b`.
///   Values `(invalid: …)`, `(unchanged)` and `(bytes)` stand for cells that a store may deliver, and not keep.
/// - `accepted.yaml`: the schema that the maps were last accepted for.
/// - `lockstep.yaml`: the project, where it is not the plain one.
/// - `fixture.yaml`: `files` that are too large to be kept (`{text, times}`), and `also`: codes that go with this one.
struct LintFixture {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("LockstepMappingTests/Fixtures")

    static var names: [String] {
        let found = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return found.filter { $0.hasPrefix("LS-") }.sorted()
    }

    let name: String
    /// A copy that the fixture may write to.
    let copy: TemporaryFolder
    /// Codes that go with this one.
    private(set) var also: Set<String> = []

    init(_ name: String) throws {
        self.name = name
        copy = try TemporaryFolder("fixture")
        let source = Self.folder.appendingPathComponent(name)
        for file in try FileManager.default.contentsOfDirectory(atPath: source.path) {
            try FileManager.default.copyItem(at: source.appendingPathComponent(file), to: copy.file(file))
        }
        guard let settings = try node("fixture.yaml") else { return }
        for (file, recipe) in settings["files"]?.mapping ?? [:] {
            let text = String(
                repeating: recipe["text"]?.string ?? "", count: Int(recipe["times"]?.scalar?.string ?? "") ?? 0)
            try Data(text.utf8).write(to: copy.file(file.string ?? ""))
        }
        also = Set(settings["also"]?.sequence?.compactMap(\.string) ?? [])
    }

    func node(_ file: String) throws -> Node? {
        guard let data = FileManager.default.contents(atPath: copy.file(file).path) else { return nil }
        return try Yams.compose(yaml: String(decoding: data, as: UTF8.self))
    }

    /// The stores of a schema file, with their records; nil where there is none.
    func stores(_ file: String) throws -> [FixtureStore]? {
        guard let root = try node(file)?.mapping else { return nil }
        return try root.map { try FixtureStore($0.key.string ?? "", $0.value) }
    }

    /// The project, as if it stood in the copy.
    func project(stores: [String]) throws -> ProjectConfiguration? {
        if let data = FileManager.default.contents(atPath: copy.file("lockstep.yaml").path) {
            return ProjectConfiguration.parse(String(decoding: data, as: UTF8.self), directory: copy.path).configuration
        }
        let text = """
            project: fixture
            stores: {\(stores.map { "\($0): {url: 'sqlite:\($0).db'}" }.joined(separator: ", "))}
            links: {link: {between: [\(stores.joined(separator: ", "))], maps: map*.yaml}}
            """
        return ProjectConfiguration.parse(text, directory: copy.path).configuration
    }
}

/// A store of a schema file.
struct FixtureStore {
    struct Unreadable: Error { var what: String }

    var name: String
    var schema = StoreDescription(entities: [])
    var rows: [String: [[String: Value]]] = [:]

    init(_ name: String, _ node: Node) throws {
        self.name = name
        for (key, value) in node.mapping ?? [:] {
            let entity = try Self.entity(key.string ?? "", value)
            schema.entities.append(entity)
            rows[entity.name] = try (value["rows"]?.sequence ?? []).map { try Self.record($0, entity) }
        }
    }

    private static func entity(_ name: String, _ node: Node) throws -> EntityDescription {
        let fields = try (node["fields"]?.mapping ?? [:]).map { try field($0.key.string ?? "", $0.value.string ?? "") }
        let key = node["key"]?.sequence?.compactMap(\.string) ?? []
        let references = (node["references"]?.sequence ?? []).map { reference in
            ReferenceDescription(
                fields: [reference["field"]?.string ?? ""], targetEntity: reference["to"]?.string ?? "",
                targetFields: [reference["key"]?.string ?? ""], hasAction: false)
        }
        return EntityDescription(
            name: name, kind: node["kind"]?.string == "view" ? .view : .table, fields: fields,
            keys: key.isEmpty ? [] : [KeyDescription(name: "key", fields: key, isPrimary: true)], references: references
        )
    }

    private static func field(_ name: String, _ text: String) throws -> FieldDescription {
        var words = text.split(separator: " ").map(String.init)
        guard !words.isEmpty, let type = ValueType.allCases.first(where: { $0.name == words[0] }) else {
            throw Unreadable(what: "the type of \(name)")
        }
        words.removeFirst()
        var field = FieldDescription(name: name, type: type, nativeType: type.name)
        for word in words { try apply(word, &field) }
        return field
    }

    private static func apply(_ word: String, _ field: inout FieldDescription) throws {
        let parts = word.split(separator: ".").map { Int($0) }
        switch word {
        case "required": field.isNullable = false
        case "default": field.hasDefault = true
        case "generated": field.isGenerated = true
        case "no-zero": field.holdsZeroCharacter = false
        case "no-nan": field.holdsNaN = false
        case _ where word.hasPrefix("labels="):
            field.labels = word.dropFirst("labels=".count).split(separator: "|").map(String.init)
        case _ where word.hasSuffix("bit"): field.integerBits = Int(word.dropLast(3))
        case _ where parts.count == 2: (field.precision, field.scale) = (parts[0], parts[1])
        case _ where parts.count == 1 && parts[0] != nil:
            if field.type == .decimal { field.precision = parts[0] } else { field.maximumLength = parts[0] }
            field.nativeType += "(\(word))"
        default: throw Unreadable(what: "the word \(word) of \(field.name)")
        }
    }

    private static func record(_ node: Node, _ entity: EntityDescription) throws -> [String: Value] {
        var record: [String: Value] = [:]
        for (key, value) in node.mapping ?? [:] {
            guard let field = entity.field(key.string ?? ""), let scalar = value.scalar else {
                throw Unreadable(what: "a value of \(key.string ?? "")")
            }
            guard let known = self.value(scalar, field.type) else {
                throw Unreadable(what: "the value of \(field.name)")
            }
            record[field.name] = known
        }
        return record
    }

    private static func value(_ scalar: Node.Scalar, _ type: ValueType) -> Value? {
        if scalar.style == .plain && scalar.string == "null" { return .null }
        switch scalar.string {
        case "(unchanged)": return .unchanged
        case "(bytes)": return .bytes([0])
        case _ where scalar.string.hasPrefix("(invalid: "):
            return .invalid(String(scalar.string.dropFirst(10).dropLast()))
        default: return Value(text: scalar.string, type: type)
        }
    }

    /// Whether a store could keep all records.
    var isPlain: Bool {
        rows.values.joined().allSatisfy { record in
            record.values.allSatisfy { value in
                switch value {
                case .unchanged, .invalid, .bytes([0]): false
                default: true
                }
            }
        }
    }

    /// A store in memory that holds the records.
    func filled() throws -> MemoryStore {
        let store = MemoryStore(name: name, entities: schema.entities.map { MemoryEntity($0) })
        try store.transaction { transaction in
            for entity in schema.entities {
                for record in rows[entity.name] ?? [] { try transaction.insert(entity.name, record) }
            }
        }
        return store
    }
}
