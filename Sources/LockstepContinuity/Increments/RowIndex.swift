internal import Foundation
internal import Glibc
internal import Synchronization

/// The fingerprints of a table's rows as of a snapshot: what the next increment compares with. The file is mapped, not
/// read; all that is held of it is a bit a row.
final class RowIndex: Sendable {
    private static let magic: UInt64 = 0x3158_4449_574F_5253
    private static let stride = MemoryLayout<RowFingerprint>.stride
    /// Magic, count, where each bucket begins, and room up to a whole number of fingerprints.
    private static let headerBytes = (16 + (RowIndexWriter.bucketCount + 1) * 8 + stride - 1) / stride * stride

    let count: Int
    /// What the rows were: the sum of all their hashes.
    let hash: String
    private let map: Mapping
    private let starts: [Int]
    /// A bit a row: that it was found again.
    private let seen: Mutex<[UInt64]>

    /// Unmaps the file with the last user.
    private final class Mapping: @unchecked Sendable {
        // Read-only memory: safe to share.
        let bytes: UnsafeRawBufferPointer

        init?(_ path: String) {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return nil }
            defer { close(descriptor) }
            var facts = stat()
            guard fstat(descriptor, &facts) == 0, facts.st_size > 0,
                let address = mmap(nil, Int(facts.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0),
                address != MAP_FAILED
            else { return nil }
            bytes = UnsafeRawBufferPointer(start: address, count: Int(facts.st_size))
        }

        deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
    }

    static func header(_ counts: [Int]) -> Data {
        var numbers = [magic, UInt64(counts.reduce(0, +))]
        var start: UInt64 = 0
        for count in counts {
            numbers.append(start)
            start += UInt64(count)
        }
        numbers.append(start)
        var data = numbers.withUnsafeBytes { Data($0) }
        data.append(Data(repeating: 0, count: headerBytes - data.count))
        return data
    }

    /// - Returns: nil where the file is not there, or not whole: then nothing can be compared with it.
    init?(path: String) {
        guard let map = Mapping(path), map.bytes.count >= Self.headerBytes else { return nil }
        let numbers = (0..<RowIndexWriter.bucketCount + 3).map {
            map.bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)
        }
        guard numbers[0] == Self.magic, let count = Int(exactly: numbers[1]),
            count <= map.bytes.count / Self.stride, map.bytes.count == Self.headerBytes + count * Self.stride
        else { return nil }
        let starts = numbers[2...].compactMap { Int(exactly: $0) }
        guard starts.count == RowIndexWriter.bucketCount + 1, starts.last == count, starts == starts.sorted() else {
            return nil
        }
        self.map = map
        self.count = count
        self.starts = starts
        seen = Mutex([UInt64](repeating: 0, count: (count + 63) / 64))
        var sum: UInt128 = 0
        for place in 0..<count { sum &+= Self.load(map, place).row }
        hash = sum.digits
    }

    private static func load(_ map: Mapping, _ place: Int) -> RowFingerprint {
        map.bytes.loadUnaligned(fromByteOffset: headerBytes + place * stride, as: RowFingerprint.self)
    }

    /// Where a key stands, and what its row was; nil where there was none.
    func find(_ key: UInt128) -> (place: Int, row: UInt128)? {
        let bucket = Int(key >> 120)
        var (low, high) = (starts[bucket], starts[bucket + 1])
        while low < high {
            let middle = (low + high) / 2
            let entry = Self.load(map, middle)
            if entry.key == key { return (middle, entry.row) }
            if entry.key < key { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Notes rows that are still there.
    ///
    /// - Returns: false where one of them was noted before: two rows have one key.
    func note(_ places: [Int]) -> Bool {
        seen.withLock { seen in
            var isFirst = true
            for place in places {
                let bit: UInt64 = 1 << UInt64(place % 64)
                if seen[place / 64] & bit != 0 { isFirst = false }
                seen[place / 64] |= bit
            }
            return isFirst
        }
    }

    /// The keys of rows that were not noted, from a place on.
    ///
    /// - Returns: the keys, and where to go on; nil when there are no more.
    func unseen(from start: Int, limit: Int) -> (keys: [UInt128], next: Int)? {
        guard start < count else { return nil }
        return seen.withLock { seen in
            var keys: [UInt128] = []
            var place = start
            while place < count, keys.count < limit {
                if seen[place / 64] & (1 << UInt64(place % 64)) == 0 { keys.append(Self.load(map, place).key) }
                place += 1
            }
            return (keys, place)
        }
    }
}
