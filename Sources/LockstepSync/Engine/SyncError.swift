/// Why a sync could not run or go on. Never holds field values.
public struct SyncError: Error, Sendable, CustomStringConvertible {
    /// A stable code. Static members, so that it can grow.
    public struct Code: Sendable, Hashable {
        public let text: String

        /// A store is not the one that was synced before.
        public static let storeReplaced = Code(text: "LS-SYNC-STORE-REPLACED")
        /// The changes since the last checkpoint are gone.
        public static let historyLost = Code(text: "LS-SYNC-HISTORY-LOST")
        /// The sides did not become quiet within the bound of rounds.
        public static let notQuiet = Code(text: "LS-SYNC-NOT-QUIET")
        /// A conflict or parked record cannot be treated as asked.
        public static let notPossible = Code(text: "LS-SYNC-NOT-POSSIBLE")
        /// A plan finds no room for its temporary file.
        public static let noRoom = Code(text: "LS-SYNC-NO-ROOM")
        /// What a sync would do is not what was planned any more.
        public static let planMoved = Code(text: "LS-SYNC-PLAN-MOVED")
        /// There is no such conflict, parked record or map.
        public static let notFound = Code(text: "LS-SYNC-NOT-FOUND")
        /// A store does not allow what the link is about to do.
        public static let noAccess = Code(text: "LS-SYNC-NO-ACCESS")
        /// A temporary file could not be written or read.
        public static let spoolFailed = Code(text: "LS-SYNC-SPOOL")
    }

    public var code: Code
    public var message: String
    /// What a person can do about it.
    public var hint: String

    public init(_ code: Code, _ message: String, hint: String) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    public var description: String { "\(code.text): \(message)\(hint.isEmpty ? "" : " — \(hint)")" }
}
