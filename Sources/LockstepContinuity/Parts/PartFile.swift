internal import Foundation

/// A part being written to a spool file: sealed on the way, its digest and size known at the end.
struct PartFile {
    let path: String
    private let descriptor: Int32
    private var sealer: Sealer
    private var digest = ContentDigest()
    private(set) var size: Int64 = 0
    private var pending: [UInt8] = []
    private static let blockSize = 1 << 20

    init(path: String, sealing: Sealing) throws {
        self.path = path
        sealer = try Sealer(sealing)
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        try sealer.update(bytes, into: &pending)
        if pending.count >= Self.blockSize { try flush() }
    }

    mutating func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Ends the file.
    ///
    /// - Returns: the hexadecimal SHA-256 of what was stored.
    mutating func finish() throws -> String {
        try sealer.finish(into: &pending)
        try flush()
        guard Foundation.close(descriptor) == 0 else { throw Self.failure(path) }
        return digest.hexadecimal()
    }

    /// Gives the file up.
    func abandon() {
        _ = Foundation.close(descriptor)
        unlink(path)
    }

    private mutating func flush() throws {
        digest.update(pending)
        var offset = 0
        while offset < pending.count {
            let count = pending.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress.map { $0 + offset }, pending.count - offset)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path) }
            offset += count
        }
        size += Int64(pending.count)
        pending.removeAll(keepingCapacity: true)
    }

    static func failure(_ path: String) -> ContinuityError {
        let number = errno
        let reason = String(cString: strerror(number))
        guard number == ENOSPC || number == EDQUOT || number == EFBIG else {
            return ContinuityError(
                .file, doing: "writing a temporary file", object: path, message: reason,
                hint: "may this user write there?")
        }
        return ContinuityError(
            .full, doing: "writing a temporary file", object: path, message: reason,
            hint: "make room, or set TMPDIR to a folder that has some")
    }
}
