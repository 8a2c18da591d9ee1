import ArgumentParser
import ConnectorKit
import Foundation
import LockstepContinuity
import LockstepModel
import SQLiteConnector

/// Which snapshot is meant where `latest` stands.
struct TimeOption: ParsableArguments {
    @Option(help: ArgumentHelp("The newest snapshot at or before this time: 2026-01-31T12:00:00Z.", valueName: "time"))
    var at: String?

    func check(_ snapshot: String) throws {
        if let at, Self.time(at) == nil { throw ValidationError("--at takes a time such as 2026-01-31T12:00:00Z.") }
        if at != nil, snapshot != "latest" { throw ValidationError("--at goes with `latest`.") }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    var microseconds: Int64? { at.flatMap(Self.time) }

    private static func time(_ text: String) -> Int64? { ISOText.parseInstant(Array(text.utf8)) }
}

extension StoredSnapshot {
    /// The store that is meant: the one that was named, or the only one.
    ///
    /// - Throws: ``Failure`` that names those that there are.
    func storeName(_ wanted: String?) throws -> String {
        let names = record.stores.map(\.name)
        if let wanted, names.contains(wanted) { return wanted }
        if wanted == nil, names.count == 1 { return names[0] }
        throw Failure(
            .usage, wanted.map { "the snapshot \(id) has no store \($0)" } ?? "the snapshot \(id) has several stores",
            hint: "name one with --store: \(names.joined(separator: ", "))", status: .usage)
    }
}

extension ProjectArchive {
    /// A snapshot by what people write: its id, the beginning of it, or `latest`: the newest that this project took as a
    /// backup, not as the undoing of a restore.
    ///
    /// - Parameters:
    ///   - stores: `latest` is the newest that has these.
    ///   - time: only snapshots that are not later; microseconds since 1970-01-01T00:00:00Z.
    func snapshot(_ name: String, of stores: [String] = [], notAfter time: Int64? = nil) async throws -> StoredSnapshot
    {
        let known = try await repository.snapshots(check: check).inCommitOrder()
            .filter { $0.record.cutTime <= time ?? .max }
        let found: [StoredSnapshot]
        if name == "latest" {
            let fitting = known.filter { isBackup($0) && $0.has(stores) }
            found = (fitting.isEmpty ? known.filter(isBackup) : fitting).suffix(1)
        } else {
            found = known.filter { $0.id.hasPrefix(name) }
        }
        guard found.count == 1, let snapshot = found.first else {
            throw Failure(
                .usage,
                found.isEmpty
                    ? "there is no snapshot \(name)\(time.map { " at or before \(ByteText.time($0))Z" } ?? "")"
                    : "\(found.count) snapshots begin with \(name)",
                hint: "`lockstep snapshots` lists them", status: .usage)
        }
        return snapshot
    }

    /// Whether `latest` may be this one. Snapshots of before projects were noted are anybody's.
    func isBackup(_ snapshot: StoredSnapshot) -> Bool {
        snapshot.record.isSafety != true && snapshot.record.project ?? project == project
    }
}

extension StoredSnapshot {
    func has(_ stores: [String]) -> Bool {
        let names = record.stores.map(\.name)
        return stores.allSatisfy(names.contains)
    }
}

/// Stores that are files, for work on snapshots that needs one for a while.
enum FileStores {
    /// A connector of a file; nil for engines whose stores are none.
    static func connector(engine: String, path: String) -> (any Connector)? {
        engine == "SQLite" ? SQLiteConnector(path: path) : nil
    }
}
