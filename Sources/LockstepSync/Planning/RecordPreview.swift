public import LockstepMapping
public import LockstepModel

/// What a sync would do with one record, field by field, when both sides meet for the first time.
public struct RecordPreview: Sendable, Hashable {
    /// What would become of the record as a whole.
    public enum Verdict: Sendable, Hashable {
        /// Neither side has it.
        case notFound
        /// Nothing would be written.
        case equal
        /// Fields would be written on one side or both.
        case differs
        /// It is on one side only, and would be inserted on this one.
        case inserted(Side)
        /// It is on one side only, and the map brings nothing to this one.
        case missing(Side)
        /// This side's record is outside its filter: the map does not see it.
        case outside(Side)
        /// Both records are outside their filters.
        case outsideBoth
        /// It waits for a person: it cannot be mapped, from this side.
        case parks(Side, MappingFailure)
    }

    /// One pair of the map.
    public struct Field: Sendable, Hashable {
        public enum Outcome: String, Sendable, Hashable {
            case key
            case equal
            /// Written on the side that ``Field/writes`` has a value for.
            case written
            /// Differs, and a person decides.
            case undecided
            /// Cannot be mapped.
            case failed
            /// Nothing is said of it: the record as a whole is not carried over.
            case untouched
        }
        /// By ``Side``; nil where the pair has none there.
        public var names: [String?]
        /// What stands there now, by ``Side``; nil where there is no record, or no field.
        public var values: [Value?]
        /// What would be written, by ``Side``; nil where nothing would.
        public var writes: [Value?]
        public var outcome: Outcome
        /// Why, for people: `newest wins`, `owner`, `default`, `value map`.
        public var reason: String
    }

    public var map: String
    /// `account=C-17, company=DE`.
    public var key: String
    public var verdict: Verdict
    public var fields: [Field]
    /// Keys that differ from the one asked for in case, spaces and leading zeros only.
    public var nearKeys: [String] = []
}
