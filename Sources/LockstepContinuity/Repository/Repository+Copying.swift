import Foundation

/// What ``Repository/copy(to:snapshots:scratch:progress:)`` did.
public struct CopyOutcome: Sendable, Hashable {
    /// The snapshots that were made in the destination, ascending by cut.
    public var copied: [String] = []
    /// Those that were there.
    public var present: [String] = []
    public var objectCount = 0
    public var bytes: Int64 = 0
}

extension Repository {
    /// Copies snapshots, with all that they need, to a repository made by ``createCopy(of:at:)``, without opening what is
    /// sealed. Every object's length and digest is checked on the way. What is there is not copied again, so a copy that
    /// was interrupted goes on. Snapshots with a tombstone are left out, unless one that is copied needs them.
    ///
    /// - Parameters:
    ///   - snapshots: their ids; nil for all.
    ///   - check: looks at each record's signature before it is copied.
    ///   - scratch: a folder for one object at a time in transit on each of a few connections; nil for a temporary one.
    ///   - progress: called with the bytes copied so far, from any thread.
    /// - Throws: ``ContinuityError`` with code `configuration` where the destination is no copy of this one.
    public func copy(
        to destination: Repository, snapshots ids: [String]? = nil, check: RecordCheck? = nil,
        scratch: String? = nil, progress: @escaping @Sendable (_ bytes: Int64) -> Void = { _ in }
    ) async throws -> CopyOutcome {
        try destination.requireSame(as: self)
        let survey = try await survey(check: check)
        let wanted = try Self.wanted(ids, in: survey)
        let folder = try scratch == nil ? ScratchFolder() : nil
        defer { withExtendedLifetime(folder) {} }
        let scratch = scratch ?? folder?.path ?? ""
        let present = Set(try await destination.store.list(RepositoryLayout.snapshots).map(\.name))
        var outcome = CopyOutcome()
        for snapshot in wanted {
            if present.contains(RepositoryLayout.snapshot(snapshot.id)) {
                try await destination.requireEqual(snapshot)
                outcome.present.append(snapshot.id)
                continue
            }
            for objects in (snapshot.record.parts + [snapshot.record.manifest]).inGroups(of: Self.parallelCopies) {
                let sizes = try await transfer(Array(objects), to: destination, scratch: scratch)
                outcome.objectCount += sizes.count
                outcome.bytes += sizes.reduce(0, +)
                progress(outcome.bytes)
            }
            try await destination.commitCopy(snapshot, signature: try await signature(of: snapshot))
            outcome.copied.append(snapshot.id)
        }
        return outcome
    }

    /// Objects in transit at once: each takes up to a part's size of the scratch folder.
    static let parallelCopies = 4

    /// Bases first, so that each snapshot is whole in the destination when it appears there.
    private static func wanted(_ ids: [String]?, in survey: RepositorySurvey) throws -> [StoredSnapshot] {
        if ids == nil, let fault = survey.faults.first { throw fault }
        let living = survey.living.map(\.id)
        let byID = Dictionary(survey.snapshots.map { ($0.id, $0) }) { first, _ in first }
        let graph = SnapshotGraph(survey.snapshots.map(SnapshotFacts.init))
        var order: [StoredSnapshot] = []
        var chosen: Set<String> = []
        for id in (ids ?? living).sorted() {
            guard byID[id] != nil else {
                if let fault = survey.faults.first(where: { $0.object == RepositoryLayout.snapshot(id) }) {
                    throw fault
                }
                throw ContinuityError(
                    .notFound, doing: "copying snapshots", object: id, message: "there is no such snapshot",
                    hint: "`lockstep snapshots` lists what there is")
            }
            guard let chain = graph.chain(endingWith: id) else {
                throw ContinuityError(
                    .missing, doing: "copying snapshots", object: id, message: "something that it needs is missing",
                    hint: "name the snapshots to copy, without this one; run verify to see what is missing")
            }
            for link in chain where chosen.insert(link).inserted {
                if let snapshot = byID[link] { order.append(snapshot) }
            }
        }
        return order
    }

    /// - Returns: the sizes of those that were not there.
    private func transfer(
        _ objects: [ObjectReference], to destination: Repository, scratch: String
    ) async throws -> [Int64] {
        try await withThrowingTaskGroup(of: Int64?.self) { group in
            for object in objects {
                group.addTask {
                    if let facts = try await destination.store.facts(object.name) {
                        guard facts.size != object.size else { return nil }
                        throw ContinuityError(
                            .damaged, doing: "copying snapshots", object: object.name,
                            message: "the copy's object has \(facts.size) bytes, not \(object.size)",
                            hint: "delete it from \(destination.store.address), then copy again")
                    }
                    let path = "\(scratch)/copy-\(RandomName.hex(bytes: 8))"
                    defer { try? FileManager.default.removeItem(atPath: path) }
                    try await self.download(object, to: path)
                    return try await destination.store.create(object.name, fromFile: path) ? object.size : nil
                }
            }
            var sizes: [Int64] = []
            for try await size in group { if let size { sizes.append(size) } }
            return sizes
        }
    }

    /// The record's bytes are taken over as they are. Its base is in the destination already, or one that stands for it.
    private func commitCopy(_ snapshot: StoredSnapshot, signature: [UInt8]?) async throws {
        try await commit(snapshot.bytes, signature: signature)
    }

    /// A snapshot that is there must be the same one.
    private func requireEqual(_ snapshot: StoredSnapshot) async throws {
        guard try await self.snapshot(snapshot.id).reference != snapshot.reference else { return }
        throw ContinuityError(
            .damaged, doing: "copying snapshots", object: RepositoryLayout.snapshot(snapshot.id),
            message: "\(store.address) has another record of this name",
            hint: "find out which of the two is right: check their signatures with verify")
    }
}

extension Array {
    fileprivate func inGroups(of count: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: self.count, by: count).map { self[$0..<Swift.min($0 + count, self.count)] }
    }
}
