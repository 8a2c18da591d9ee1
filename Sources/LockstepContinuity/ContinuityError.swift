/// Why a backup, a restore, a check of a repository or a drill could not go on. Never holds a field's value or a secret.
public struct ContinuityError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A stable code. Static members, so that it can grow.
    public struct Code: Sendable, Hashable {
        public let text: String

        public init(_ text: String) { self.text = text }

        /// There is no repository at the address.
        public static let noRepository = Code("LS-ARCHIVE-NO-REPOSITORY")
        /// The address or an option of the repository cannot be used.
        public static let configuration = Code("LS-ARCHIVE-CONFIGURATION")
        /// The repository cannot be reached, or the connection broke. May heal.
        public static let unreachable = Code("LS-ARCHIVE-UNREACHABLE")
        /// The disk or bucket is full.
        public static let full = Code("LS-ARCHIVE-FULL")
        /// The repository refuses what was asked (rights, object lock).
        public static let forbidden = Code("LS-ARCHIVE-FORBIDDEN")
        /// An object that must be there is not.
        public static let missing = Code("LS-ARCHIVE-MISSING")
        /// An object is there and is not what it was: its length, digest, form or place is wrong.
        public static let damaged = Code("LS-ARCHIVE-DAMAGED")
        /// A signature is missing, wrong, or not by a trusted key.
        public static let signature = Code("LS-ARCHIVE-SIGNATURE")
        /// None of the keys given opens it, or none was given.
        public static let wrongKey = Code("LS-ARCHIVE-WRONG-KEY")
        /// A key file cannot be used.
        public static let badKey = Code("LS-ARCHIVE-BAD-KEY")
        /// The object or format was written by a later version.
        public static let tooNew = Code("LS-ARCHIVE-TOO-NEW")
        /// No snapshot, store, entity or record is what was asked for.
        public static let notFound = Code("LS-ARCHIVE-NOT-FOUND")
        /// An archive holds what no archive of ours may hold: links, devices, foreign names, more than it declares.
        public static let hostile = Code("LS-ARCHIVE-HOSTILE")
        /// The target of a restore is not what it must be: not empty, or the source itself.
        public static let target = Code("LS-ARCHIVE-TARGET")
        /// A file or folder on this machine cannot be used.
        public static let file = Code("LS-ARCHIVE-FILE")
        /// A statement is not one that only reads, or SQLite does not understand it.
        public static let statement = Code("LS-QUERY-STATEMENT")
        /// A query took longer than it may.
        public static let timeLimit = Code("LS-QUERY-TIME-LIMIT")
        /// The source cannot be read as a whole.
        public static let source = Code("LS-ARCHIVE-SOURCE")
    }

    public var code: Code
    /// What was being done: "reading a part", "opening the repository".
    public var doing: String
    /// The object, file or snapshot it is about.
    public var object: String?
    public var message: String
    /// What a person can do about it.
    public var hint: String

    public init(_ code: Code, doing: String, object: String? = nil, message: String, hint: String) {
        self.code = code
        self.doing = doing
        self.object = object
        self.message = message
        self.hint = hint
    }

    public var description: String {
        let place = object.map { " (\($0))" } ?? ""
        return "\(code.text): \(doing)\(place): \(message)\(hint.isEmpty ? "" : " — \(hint)")"
    }
}
