/// Why a connector could not do what it was asked. Never holds a field's value or a secret.
public struct ConnectorError: Error, Sendable, CustomStringConvertible {
    /// A stable code. Static members, so that it can grow.
    public struct Code: Sendable, Hashable {
        public let text: String
        public let disposition: Disposition

        public init(_ text: String, _ disposition: Disposition) {
            self.text = text
            self.disposition = disposition
        }

        /// The server or file cannot be reached, or the connection broke.
        public static let unreachable = Code("LS-STORE-UNREACHABLE", .retry)
        /// Another process holds a lock, or a deadlock or serialization failure rolled the transaction back.
        public static let busy = Code("LS-STORE-BUSY", .retry)
        /// The user name or password is wrong, or the user may not connect.
        public static let credentials = Code("LS-STORE-CREDENTIALS", .halt)
        /// Connected, but some right is missing.
        public static let forbidden = Code("LS-STORE-FORBIDDEN", .halt)
        public static let readOnly = Code("LS-STORE-READ-ONLY", .halt)
        public static let full = Code("LS-STORE-FULL", .halt)
        /// The file or database is damaged.
        public static let corrupt = Code("LS-STORE-CORRUPT", .halt)
        /// There is no such file or database.
        public static let absent = Code("LS-STORE-ABSENT", .halt)
        /// An entity or field that was asked for is not there.
        public static let schema = Code("LS-STORE-SCHEMA", .halt)
        /// The server lacks a setting that capture needs (`wal_level`), or a version is too old.
        public static let unsupported = Code("LS-STORE-UNSUPPORTED", .halt)
        /// Capture is not installed, or was removed.
        public static let notInstalled = Code("LS-STORE-NOT-INSTALLED", .halt)
        /// The changes after the position are gone: the slot was dropped, the journal trimmed, the store restored.
        public static let historyLost = Code("LS-STORE-HISTORY-LOST", .resnapshot)
        /// The same slot or lane is in use by another process.
        public static let inUse = Code("LS-STORE-IN-USE", .halt)
        /// The URL or an option of the store is malformed.
        public static let configuration = Code("LS-STORE-CONFIGURATION", .halt)
        /// The store answered in a way that the connector does not understand.
        public static let protocolViolation = Code("LS-STORE-PROTOCOL", .halt)
    }

    /// What the engine may do about it; it switches on this exhaustively.
    public enum Disposition: Sendable, Hashable {
        /// Try again later: it may heal by itself.
        case retry
        /// Compare both sides anew.
        case resnapshot
        /// Stop, and tell a person.
        case halt
    }

    public var code: Code
    /// What was being done: "reading changes", "opening the store".
    public var doing: String
    public var entity: String?
    public var message: String
    /// What a person can do about it.
    public var hint: String

    public init(_ code: Code, doing: String, entity: String? = nil, message: String, hint: String) {
        self.code = code
        self.doing = doing
        self.entity = entity
        self.message = message
        self.hint = hint
    }

    public var disposition: Disposition { code.disposition }

    public var description: String {
        let place = entity.map { " (\($0))" } ?? ""
        return "\(code.text): \(doing)\(place): \(message)\(hint.isEmpty ? "" : " — \(hint)")"
    }
}
