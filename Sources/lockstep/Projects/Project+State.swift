import Foundation
import LockstepMapping
import LockstepState

extension Project {
    /// Where the engine keeps what it remembers.
    var stateFolder: String { Self.join(configuration.directory, ".lockstep") }

    var statePath: String { Self.join(stateFolder, "state.db") }

    /// What the next snapshot is compared with.
    var indexPath: String { Self.join(stateFolder, "archive") }

    var hasState: Bool { FileManager.default.fileExists(atPath: statePath) }

    /// The state database of a project that was synced before; nil before.
    func existingState() throws -> StateDatabase? {
        guard hasState else { return nil }
        return try StateDatabase(path: statePath, project: configuration.name)
    }

    /// The state database of a project whose records somebody wants to work on.
    func requiredState() throws -> StateDatabase {
        guard let state = try existingState() else {
            throw Failure(
                .neverSynced, "nothing was synced in this project yet", hint: "`lockstep sync` makes a beginning")
        }
        return state
    }

    /// Does work that writes: alone, with the state database, which is made where there is none.
    func exclusively<Result: Sendable>(
        _ work: (StateDatabase) async throws -> Result
    ) async throws -> Result {
        try makeStateFolder()
        let lock = try ProjectLock(path: Self.join(stateFolder, "lock"))
        defer { withExtendedLifetime(lock) {} }
        let state = try StateDatabase(path: statePath, project: configuration.name)
        return try await Interruption.program.gently { try await work(state) }
    }

    /// Does work that writes nothing of the project: with its state where there is one, else with an empty one that is
    /// gone afterwards.
    func looking<Result: Sendable>(_ work: (StateDatabase) async throws -> Result) async throws -> Result {
        if let state = try existingState() { return try await work(state) }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw Failure(
                .cannotWrite, "the folder for temporary files cannot be written",
                hint: "set TMPDIR to a folder that this user may write")
        }
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await work(
            try StateDatabase(path: folder.appendingPathComponent("state.db").path, project: configuration.name))
    }

    /// Only this user may look into it: conflicts and parked records are kept there.
    private func makeStateFolder() throws {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: stateFolder, isDirectory: &isDirectory)
        if exists && isDirectory.boolValue { return }
        do {
            guard !exists else { throw CocoaError(.fileWriteFileExists) }
            try FileManager.default.createDirectory(
                atPath: stateFolder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(
                .cannotWrite, "the folder \(stateFolder) cannot be made",
                hint: exists ? "a file is in its place" : "let this user write the project's folder")
        }
    }
}
