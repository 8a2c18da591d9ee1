/// A passphrase. Never shown, also not where a value that holds it is printed.
public struct Passphrase: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    let bytes: [UInt8]

    /// - Throws: ``ContinuityError`` with code `badKey` where it is empty.
    public init(_ text: String) throws {
        guard !text.isEmpty else {
            throw ContinuityError(
                .badKey, doing: "taking a passphrase", message: "the passphrase is empty",
                hint: "give one of several random words")
        }
        bytes = Array(text.utf8)
    }

    public var description: String { "a passphrase" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
