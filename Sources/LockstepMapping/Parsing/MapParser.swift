import Yams

/// Reads a mapping file key by key and collects everything that is wrong with it.
struct MapParser {
    var reader: DocumentReader
    let linkStores: [String]?
    /// Store names by side, once `between` was read.
    var stores: [String] = []
    /// The order in which the file's `between` names the sides.
    var writtenOrder: [Side] = [.left, .right]

    init(file: String, linkStores: [String]?) {
        reader = DocumentReader(file: file, family: .map)
        self.linkStores = linkStores
    }

    static let keys = [
        "map", "version", "publisher", "between", "key", "where", "direction", "fields", "conflicts", "deletes",
        "leave", "mode", "references", "match", "partition", "partitions",
    ]

    mutating func report(_ code: MapCode, at location: SourceLocation, _ message: String, hint: String) {
        reader.report(code.rawValue, at: location, message, hint: hint)
    }

    mutating func map(_ root: Node) -> MapDefinition? {
        guard let fields = reader.fields(root, of: "the map", known: Self.keys) else { return nil }
        let name = reader.required("map", in: fields).flatMap { self.name($0) }
        let version = reader.required("version", in: fields).flatMap { self.version($0) }
        let publisher = fields["publisher"].flatMap { reader.text($0, of: "`publisher`") }
        if let node = fields["mode"] { mode(node) }
        guard let entities = reader.required("between", in: fields).flatMap({ between($0) }) else { return nil }
        let key = reader.required("key", in: fields).map { self.key($0) } ?? []
        let filters = fields["where"].map { self.filters($0) } ?? [nil, nil]
        let direction = fields["direction"].flatMap { self.direction($0) } ?? .both
        let pairs = reader.required("fields", in: fields).map { self.pairs($0) } ?? []
        let conflicts = fields["conflicts"].map { self.conflicts($0) }
        let deletes = fields["deletes"].map { self.deletes($0) }
        let leave = fields["leave"].flatMap {
            reader.word(
                $0, of: "`leave`", among: [("unlink", LeaveRule.unlink), ("delete", .delete), ("keep", .keep)])
        }
        let references = fields["references"].map { self.references($0) } ?? []
        let match = fields["match"].map { matches($0) } ?? []
        let setting = partition(fields)
        guard let name, let version else { return nil }
        return MapDefinition(
            file: reader.file, name: name, version: version, publisher: publisher?.value, stores: stores,
            entities: entities, key: key, filters: filters, direction: direction, pairs: pairs,
            overlap: conflicts?.overlap, deleteRule: conflicts?.delete ?? .updateWins,
            propagatesDeletes: deletes?.propagate ?? true,
            deleteGuard: deletes.map(\.share) ?? Self.standardGuard, leaveRule: leave?.value ?? .unlink,
            references: references, match: match, setting: setting)
    }

    /// A fifth of an entity is more than people delete on purpose, and less than an accident leaves.
    static let standardGuard = 0.2

    // MARK: Head

    private mutating func name(_ node: Node) -> Located<String>? {
        guard let name = reader.text(node, of: "`map`") else { return nil }
        let isValid = name.value.utf8.enumerated().allSatisfy { index, byte in
            let isLetter = (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90)
            return isLetter || (index > 0 && ((byte >= 48 && byte <= 57) || byte == 95 || byte == 45))
        }
        if !isValid || name.value.utf8.count > 63 {
            reader.report(
                .badValue, at: name.location, "`\(name.value)` is no name for a map",
                hint: "use a letter, then letters, digits, `_` and `-`, 63 at most")
        }
        return name
    }

    private mutating func version(_ node: Node) -> String? {
        guard let text = reader.text(node, of: "`version`") else { return nil }
        let release = text.value.prefix { $0 != "-" && $0 != "+" }
        let numbers = release.split(separator: ".", omittingEmptySubsequences: false)
        let isValid =
            numbers.count == 3
            && numbers.allSatisfy { number in
                !number.isEmpty && number.utf8.count <= 9 && number.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
                    && (number == "0" || number.first != "0")
            }
        if !isValid {
            reader.report(
                .badValue, at: text.location, "`\(text.value)` is no version", hint: "write three numbers: `1.0.0`")
        }
        return text.value
    }

    private mutating func mode(_ node: Node) {
        guard let text = reader.text(node, of: "`mode`"), text.value != "replicated" else { return }
        if text.value == "virtual" || text.value.hasPrefix("cached") {
            report(
                .notSupported, at: text.location, "mode `\(text.value)` is not supported yet by this version",
                hint: "write `mode: replicated`, or leave it out")
        } else {
            reader.report(
                .badValue, at: text.location, "`mode` cannot be `\(text.value)`",
                hint: Suggestion.hint(for: text.value, among: ["replicated"]))
        }
    }

    /// The entities by side; sets `stores` and `writtenOrder`.
    private mutating func between(_ node: Node) -> [Located<String>]? {
        guard let entries = reader.entries(node, of: "`between`") else { return nil }
        guard entries.count == 2 else {
            reader.report(
                .badValue, at: reader.location(node), "`between` names \(entries.count) stores instead of two",
                hint: "write `between: {store: entity, store: entity}`")
            return nil
        }
        let written = entries.map(\.key.value)
        if let linkStores {
            for entry in entries where !linkStores.contains(entry.key.value) {
                report(
                    .wrongStores, at: entry.key.location, "store `\(entry.key.value)` is not in the map's link",
                    hint: Suggestion.hint(for: entry.key.value, among: linkStores))
            }
            guard Set(written) == Set(linkStores) else { return nil }
        }
        stores = linkStores ?? written
        writtenOrder = written.first == stores.first ? [.left, .right] : [.right, .left]
        var entities: [Located<String>?] = [nil, nil]
        for (entry, side) in zip(entries, writtenOrder) {
            entities[side.rawValue] = reader.text(entry.value, of: "the entity of `\(entry.key.value)`")
        }
        guard let left = entities[0], let right = entities[1] else { return nil }
        return [left, right]
    }

    /// The side that a store's name stands for; an unknown name is reported.
    mutating func side(_ name: Located<String>) -> Side? {
        if name.value == stores[0] { return .left }
        if name.value == stores[1] { return .right }
        report(
            .unknownStore, at: name.location, "`\(name.value)` is none of the map's stores",
            hint: Suggestion.hint(for: name.value, among: stores))
        return nil
    }

    // MARK: Key, filters, direction

    private mutating func key(_ node: Node) -> [MapDefinition.KeyPart] {
        var nodes = [node]
        if case .sequence = node { nodes = reader.items(node, of: "`key`") ?? [] }
        if nodes.isEmpty {
            reader.report(
                .badValue, at: reader.location(node), "`key` is empty",
                hint: "name the fields that tell records apart, on both sides")
        }
        return nodes.compactMap { keyPart($0) }
    }

    private mutating func keyPart(_ node: Node) -> MapDefinition.KeyPart? {
        guard let fields = reader.fields(node, of: "a part of the key", known: stores) else { return nil }
        let names = stores.map { store in
            reader.required(store, in: fields).flatMap { fieldName($0, store: store) }
        }
        guard let left = names[0], let right = names[1] else { return nil }
        return MapDefinition.KeyPart(fields: [left, right], location: fields.location)
    }

    /// The name of a field, or a path to one of a referred record.
    mutating func fieldName(_ node: Node, store: String) -> Located<String>? {
        reader.text(node, of: "the field of `\(store)`")
    }

    private mutating func filters(_ node: Node) -> [Located<String>?] {
        guard let fields = reader.fields(node, of: "`where`", known: stores) else { return [nil, nil] }
        return stores.map { store in
            fields[store].flatMap { reader.expression($0, of: "the condition for `\(store)`") }
        }
    }

    mutating func direction(_ node: Node) -> Direction? {
        reader.word(
            node, of: "`direction`",
            among: [
                ("both", Direction.both), ("\(stores[0])-to-\(stores[1])", .from(.left)),
                ("\(stores[1])-to-\(stores[0])", .from(.right)),
            ])?.value
    }
}
