/// What a mapping file says, before it is checked against the stores' schemas.
///
/// Sides are those of the link where the stores' names were given, and those of the file's `between` otherwise.
public struct MapDefinition: Sendable, Hashable {
    /// The file, as messages name it.
    public var file: String
    public var name: Located<String>
    /// `major.minor.patch`, as in Semantic Versioning 2.0.0.
    public var version: String
    public var publisher: String?
    /// Store names, by ``Side``.
    public var stores: [String]
    /// Entity names, by ``Side``.
    public var entities: [Located<String>]
    /// The natural key: in each part a field of either side.
    public var key: [KeyPart]
    /// Conditions in the expression language, by ``Side``.
    public var filters: [Located<String>?]
    public var direction: Direction
    public var pairs: [PairDefinition]
    /// Nil where the map does not say: then nobody wins before a person decides.
    public var overlap: Located<OverlapRule>?
    public var deleteRule: DeleteRule
    public var propagatesDeletes: Bool
    /// The share of an entity (0…1) above which deletes stop the map; nil where there is no guard.
    public var deleteGuard: Double?
    public var leaveRule: LeaveRule
    /// References that the stores do not declare.
    public var references: [ReferenceDefinition] = []
    /// How plans find probable duplicates. No part of what a sync does, nor of the map's fingerprint.
    public var match: [MatchDefinition] = []
    /// What the file says of partitions; nil where it leaves all of it to the link.
    public var setting: PartitionSetting?
    /// How the map's records are parted, in its link; nil where they are in no partition.
    public var partition: PartitionDefinition?

    /// One field of the key, on either side.
    public struct KeyPart: Sendable, Hashable {
        /// Names of fields, or paths, by ``Side``.
        public var fields: [Located<String>]
        public var location: SourceLocation
    }
}

/// One line of a map's `fields`.
public struct PairDefinition: Sendable, Hashable {
    /// What to do with a value that a value map does not list.
    public enum Unmapped: String, Sendable, Hashable {
        /// The record waits for a person.
        case park
        /// The target becomes null.
        case null
        /// The value goes through as it is.
        case pass
    }
    /// What may be lost, because the map says so.
    public enum Loss: String, Sendable, Hashable {
        /// To the nearest, halves away from zero.
        case round
        /// What does not fit is cut off.
        case truncate
    }
    /// The case that letters are carried over in.
    public enum LetterCase: String, Sendable, Hashable {
        case upper, lower
    }
    /// Which zone times without zone are in, and which of two points in time is meant where clocks showed a time twice.
    public struct ZoneRule: Sendable, Hashable {
        public enum Overlap: String, Sendable, Hashable {
            case earlier, later
        }
        /// As in the IANA time zone database.
        public var name: String
        /// Nil: such records are parked.
        public var overlap: Overlap?
    }
    /// One pair of a value map.
    public struct ValuePair: Sendable, Hashable {
        /// Values by ``Side``.
        public var values: [ScalarText]
        public var location: SourceLocation
    }

    public var location: SourceLocation
    /// Names of fields, or paths (`currencyid.code`), by ``Side``; nil on the side that a constant or an expression comes from.
    public var fields: [Located<String>?]
    /// Nil where the pair goes as the map goes.
    public var direction: Direction?
    public var owner: Side?
    /// In the order of the file; empty where there is no value map.
    public var values: [ValuePair]
    public var unmapped: Unmapped
    /// For the target where the source is null.
    public var defaultValue: Located<ScalarText>?
    public var constant: Located<ScalarText>?
    /// An expression over the source's fields.
    public var expression: Located<String>?
    public var loss: Loss?
    /// The digits after the point that `round: N` keeps; nil for as many as the target has.
    public var digits: Int?
    /// The zone of times without zone where the other side keeps points in time.
    public var zone: Located<ZoneRule>?
    /// By ``Side``: values that stand for null there; null becomes the first.
    public var sentinels: [[Located<ScalarText>]] = [[], []]
    /// Blanks at both ends of texts are taken off.
    public var trims = false
    public var letterCase: LetterCase?
    /// A field of the referring record: the record that a path leads to has the same value in its field of that name.
    public var within: Located<String>?
    /// Written in a second pass, once the record that it refers to is there.
    public var isDeferred = false

    /// Whether the pair does more than carry a field's value over.
    var hasTransform: Bool {
        !values.isEmpty || defaultValue != nil || constant != nil || expression != nil || loss != nil || zone != nil
            || sentinels != [[], []] || trims || letterCase != nil
    }
}

/// What became of reading a mapping file: everything that is wrong with it, and the map where nothing is.
public struct LoadedMap: Sendable {
    public var definition: MapDefinition?
    public var diagnostics: [Diagnostic]
}

extension MapDefinition {
    /// Reads a mapping file.
    ///
    /// - Parameter stores: the link's two stores, the first of which is ``Side/left``; nil to take the map's own order.
    public static func load(_ file: MapFile, stores: [String]? = nil) -> LoadedMap {
        read(YAMLDocument.load(path: file.path, file: file.name, family: .map), file: file.name, stores: stores)
    }

    /// Reads a map from text; `file` is what messages call it.
    public static func parse(_ text: String, file: String, stores: [String]? = nil) -> LoadedMap {
        parse(bytes: Array(text.utf8), file: file, stores: stores)
    }

    static func parse(bytes: [UInt8], file: String, stores: [String]? = nil) -> LoadedMap {
        read(YAMLDocument.parse(bytes, file: file, family: .map), file: file, stores: stores)
    }

    private static func read(_ outcome: YAMLDocument.Outcome, file: String, stores: [String]?) -> LoadedMap {
        guard let root = outcome.root else { return LoadedMap(diagnostics: outcome.diagnostics) }
        var parser = MapParser(file: file, linkStores: stores)
        let definition = parser.map(root)
        let diagnostics = parser.reader.diagnostics
        return LoadedMap(definition: parser.reader.hasErrors ? nil : definition, diagnostics: diagnostics)
    }
}

/// The maps of a link, read together.
public struct LoadedMaps: Sendable {
    /// Those that could be read, in order of their files.
    public var definitions: [MapDefinition]
    public var diagnostics: [Diagnostic]
}

extension LinkConfiguration {
    /// Reads all maps of the link, each once for every partition that it is for; two files of one name are an error.
    public func loadMaps() -> LoadedMaps {
        var loaded = LoadedMaps(definitions: [], diagnostics: [])
        for outcome in ConcurrentReading.map(maps, { MapDefinition.load($0, stores: between) }) {
            loaded.diagnostics += outcome.diagnostics
            guard let definition = outcome.definition else { continue }
            let base = definition.mapName.base
            if let other = loaded.definitions.first(where: { $0.mapName.base == base }) {
                loaded.diagnostics.append(
                    Diagnostic(
                        .error, MapCode.duplicateMap.rawValue, at: definition.name.location,
                        "map `\(base)` is also in \(other.file)", hint: "give one of them another name"))
                continue
            }
            let parts = definition.parted(by: self)
            loaded.definitions += parts.definitions
            loaded.diagnostics += parts.diagnostics
        }
        if !partitions.isEmpty, loaded.definitions.allSatisfy({ $0.partition == nil }), !loaded.definitions.isEmpty {
            loaded.diagnostics.append(
                Diagnostic(
                    .error, ProjectCode.badPartitions.rawValue, at: location,
                    "link `\(name)` lists partitions, and none of its maps has a field that they are in",
                    hint: "add `partition: field` to the stores, or leave `partitions` out"))
        }
        return loaded
    }
}
