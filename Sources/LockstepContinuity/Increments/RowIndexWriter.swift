internal import Foundation

/// Writes the fingerprints of a table's rows, in whatever order they come, to a file that is ordered by key.
///
/// They are spooled in blocks, each of keys that begin with the same byte; a sort then holds one 256th of them at a time:
/// 8 bytes of memory a row and 64 of temporary space.
final class RowIndexWriter {
    static let bucketCount = 256
    private static let blockRows = 128

    private let path: String
    private let spoolPath: String
    private let spool: FileHandle
    private var buckets = [[RowFingerprint]](repeating: [], count: RowIndexWriter.bucketCount)
    /// By bucket: the spool's blocks that are its own; the last may be short.
    private var blocks = [[(offset: UInt64, count: Int)]](repeating: [], count: RowIndexWriter.bucketCount)
    private var spooled: UInt64 = 0

    /// - Parameter path: of a file that does not exist yet.
    init(path: String) throws {
        self.path = path
        spoolPath = path + ".spool"
        guard let handle = FileHandle(newAt: spoolPath) else { throw PartFile.failure(spoolPath) }
        spool = handle
    }

    deinit {
        try? spool.close()
        ScratchFolder.remove(spoolPath)
    }

    func add(_ fingerprints: [RowFingerprint]) throws {
        for fingerprint in fingerprints {
            let bucket = Int(fingerprint.key >> 120)
            buckets[bucket].append(fingerprint)
            if buckets[bucket].count == Self.blockRows { try flush(bucket) }
        }
    }

    private func flush(_ bucket: Int) throws {
        let rows = buckets[bucket]
        guard !rows.isEmpty else { return }
        do { try spool.write(contentsOf: rows.withUnsafeBytes { Data($0) }) } catch {
            throw PartFile.failure(spoolPath)
        }
        blocks[bucket].append((spooled, rows.count))
        spooled += UInt64(rows.count * MemoryLayout<RowFingerprint>.stride)
        buckets[bucket].removeAll(keepingCapacity: true)
    }

    /// Writes the file.
    ///
    /// - Returns: false where two rows have the same key: the file is of no use then.
    func finish() throws -> Bool {
        for bucket in buckets.indices { try flush(bucket) }
        guard let file = FileHandle(newAt: path) else { throw PartFile.failure(path) }
        defer { try? file.close() }
        let counts = blocks.map { $0.reduce(0) { $0 + $1.count } }
        do {
            try file.write(contentsOf: RowIndex.header(counts))
            for bucket in blocks.indices {
                var rows: [RowFingerprint] = []
                rows.reserveCapacity(counts[bucket])
                for block in blocks[bucket] { rows += try read(block) }
                rows.sort { $0.key < $1.key }
                for (row, next) in zip(rows, rows.dropFirst()) where row.key == next.key { return false }
                try file.write(contentsOf: rows.withUnsafeBytes { Data($0) })
            }
            try file.synchronize()
        } catch let error as ContinuityError {
            throw error
        } catch {
            throw PartFile.failure(path)
        }
        return true
    }

    private func read(_ block: (offset: UInt64, count: Int)) throws -> [RowFingerprint] {
        try spool.seek(toOffset: block.offset)
        let size = block.count * MemoryLayout<RowFingerprint>.stride
        guard let data = try spool.read(upToCount: size), data.count == size else { throw PartFile.failure(spoolPath) }
        return data.withUnsafeBytes { bytes in
            (0..<block.count).map {
                bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<RowFingerprint>.stride, as: RowFingerprint.self)
            }
        }
    }
}
