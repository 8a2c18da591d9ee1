import LockstepModel

/// `20260131T235959Z-0123456789ab`: the time of the cut in UTC and 48 random bits, so that names sort by time and two
/// writers never choose the same.
public enum SnapshotIdentifier {
    /// - Parameter cutTime: microseconds since 1970-01-01T00:00:00Z.
    public static func make(cutTime: Int64) -> String { make(cutTime: cutTime, random: RandomName.hex(bytes: 6)) }

    /// - Parameter random: 12 lower-case hexadecimal digits.
    public static func make(cutTime: Int64, random: String) -> String {
        let seconds = ISOText.floorDivide(cutTime, 1_000_000) * 1_000_000
        let text = ISOText.formatTimestamp(seconds).filter { $0 != "-" && $0 != ":" }
        return "\(text.prefix(8))T\(text.suffix(6))Z-\(random)"
    }

    public static func isValid(_ id: String) -> Bool {
        let bytes = Array(id.utf8)
        guard bytes.count == 29, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return false }
        guard bytes[16] == UInt8(ascii: "-") else { return false }
        let digits = bytes[0..<8] + bytes[9..<15]
        return digits.allSatisfy { (48...57).contains($0) }
            && bytes[17...].allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}
