internal import Foundation

extension SnapshotReader {
    /// Puts the project's state database, as of the cut, into a file that is not there yet.
    ///
    /// - Returns: false where the snapshot has none: nothing had been synced.
    public func restoreState(to path: String) async throws -> Bool {
        guard let image = manifest.stores.first(where: \.isState)?.image else { return false }
        let file = try await extract(image) { _ in }
        defer { ScratchFolder.remove(file) }
        do {
            try FileManager.default.moveItem(atPath: file, toPath: path)
        } catch {
            throw ContinuityError(
                .file, doing: "restoring the project's state", object: path, message: "the file cannot be made",
                hint: "see that this user may write the folder, and that there is room")
        }
        return true
    }
}
