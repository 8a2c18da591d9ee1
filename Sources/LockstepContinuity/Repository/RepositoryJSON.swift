/// How the repository's own objects become bytes: canonical JSON, so that a digest is over what is meant.
enum RepositoryJSON {
    static func encode(_ value: some Encodable) throws -> [UInt8] { try CanonicalJSON.encode(value) }

    /// Nil where the bytes are no such value.
    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        try? CanonicalJSON.decode(type, from: bytes)
    }
}
