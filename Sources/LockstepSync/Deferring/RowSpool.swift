internal import ConnectorKit
internal import Foundation
internal import LockstepModel

/// Rows set aside in a file that nobody else sees, and read again in the same order: memory stays flat whatever is set
/// aside. The file has no name, so that it is gone with the process, however that ends.
actor RowSpool {
    private let thread = DedicatedThread("spool")
    private let columnCount: Int
    private let storage: UnnamedFile
    private var left = 0
    private var isReading = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Rows that are handed back at once.
    static let batchSize = 1024

    /// - Throws: ``SyncError`` where no temporary file can be made.
    init(columnCount: Int) throws {
        self.columnCount = columnCount
        guard let storage = UnnamedFile() else { throw Self.failed() }
        self.storage = storage
    }

    private var file: UnsafeMutablePointer<FILE> { storage.file }

    /// Sets rows of a batch aside.
    func add(_ batch: RowBatch, rows: [Int]) throws {
        for row in rows {
            let bytes = batch.encodedRow(row)
            var length = UInt32(bytes.count)
            guard fwrite(&length, MemoryLayout<UInt32>.size, 1, file) == 1,
                fwrite(bytes, 1, bytes.count, file) == bytes.count
            else { throw Self.failed() }
        }
        left += rows.count
    }

    /// The next rows; nil at the end.
    func next() throws -> RowBatch? {
        if !isReading {
            guard fflush(file) == 0 else { throw Self.failed() }
            rewind(file)
            isReading = true
        }
        guard left > 0 else { return nil }
        var batch = RowBatch(columnCount: columnCount, reservingRows: min(left, Self.batchSize))
        while left > 0, batch.rowCount < Self.batchSize {
            var length: UInt32 = 0
            guard fread(&length, MemoryLayout<UInt32>.size, 1, file) == 1 else { throw Self.failed() }
            var bytes = [UInt8](repeating: 0, count: Int(length))
            guard fread(&bytes, 1, bytes.count, file) == bytes.count, batch.appendRow(encoded: bytes) else {
                throw Self.failed()
            }
            left -= 1
        }
        return batch
    }

    private static func failed() -> SyncError {
        SyncError(
            .spoolFailed, "rows cannot be set aside in a temporary file: \(String(cString: strerror(errno)))",
            hint: "make room in the folder for temporary files, or name another one with TMPDIR")
    }
}

/// A temporary file that has lost its name, closed with the object.
private final class UnnamedFile {
    let file: UnsafeMutablePointer<FILE>

    init?() {
        var path = Array(
            FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-spool-XXXXXX").path.utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { return nil }
        unlink(path)
        guard let file = fdopen(descriptor, "w+") else {
            close(descriptor)
            return nil
        }
        self.file = file
    }

    deinit { fclose(file) }
}
