/// The lines of an increment's members (`changes/…`): an operation, the key's fingerprint as 32 hexadecimal digits, and
/// for `U` the row as it is now, all between tabs. `U` puts a row in the place of the one with this key, or adds it; `D`
/// takes it away. A key stands once in an increment.
enum DeltaText {
    static let digitCount = 32
    private static let prefixCount = digitCount + 2

    enum Change {
        case upsert(key: UInt128, line: UnsafeRawBufferPointer)
        case delete(key: UInt128)
    }

    static func appendUpsert(_ key: UInt128, _ line: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        append("U", key, to: &bytes)
        bytes.append(UInt8(ascii: "\t"))
        bytes += line
        bytes.append(UInt8(ascii: "\n"))
    }

    static func appendDelete(_ key: UInt128, to bytes: inout [UInt8]) {
        append("D", key, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func append(_ operation: Unicode.Scalar, _ key: UInt128, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: operation))
        bytes.append(UInt8(ascii: "\t"))
        bytes += key.digits.utf8
    }

    /// - Parameter line: without its line feed.
    /// - Returns: nil for what is no change.
    static func parse(_ line: UnsafeRawBufferPointer) -> Change? {
        guard line.count >= prefixCount, line[1] == UInt8(ascii: "\t"),
            let text = String(validating: line[2..<prefixCount], as: UTF8.self),
            text.allSatisfy(\.isHexDigit), let key = UInt128(text, radix: 16)
        else { return nil }
        if line[0] == UInt8(ascii: "D"), line.count == prefixCount { return .delete(key: key) }
        guard line[0] == UInt8(ascii: "U"), line.count > prefixCount, line[prefixCount] == UInt8(ascii: "\t") else {
            return nil
        }
        return .upsert(key: key, line: UnsafeRawBufferPointer(rebasing: line[(prefixCount + 1)...]))
    }
}
