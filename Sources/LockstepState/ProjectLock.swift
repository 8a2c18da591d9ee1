#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Sees to it that one process works on a project at a time. The kernel lets go of it when the process ends, however
/// it ends.
public final class ProjectLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or fails at once.
    ///
    /// - Throws: ``StateError`` with code `locked` (and the holder's process number where known), or `unusable`.
    public init(path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StateError(
                .unusable, "the lock file \(path) cannot be opened: \(String(cString: strerror(errno)))",
                hint: "check that the project's folder may be written")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = pread(descriptor, &buffer, buffer.count, 0)
            let holder = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
                .trimmingPrefix(while: { $0 == " " }).prefix { $0.isNumber }
            close(descriptor)
            throw StateError(
                .locked, "another run holds this project\(holder.isEmpty ? "" : " (process \(holder))")",
                hint: "wait until it ends, or stop it")
        }
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    deinit { close(descriptor) }
}
