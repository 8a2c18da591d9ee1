/// Reads the parts of one message of the logical replication protocol (documentation, "Logical Replication Message
/// Formats"); running over its end is an error, never a crash.
struct MessageReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var index: Int

    init(_ bytes: UnsafeRawBufferPointer, from index: Int = 0) {
        self.bytes = bytes
        self.index = index
    }

    static let malformed = ServerError(state: "08P01", message: "a replication message is malformed")

    @inline(__always)
    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) throws -> Number {
        guard index + MemoryLayout<Number>.size <= bytes.count else { throw Self.malformed }
        defer { index += MemoryLayout<Number>.size }
        return bytes.bigEndian(index, as: type)
    }

    mutating func string() throws -> String {
        let start = index
        while index < bytes.count, bytes[index] != 0 { index += 1 }
        guard index < bytes.count else { throw Self.malformed }
        defer { index += 1 }
        return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
    }

    @inline(__always)
    mutating func skip(_ count: Int) throws {
        guard count >= 0, index + count <= bytes.count else { throw Self.malformed }
        index += count
    }

    /// Where the transaction commits that the message begins; nil for other messages.
    var beginsTransaction: UInt64? {
        guard index + 9 <= bytes.count, bytes[index] == UInt8(ascii: "B") else { return nil }
        return bytes.bigEndian(index + 1, as: UInt64.self)
    }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
}

/// The columns of one row image: where each value stands in the message.
struct TupleImage {
    enum Value {
        case null
        /// A large value, stored apart, that the update did not touch.
        case unchanged
        case text(Range<Int>)
    }
    private(set) var values: [Value] = []

    mutating func read(_ reader: inout MessageReader) throws {
        values.removeAll(keepingCapacity: true)
        let count = Int(try reader.number(UInt16.self))
        for _ in 0..<count {
            switch try reader.number(UInt8.self) {
            case UInt8(ascii: "n"): values.append(.null)
            case UInt8(ascii: "u"): values.append(.unchanged)
            case UInt8(ascii: "t"):
                let length = Int(try reader.number(UInt32.self))
                let start = reader.index
                try reader.skip(length)
                values.append(.text(start..<start + length))
            default: throw MessageReader.malformed
            }
        }
    }
}
