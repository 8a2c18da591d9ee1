internal import CXXHash

/// What an increment knows of a row: who it is, and what it looks like.
struct RowFingerprint: Sendable {
    /// XXH3-128 of the key fields' text, tabs between them.
    var key: UInt128
    /// XXH3-128 of the row's whole line: what ``RowSetHash`` sums.
    var row: UInt128
}

/// Takes fingerprints of a table's rows.
struct RowKeys: Sendable {
    /// Places of the key's fields in the line, in the order of the key.
    private let places: [Int]
    private let last: Int

    /// - Returns: nil where the table has no key.
    init?(fields: [String], key: [String]) {
        places = key.compactMap(fields.firstIndex(of:))
        guard !key.isEmpty, places.count == key.count else { return nil }
        last = places.max() ?? 0
    }

    func fingerprint(_ line: UnsafeRawBufferPointer) -> RowFingerprint {
        RowFingerprint(key: key(of: line), row: Self.hash(line))
    }

    /// - Parameter line: without its line feed. A tab in it is always the end of a field, for those in values are escaped.
    func key(of line: UnsafeRawBufferPointer) -> UInt128 {
        if places.count == 1 { return Self.hash(Self.field(last, of: line)) }
        var bytes: [UInt8] = []
        for (index, place) in places.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "\t")) }
            bytes += Self.field(place, of: line)
        }
        return bytes.withUnsafeBytes(Self.hash)
    }

    private static func field(_ place: Int, of line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var begin = 0
        for _ in 0..<place {
            guard let tab = line[begin...].firstIndex(of: UInt8(ascii: "\t")) else {
                return line[line.endIndex...].rebased
            }
            begin = tab + 1
        }
        return line[begin..<(line[begin...].firstIndex(of: UInt8(ascii: "\t")) ?? line.endIndex)].rebased
    }

    /// XXH3-128 of some bytes.
    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt128 {
        let hash = XXH3_128bits(bytes.baseAddress, bytes.count)
        return UInt128(hash.high64) << 64 | UInt128(hash.low64)
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate var rebased: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self) }
}

extension UInt128 {
    /// 32 lower-case hexadecimal digits.
    var digits: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
