import Glibc

/// An open file or folder, closed at the end of its scope.
struct FileDescriptor: ~Copyable {
    let number: Int32

    deinit { close(number) }

    /// Opens a name in a folder, never through a symbolic link.
    ///
    /// - Returns: nil with `errno` set where the system refuses.
    static func open(_ name: String, in folder: Int32, flags: Int32, mode: mode_t = 0) -> FileDescriptor? {
        var number: Int32
        repeat {
            number = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC, mode)
        } while number < 0 && errno == EINTR
        return number < 0 ? nil : FileDescriptor(number: number)
    }

    /// Opens a path of this machine, symbolic links followed: it is the user's own word.
    static func open(path: String, flags: Int32) -> FileDescriptor? {
        var number: Int32
        repeat { number = Glibc.open(path, flags | O_CLOEXEC) } while number < 0 && errno == EINTR
        return number < 0 ? nil : FileDescriptor(number: number)
    }

    /// - Returns: nil with `errno` set where the system refuses.
    func status() -> stat? {
        var status = stat()
        return fstat(number, &status) == 0 ? status : nil
    }

    /// Reads from an offset until `count` bytes are there or the file ends.
    ///
    /// - Returns: nil with `errno` set where the system refuses.
    func read(offset: Int64, count: Int) -> [UInt8]? {
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
        return failed ? nil : bytes
    }

    /// - Returns: false with `errno` set where not all could be written.
    func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let put = Glibc.write(number, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                if put < 0, errno == EINTR { continue }
                guard put > 0 else { return false }
                done += put
            }
            return true
        }
    }

    /// - Returns: false with `errno` set where it is not known to be on the disk. File systems that cannot sync a folder
    ///   say `EINVAL`: there is nothing more to do for it.
    func sync() -> Bool { fsync(number) == 0 || errno == EINVAL }
}

extension stat {
    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
    var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }

    /// Microseconds since 1970-01-01T00:00:00Z.
    var modified: Int64 { Int64(st_mtim.tv_sec) * 1_000_000 + Int64(st_mtim.tv_nsec) / 1_000 }
}
