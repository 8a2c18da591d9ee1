/// JSON in one spelling only (RFC 8785, the JSON Canonicalization Scheme), so that bytes can be signed and known by their
/// digest: names sorted by UTF-16, no white space, numbers as ECMAScript writes them, UTF-8.
///
/// Integers beyond ±(2^53 − 1) are no JSON numbers that every reader keeps (RFC 7493, 2.2): they are written as strings
/// of decimal digits and read back from them; in that range they are numbers and nothing else. `Data` is base64 with
/// padding; `Float` goes by its value as a `Double`. Optional values that are nil are left out where the type's coding
/// uses `encodeIfPresent`, as generated coding does.
public enum CanonicalJSON {
    /// What is read from a repository is bounded: it may come from a stranger.
    public struct Limits: Sendable, Hashable {
        /// Bytes of the text. The manifest of a terabyte has some tens of megabytes.
        public var byteCount = 256 << 20
        /// Arrays and objects within each other; ours have fewer than ten.
        public var depth = 64

        public init() {}
    }

    /// The integers that every reader of JSON keeps (RFC 7493).
    static let safeIntegers: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991

    /// - Throws: ``ContinuityError`` with code `configuration` for what JSON cannot hold: a number that is not finite,
    ///   a top-level nothing.
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let node = try NodeEncoder.node(for: value, path: [])
        var writer = CanonicalWriter()
        writer.write(node)
        return writer.bytes
    }

    /// Reads bytes that are canonical, to the last one.
    ///
    /// Fields that the type does not know are skipped, so that an older version reads what a newer one wrote; they belong
    /// to the canonical form all the same, since the bytes are checked and not the type's own fields.
    ///
    /// - Throws: ``ContinuityError`` with code `damaged` for bytes that are no JSON, are not canonical, hold a name
    ///   twice, pass a limit, or do not fit the type. Messages name the field, never its value.
    public static func decode<T: Decodable>(
        _ type: T.Type, from bytes: [UInt8], limits: Limits = Limits()
    ) throws -> T {
        let node = try parse(bytes, limits: limits)
        return try NodeDecoder.decode(type, from: node, path: [])
    }

    /// Whether bytes are canonical JSON, whatever they mean.
    ///
    /// - Throws: as ``decode(_:from:limits:)``.
    public static func check(_ bytes: [UInt8], limits: Limits = Limits()) throws {
        _ = try parse(bytes, limits: limits)
    }

    static func parse(_ bytes: [UInt8], limits: Limits) throws -> JSONNode {
        guard bytes.count <= limits.byteCount else {
            throw damaged("it has more than \(limits.byteCount) bytes")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw damaged("it is not UTF-8") }
        var parser = JSONNodeParser(bytes: bytes, depthLimit: limits.depth)
        let node = try parser.parse()
        var writer = CanonicalWriter()
        writer.write(node)
        guard writer.bytes == bytes else { throw damaged("it is JSON, but not in canonical form (RFC 8785)") }
        return node
    }

    static func damaged(_ message: String) -> ContinuityError {
        ContinuityError(
            .damaged, doing: "reading JSON", message: message,
            hint: "the file was changed, or written by another program; take another copy")
    }
}
