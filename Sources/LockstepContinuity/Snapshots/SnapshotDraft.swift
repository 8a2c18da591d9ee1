internal import ConnectorKit

/// All that a snapshot consists of when its parts are stored, before it is one.
struct SnapshotDraft {
    /// What an increment is made on; nil for a full.
    var base: SnapshotReference?
    /// The newest snapshot that the writer saw.
    var previous: SnapshotReference?
    /// What a synthetic full is made of, oldest first.
    var madeFrom: [StoredSnapshot] = []
    var stores: [StoreManifest]
    var parts: [PartManifest]
    /// By the writer's clock, and how far that was from the repository's, in microseconds.
    var begun: Int64
    var clockOffset: Int64
    var label: String?
    var project: String?
    var isSafety: Bool?

    /// Stores the manifest, the signature and the record, in this order: the snapshot exists from then on.
    func commit(
        to repository: Repository, sealing: Sealing, signingKey: SigningKey?, writer: String, now: () -> Int64
    ) async throws -> StoredSnapshot {
        let live = stores.filter { !$0.isState }
        let cutTime = live.map(\.cut.time).max() ?? begun
        let id = SnapshotIdentifier.make(cutTime: cutTime)
        let manifest = Manifest(snapshot: id, stores: stores, parts: parts)
        let sealed = try sealing.seal(CanonicalJSON.encode(manifest))
        let reference = try await repository.putManifest(sealed, ending: ".json\(sealing.suffix)")
        let record = SnapshotRecord(
            repository: repository.identity.id, id: id, kind: base == nil ? .full : .increment,
            base: base, previous: previous, madeFrom: madeFrom.map(\.id), standsFor: madeFrom.last?.reference,
            cutTime: cutTime, begun: begun, ended: now(), clockOffset: clockOffset,
            stores: live.map { store in
                .init(
                    name: store.name, engine: store.schema.engine, position: store.cut.position,
                    identity: store.cut.identity, time: store.cut.time)
            }, manifest: reference, parts: parts.map(\.object), recipients: sealing.recipientTexts,
            signer: signingKey?.fingerprint.text, writer: writer, label: label,
            project: project, isSafety: isSafety)
        guard let signingKey else { return try await repository.commit(record) }
        return try await repository.commit(record) { bytes in
            Array(try signingKey.sign(bytes, namespace: TrustedKeys.snapshotNamespace).utf8)
        }
    }
}
