internal import Foundation

/// Files with keys: read whole, written once, secrets for their owner only.
enum KeyFile {
    static func read(_ path: String) throws -> String {
        guard let text = String(validating: try bytes(path), as: UTF8.self) else {
            throw bad(path, "it is no text")
        }
        return text
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failed("reading a key file", path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failed("reading a key file", path) }
            if count == 0 { break }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= KeyText.byteLimit else { throw bad(path, "it is too long for a file with keys") }
        }
        return bytes
    }

    /// Creates a file that was not there, durable on return.
    static func create(_ path: String, text: String, isSecret: Bool) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, isSecret ? 0o600 : 0o644)
        guard descriptor >= 0 else { throw failed("writing a key file", path) }
        defer { close(descriptor) }
        do {
            // The mode above passes the umask, which may take rights away but must never add any.
            if isSecret, fchmod(descriptor, 0o600) != 0 { throw failed("writing a key file", path) }
            try write(Array(text.utf8), to: descriptor, path)
            guard fsync(descriptor) == 0 else { throw failed("writing a key file", path) }
        } catch {
            // Half a key is worse than none: it would be in the way of the next try.
            unlink(path)
            throw error
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failed("writing a key file", path) }
            written += count
        }
    }

    private static func failed(_ doing: String, _ path: String) -> ContinuityError {
        let number = errno
        return ContinuityError(
            .file, doing: doing, object: path, message: String(cString: strerror(number)),
            hint: number == EEXIST
                ? "a key is never overwritten: choose another name, or move the old file away"
                : "look at the path and the rights on it")
    }

    private static func bad(_ path: String, _ message: String) -> ContinuityError {
        ContinuityError(
            .badKey, doing: "reading a key file", object: path, message: message, hint: "give the key file itself")
    }
}
