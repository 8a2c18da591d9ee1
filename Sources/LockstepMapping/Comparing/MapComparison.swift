/// What two versions of a map do differently. Comments, layout and the order of lines are no difference.
public struct MapComparison: Sendable {
    /// How much a version number should rise, after Semantic Versioning 2.0.0.
    public enum Step: String, Sendable, Hashable, Codable, Comparable {
        /// Nothing that the map does is different.
        case none
        /// Single values come out differently: value maps, defaults, rounding, filters of the same records' kind.
        case patch
        /// More than before: another pair, another value.
        case minor
        /// Something that others may rely on is gone or means something else: key, stores, filters, direction, owners, pairs
        /// removed.
        case major

        public static func < (left: Step, right: Step) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .none: 0
            case .patch: 1
            case .minor: 2
            case .major: 3
            }
        }
    }

    /// One difference.
    public struct Difference: Sendable, Hashable, Codable {
        public enum Kind: String, Sendable, Hashable, Codable { case added, removed, changed }
        public var kind: Kind
        /// What it is about: `key`, `where`, `fields`, `conflicts` …
        public var subject: String
        /// The pair, or what else is different: `currency ~ currencycode`.
        public var name: String
        /// What it means when the map runs.
        public var meaning: String
        public var step: Step
    }

    public var differences: [Difference]
    /// A sync compares all records of both sides anew.
    public var comparesAnew: Bool
    /// How much the version number should rise for what is different.
    public var step: Step
    public var oldVersion: String
    public var newVersion: String
    /// The lowest version number that says what is different.
    public var expectedVersion: String

    public var isSame: Bool { differences.isEmpty }
    /// The new version number says less than what is different.
    public var isVersionTooLow: Bool {
        Self.numbers(newVersion).lexicographicallyPrecedes(Self.numbers(expectedVersion))
    }

    /// Compares two versions of one map; sides go by the stores' names, whichever `between` names first.
    public init(old: MapDefinition, new: MapDefinition) {
        let work = ComparisonWork(old: old, new: new)
        differences = work.differences()
        comparesAnew = MapFingerprint.of(old) != MapFingerprint.of(new)
        step = differences.map(\.step).max() ?? .none
        oldVersion = old.version
        newVersion = new.version
        expectedVersion = Self.raised(old.version, by: step)
    }

    private static func numbers(_ version: String) -> [Int] {
        version.prefix { $0 != "-" && $0 != "+" }.split(separator: ".").map { Int($0) ?? 0 }
    }

    /// Before 1.0.0 what is incompatible raises the middle number only.
    private static func raised(_ version: String, by step: Step) -> String {
        var parts = numbers(version)
        while parts.count < 3 { parts.append(0) }
        switch step {
        case .none: return version
        case .patch: parts[2] += 1
        case .minor: parts = [parts[0], parts[1] + 1, 0]
        case .major: parts = parts[0] == 0 ? [0, parts[1] + 1, 0] : [parts[0] + 1, 0, 0]
        }
        return parts.map(String.init).joined(separator: ".")
    }
}
