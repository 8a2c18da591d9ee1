internal import Foundation

/// Makes a synthetic full: what an increment and all that it is made on are together, stored as a full snapshot of the same
/// cut, without asking the stores. It stands for the increment: later ones may be restored on it, and what was merged may
/// go. Whatever ends it before the record leaves only objects that nobody refers to.
public struct MergeRun {
    private static let doing = "merging a snapshot"
    private let request: MergeRequest
    private let reader: SnapshotReader
    private let repository: Repository
    private let scratch: ScratchFolder
    private let writer: PartWriter

    /// - Parameter reader: of the increment.
    public init(_ request: MergeRequest, from reader: SnapshotReader, in repository: Repository) throws {
        self.request = request
        self.reader = reader
        self.repository = repository
        scratch = try ScratchFolder()
        var settings = PartWriter.Settings(
            sealing: request.sealing, level: request.level, readme: PlainReadme.text, folder: scratch.path)
        settings.partBytes = BackupRun.partBytes
        writer = PartWriter(settings)
    }

    /// The full that a snapshot needs no merging for: itself, or one that stands for it already; nil where there is none.
    public static func existing(for snapshot: StoredSnapshot, among snapshots: [StoredSnapshot]) -> StoredSnapshot? {
        if snapshot.record.kind == .full { return snapshot }
        return snapshots.first { $0.tombstone == nil && $0.record.standsFor == snapshot.reference }
    }

    /// - Throws: ``ContinuityError``; there is no new snapshot then.
    public func run() async throws -> StoredSnapshot {
        let begun = request.now()
        let clock = try await repository.store.clock()
        let previous = try await repository.snapshots(check: request.check).inCommitOrder().last
        var uploads = PartUploads(repository, suffix: request.sealing.suffix)
        var copier = SnapshotCopier(
            reader, writer: writer, level: request.level, doing: Self.doing, scratch: scratch,
            fileStore: request.fileStore, progress: request.progress, take: { try await uploads.add($0) })
        var stores: [StoreManifest] = []
        let parts: [PartManifest]
        do {
            let live = reader.manifest.stores.filter { !$0.isState }
            copier.expect(live)
            for store in live { stores.append(try await copier.copy(store)) }
            if let state = try await copier.copyState() { stores.append(state) }
            if let part = try await writer.close() { try await uploads.add(part) }
            parts = try await uploads.finish()
        } catch {
            copier.cancel()
            await uploads.cancel()
            await writer.abandon()
            await reader.closePart()
            throw error
        }
        let draft = SnapshotDraft(
            previous: previous?.reference, madeFrom: reader.chain.map(\.snapshot), stores: stores, parts: parts,
            begun: begun, clockOffset: begun - clock, label: reader.snapshot.record.label,
            project: reader.snapshot.record.project, isSafety: reader.snapshot.record.isSafety)
        let full = try await draft.commit(
            to: repository, sealing: request.sealing, signingKey: request.signingKey, writer: request.writer,
            now: request.now)
        if let path = request.indexPath {
            try? IndexFolder(path: path).hand(reader.snapshot.reference, to: full.reference)
        }
        return full
    }
}
