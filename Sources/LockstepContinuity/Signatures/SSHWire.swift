/// The data types of SSH (RFC 4251, section 5) that keys and signatures are made of.
struct SSHWireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(raw: some Sequence<UInt8>) { bytes.append(contentsOf: raw) }

    mutating func append(_ number: UInt32) { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }

    /// Bytes with their length before them.
    mutating func append(string: some Collection<UInt8>) {
        append(UInt32(string.count))
        append(raw: string)
    }
}

/// Reads what ``SSHWireWriter`` writes; nil where it ends too early.
struct SSHWireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }
    var remaining: [UInt8] { Array(rest) }

    mutating func raw(_ count: Int) -> [UInt8]? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func number() -> UInt32? { raw(4).map { $0.reduce(0) { $0 << 8 | UInt32($1) } } }

    mutating func string() -> [UInt8]? {
        guard let count = number() else { return nil }
        return raw(Int(count))
    }

    mutating func text() -> String? { string().flatMap { String(validating: $0, as: UTF8.self) } }
}
