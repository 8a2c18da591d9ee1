import Foundation

/// Where drills keep what they make, `.lockstep/drills`: a folder for each scratch store, with a note of what belongs to
/// it. So what a drill left that was killed can be found and taken away.
struct ScratchShelf: Sendable {
    /// A scratch store, wherever it is.
    struct Entry: Sendable, Codable {
        enum Kind: String, Sendable, Codable { case file, cluster, database }

        var name: String
        var store: String
        var kind: Kind
        /// The folder of a cluster, the URL of a database's server; never a secret.
        var place: String
        var plan: String
        /// It was left on purpose, for people to look at.
        var isKept = false
    }

    let path: String

    init(stateFolder: String) { path = stateFolder + "/drills" }

    func folder(of name: String) -> String { "\(path)/\(name)" }
    private func note(_ name: String) -> String { folder(of: name) + "/scratch.json" }

    /// Makes the folder of a scratch store. Only this user may look into it: it holds what the store holds.
    func add(_ entry: Entry) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder(of: entry.name), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            try JSONEncoder().encode(entry).write(to: URL(fileURLWithPath: note(entry.name)), options: .atomic)
        } catch {
            throw Failure(
                .cannotWrite, "the folder \(folder(of: entry.name)) cannot be made",
                hint: "let this user write the project's folder, and make room")
        }
    }

    private var workFolder: String { path + "/work" }

    /// Lets what is unpacked on the way lie here, too, and no longer in the machine's folder for temporary files: it is
    /// what the stores hold, and would stay there where a drill is killed. What is there already is left over.
    func takeOverTemporaryFiles() throws {
        removeTemporaryFiles()
        do {
            try FileManager.default.createDirectory(
                atPath: workFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(
                .cannotWrite, "the folder \(workFolder) cannot be made",
                hint: "let this user write the project's folder, and make room")
        }
        // Clusters lie elsewhere, and look before this.
        _ = ScratchCluster.folder(of: "")
        setenv("TMPDIR", workFolder, 1)
    }

    func removeTemporaryFiles() { try? FileManager.default.removeItem(atPath: workFolder) }

    func keep(_ entry: Entry) throws {
        var entry = entry
        entry.isKept = true
        try add(entry)
    }

    func remove(_ name: String) throws {
        guard FileManager.default.fileExists(atPath: folder(of: name)) else { return }
        do {
            try FileManager.default.removeItem(atPath: folder(of: name))
        } catch {
            throw Failure(
                .cannotWrite, "the folder \(folder(of: name)) cannot be removed", hint: "remove it by hand")
        }
    }

    /// What is there, kept or left; folders without a note were being made or removed.
    func entries() -> [Entry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted().filter { $0.hasPrefix("lockstep_drill_") }.map { name in
            let bytes = FileManager.default.contents(atPath: note(name))
            let entry = bytes.flatMap { try? JSONDecoder().decode(Entry.self, from: $0) }
            return entry ?? Entry(name: name, store: "", kind: .file, place: folder(of: name), plan: "")
        }
    }
}
