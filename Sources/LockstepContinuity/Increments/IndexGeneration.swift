internal import ConnectorKit
internal import Foundation
internal import LockstepModel

/// The row indexes of one snapshot, as `index.json` beside them says. They are a cache of the machine that backs up:
/// without them the next snapshot is a full one.
struct IndexGeneration: Sendable, Codable {
    static let currentFormat = "lockstep.index/1"

    struct Table: Sendable, Codable {
        var store: String
        var name: String
        /// Digest of the fields, their types and the key: of another table nothing can be compared.
        var shape: String
        var file: String
        /// ``RowSetHash`` of the rows.
        var hash: String
    }

    var format = IndexGeneration.currentFormat
    var repository: String
    var snapshot: SnapshotReference
    var stores: [String]
    var tables: [Table]
    /// Digest of all that is in a snapshot beside rows: schemas, sequences, settings.
    var surroundings: String

    /// - Parameter stores: as the snapshot's manifest has them.
    static func surroundings(of stores: [StoreManifest]) throws -> String {
        var stores = stores.filter { !$0.isState }
        for index in stores.indices {
            stores[index].tables = []
            stores[index].image = nil
            stores[index].cut = ArchiveCut(position: nil, captured: [], identity: stores[index].cut.identity, time: 0)
            stores[index].schema.settings["page_count"] = nil
            for table in stores[index].schema.tables.indices {
                stores[index].schema.tables[table].entity.estimatedCount = nil
            }
        }
        return ContentDigest.hexadecimal(of: try CanonicalJSON.encode(stores))
    }

    func table(_ store: String, _ name: String) -> Table? { tables.first { $0.store == store && $0.name == name } }

    static func shape(_ table: ArchivedTable) -> String {
        let fields = table.entity.fields.map { "\($0.name)\u{1}\($0.nativeType)" }
        return ContentDigest.hexadecimal(of: Array((fields + ["\u{2}"] + table.key).joined(separator: "\u{3}").utf8))
    }
}

/// Where a project keeps its row indexes: a folder for each snapshot that an increment may be made on.
struct IndexFolder: Sendable {
    private static let description = "index.json"
    private static let unfinished = "writing-"
    let path: String

    /// What is there for a repository.
    func generations(of repository: String) -> [IndexGeneration] {
        names.compactMap(read).filter { $0.repository == repository }
    }

    /// - Returns: nil where it is not there, or not what the snapshot had.
    func index(_ table: IndexGeneration.Table, of generation: IndexGeneration) -> RowIndex? {
        guard let index = RowIndex(path: "\(path)/\(generation.snapshot.id)/\(table.file)"), index.hash == table.hash
        else { return nil }
        return index
    }

    /// A new folder for the indexes of a snapshot that is being taken; what an interrupted one left is removed.
    func begin() throws -> String {
        for name in names where name.hasPrefix(Self.unfinished) { ScratchFolder.remove("\(path)/\(name)") }
        let folder = "\(path)/\(Self.unfinished)\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ContinuityError(
                .file, doing: "making a folder for row indexes", object: folder, message: "it cannot be made",
                hint: "may this user write there?")
        }
        return folder
    }

    /// Gives the folder its snapshot's name, and removes what no increment will be made on any more.
    ///
    /// - Parameter others: earlier snapshots of the same stores that one may be made on.
    func commit(_ folder: String, as generation: IndexGeneration, keeping others: [String] = []) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do {
            try encoder.encode(generation).write(to: URL(fileURLWithPath: "\(folder)/\(Self.description)"))
            try FileManager.default.moveItem(atPath: folder, toPath: "\(path)/\(generation.snapshot.id)")
        } catch {
            // The snapshot is stored; only the next one costs more.
            return ScratchFolder.remove(folder)
        }
        let kept = others + [generation.snapshot.id]
        for name in names where !kept.contains(name) {
            // Other stores have increments of their own.
            if let other = read(name), other.stores != generation.stores { continue }
            ScratchFolder.remove("\(path)/\(name)")
        }
    }

    /// Lets the indexes of a snapshot be those of a synthetic full that stands for it, where no later one has any.
    func hand(_ reference: SnapshotReference, to full: SnapshotReference) throws {
        let known = names.compactMap(read)
        guard var generation = known.first(where: { $0.snapshot == reference }),
            // Names begin with the time; where a clock was wrong, the next increment is larger than it need be.
            known.allSatisfy({ $0.stores != generation.stores || $0.snapshot.id <= reference.id })
        else { return }
        let folder = try begin()
        do {
            for table in generation.tables where !table.file.isEmpty {
                let file = "\(path)/\(reference.id)/\(table.file)"
                try FileManager.default.linkItem(atPath: file, toPath: "\(folder)/\(table.file)")
            }
        } catch {
            // The next increment is made on what was merged.
            return ScratchFolder.remove(folder)
        }
        generation.snapshot = full
        commit(folder, as: generation)
    }

    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

    private func read(_ name: String) -> IndexGeneration? {
        guard !name.hasPrefix(Self.unfinished),
            let data = FileManager.default.contents(atPath: "\(path)/\(name)/\(Self.description)"),
            let found = try? JSONDecoder().decode(IndexGeneration.self, from: data),
            found.format == IndexGeneration.currentFormat, found.snapshot.id == name
        else { return nil }
        return found
    }
}
