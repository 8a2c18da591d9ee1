import Glibc

/// A file of this machine that an object comes from or goes to.
final class LocalFile: Sendable {
    let path: String
    private let number: Int32

    private init(path: String, number: Int32) {
        self.path = path
        self.number = number
    }

    deinit { close(number) }

    static func open(_ path: String) throws -> LocalFile {
        try open(path, O_RDONLY, "reading a file to store")
    }

    /// - Throws: ``ContinuityError`` also where there is a file of that name.
    static func create(_ path: String) throws -> LocalFile {
        try open(path, O_WRONLY | O_CREAT | O_EXCL, "writing a file")
    }

    private static func open(_ path: String, _ flags: Int32, _ doing: String) throws -> LocalFile {
        var number: Int32
        repeat { number = Glibc.open(path, flags | O_CLOEXEC, 0o600) } while number < 0 && errno == EINTR
        guard number >= 0 else { throw fault(path, doing) }
        return LocalFile(path: path, number: number)
    }

    func size() throws -> Int64 {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw Self.fault(path, "reading a file to store") }
        return Int64(status.st_size)
    }

    /// Less than `count` bytes only at the end of the file.
    func read(offset: Int64, count: Int) throws -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(number, buffer.baseAddress?.advanced(by: filled), count - filled, Int(offset) + filled)
                if got < 0, errno == EINTR { continue }
                failed = got < 0
                guard got > 0 else { return }
                filled += got
            }
        }
        guard !failed else { throw Self.fault(path, "reading a file to store") }
        return bytes
    }

    func append(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            let put = bytes.withUnsafeBytes { write(number, $0.baseAddress?.advanced(by: done), $0.count - done) }
            if put < 0, errno == EINTR { continue }
            guard put > 0 else { throw Self.fault(path, "writing a file") }
            done += put
        }
    }

    private static func fault(_ path: String, _ doing: String) -> ContinuityError {
        let number = errno
        let isFull = number == ENOSPC || number == EDQUOT || number == EFBIG
        return ContinuityError(
            isFull ? .full : .file, doing: doing, object: path, message: String(cString: strerror(number)),
            hint: isFull
                ? "make room, or set TMPDIR to a folder that has some"
                : "check the disk and the temporary folder of this machine")
    }
}
