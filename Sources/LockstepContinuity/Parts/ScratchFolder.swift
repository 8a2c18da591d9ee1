internal import ConnectorKit
internal import Foundation

/// A private folder for what is on its way; gone when it is let go of, whatever happened, and at the latest when the next
/// one is made.
final class ScratchFolder: Sendable {
    private let folder: LockedFolder

    var path: String { folder.path }

    convenience init() throws {
        try self.init(
            in: FileManager.default.temporaryDirectory.path, name: "lockstep-scratch-",
            hint: "make room, or set TMPDIR to a folder that may be written")
    }

    /// - Parameters:
    ///   - base: an existing folder.
    ///   - name: what its name begins with.
    ///   - hint: what to do where it cannot be made.
    init(in base: String, name: String, hint: String) throws {
        do { folder = try LockedFolder(in: base, name: name) } catch {
            throw ContinuityError(
                error.number == ENOSPC || error.number == EDQUOT ? .full : .file, doing: "making a temporary folder",
                object: error.path, message: String(cString: strerror(error.number)), hint: hint)
        }
    }

    func file(_ name: String) -> String { folder.file(name) }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}

extension FileHandle {
    /// A private file that did not exist, to be written and read.
    convenience init?(newAt path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        self.init(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
