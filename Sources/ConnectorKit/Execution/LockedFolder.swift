internal import Foundation

/// A private folder for what is not finished, locked as long as it is in use; gone when it is let go of, whatever happened.
/// What a program that was killed could not remove goes when the next folder of the same name is made.
///
/// The system lets go of the lock however the program ends, and a lock, unlike a process number, means the same in every
/// container that shares the place.
package final class LockedFolder: Sendable {
    /// The system refused.
    package struct Failure: Error, Sendable {
        package var path: String
        /// `errno`.
        package var number: Int32
    }

    package let path: String
    private let lock: Int32

    /// - Parameters:
    ///   - base: an existing folder.
    ///   - name: what its name begins with; the rest is random.
    package init(in base: String, name: String) throws(Failure) {
        Self.removeAbandoned(in: base, name: name)
        let ending = UUID().uuidString
        path = "\(base)/\(name)\(ending)"
        // Under its own name it is locked from the first moment on.
        let unlocked = "\(base)/.\(ending)"
        guard mkdir(unlocked, 0o700) == 0 else { throw Failure(path: path, number: errno) }
        lock = open(unlocked, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // Where the file system has no locks, nobody will take the folder for an abandoned one.
        if lock >= 0 { _ = flock(lock, LOCK_EX | LOCK_NB) }
        guard lock >= 0, rename(unlocked, path) == 0 else {
            let failure = Failure(path: path, number: errno)
            if lock >= 0 { close(lock) }
            rmdir(unlocked)
            throw failure
        }
    }

    deinit {
        remove()
        close(lock)
    }

    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Removes the folder and all that is in it.
    package func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// Removes this user's folders that nobody holds the lock of.
    private static func removeAbandoned(in base: String, name: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
        for found in names where found.hasPrefix(name) {
            let path = "\(base)/\(found)"
            let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard folder >= 0 else { continue }
            defer { close(folder) }
            var facts = stat()
            guard fstat(folder, &facts) == 0, facts.st_uid == geteuid(), flock(folder, LOCK_EX | LOCK_NB) == 0 else {
                continue
            }
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}
