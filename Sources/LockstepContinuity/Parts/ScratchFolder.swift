internal import Foundation

/// A private folder for what is on its way; gone when it is let go of, whatever happened.
final class ScratchFolder: Sendable {
    let path: String

    init() throws {
        let base = FileManager.default.temporaryDirectory.path
        path = "\(base)/lockstep-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ContinuityError(
                .file, doing: "making a temporary folder", object: path, message: "it cannot be made",
                hint: "make room, or set TMPDIR to a folder that may be written")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

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
