/// Why the engine's own database cannot be used.
public struct StateError: Error, Sendable, CustomStringConvertible {
    /// A stable code. Static members, so that it can grow.
    public struct Code: Sendable, Hashable {
        public let text: String

        /// The file was made by a later version of Lockstep.
        public static let newerVersion = Code(text: "LS-STATE-NEWER")
        /// The file belongs to another project.
        public static let otherProject = Code(text: "LS-STATE-OTHER-PROJECT")
        /// Another run holds the project.
        public static let locked = Code(text: "LS-STATE-LOCKED")
        /// The file cannot be opened, read or written, or is damaged.
        public static let unusable = Code(text: "LS-STATE-UNUSABLE")
        /// A map would make a move that is not legal.
        public static let illegalMove = Code(text: "LS-STATE-MOVE")
        /// There is no conflict, parked record or map of that name.
        public static let notFound = Code(text: "LS-STATE-NOT-FOUND")
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
