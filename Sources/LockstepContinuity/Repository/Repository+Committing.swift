import Synchronization

/// Parts that a snapshot without a tombstone refers to.
struct ReusableParts: Sendable {
    var names: Set<String>
    /// When they were looked up.
    var read: ContinuousClock.Instant
}

extension Repository {
    /// An object younger than this may be used again by a writer, and what it looked up about older ones is believed as
    /// long. ``collect(graceSeconds:)`` needs a grace that is longer than this and a backup together.
    public static let reuseSeconds: Int64 = 3600

    /// Makes a snapshot of what was stored before, when all of it is there: the last step of a backup.
    ///
    /// - Parameters:
    ///   - sign: makes the signature (SSHSIG, armored) over the record's bytes, where the record names a signer.
    /// - Throws: ``ContinuityError``: `forbidden` where there is another snapshot of that id; `missing` or `damaged` where
    ///   a part, the manifest or the base is not what the record says; `configuration` where the record is none.
    @discardableResult
    public func commit(
        _ record: SnapshotRecord, sign: (@Sendable (_ record: [UInt8]) async throws -> [UInt8])? = nil
    ) async throws -> StoredSnapshot {
        let bytes = try RepositoryJSON.encode(record)
        let signature = try await sign?(bytes)
        return try await commit(bytes, signature: signature)
    }

    /// The same with the record's bytes as they are, also those of a record that was made elsewhere.
    @discardableResult
    public func commit(_ bytes: [UInt8], signature: [UInt8]?) async throws -> StoredSnapshot {
        let record = try await checkedRecord(bytes, signature: signature)
        try await requirePresent()
        let sha256 = Self.digest(bytes)
        let name = RepositoryLayout.snapshot(record.id)
        if let signature { _ = try await store.create(RepositoryLayout.signature(sha256), bytes: signature) }
        if try await !store.create(name, bytes: bytes) {
            let existing = try await snapshot(record.id)
            // A commit that is tried again after the answer was lost.
            guard existing.reference.sha256 == sha256 else {
                throw refused(record.id, .forbidden, "there is another snapshot of this id", "run the backup again")
            }
        }
        // A prune by another, with too short a grace, may have been at work since the first look. A snapshot that lacks
        // something is not left standing.
        do {
            try await checkObjects(of: record)
        } catch let fault as ContinuityError where fault.isOfTheObject {
            _ = try await store.create(
                RepositoryLayout.tombstone(record.id),
                bytes: RepositoryJSON.encode(
                    Tombstone(
                        repository: identity.id, snapshot: SnapshotReference(id: record.id, sha256: sha256),
                        reason: "an object was removed while the snapshot was made")))
            throw fault
        }
        guard let facts = try await store.facts(name) else { throw noSnapshot(record.id, doing: "making a snapshot") }
        return StoredSnapshot(
            record: record, bytes: bytes, reference: SnapshotReference(id: record.id, sha256: sha256),
            stored: facts.modified)
    }

    // MARK: Checks

    private func refused(
        _ id: String, _ code: ContinuityError.Code, _ message: String, _ hint: String
    ) -> ContinuityError {
        ContinuityError(code, doing: "making a snapshot", object: id, message: message, hint: hint)
    }

    private func checkedRecord(_ bytes: [UInt8], signature: [UInt8]?) async throws -> SnapshotRecord {
        let stated = RepositoryJSON.decode(SnapshotRecord.self, bytes)?.id ?? ""
        guard SnapshotIdentifier.isValid(stated) else {
            throw refused(
                String(stated.prefix(40)), .configuration, "that is no snapshot's id",
                "take one from SnapshotIdentifier.make")
        }
        let record = try parseRecord(bytes, name: RepositoryLayout.snapshot(stated))
        guard (record.signer == nil) == (signature == nil) else {
            let message =
                signature == nil ? "the record names a signer and has no signature" : "a signed record names its signer"
            throw refused(record.id, .signature, message, "check the signing key of the backup")
        }
        guard (record.kind == .full) == (record.base == nil) else {
            throw refused(record.id, .configuration, "an increment has a base, and a full has none", "make a full")
        }
        try await checkObjects(of: record)
        if let base = record.base { try await checkBase(base, of: record) }
        return record
    }

    /// Contiguity is checked when writing: at a restore it is too late.
    private func checkBase(_ base: SnapshotReference, of record: SnapshotRecord) async throws {
        // The base's own chain was checked when the base was written, and is kept as long as the base is.
        if let found = try await existing(base.id) {
            guard found.reference == base else {
                throw refused(
                    record.id, .damaged, "its base \(base.id) was replaced by another record",
                    "run verify, and make a full")
            }
            if found.tombstone == nil { return }
        }
        // Dropped: a merged or synthetic one may stand for it.
        let graph = SnapshotGraph(try await survey().living.map(SnapshotFacts.init))
        guard graph.chain(to: base.id) != nil else {
            throw refused(
                record.id, .missing, "its base \(base.id) was dropped, or something that needs", "make a full")
        }
    }

    private func existing(_ id: String) async throws -> StoredSnapshot? {
        do {
            return try await snapshot(id)
        } catch let fault as ContinuityError where fault.code == .notFound {
            return nil
        }
    }

    private func checkObjects(of record: SnapshotRecord) async throws {
        try await checkObject(record.manifest, in: RepositoryLayout.manifests)
        let outcomes = try await inParallel(record.parts) { part in
            try await self.checkObject(part, in: RepositoryLayout.parts)
        }
        for outcome in outcomes { try outcome.get() }
    }

    private func checkObject(_ reference: ObjectReference, in folder: String) async throws {
        let doing = "making a snapshot"
        guard reference.name.hasPrefix(folder), reference.name.contains(reference.sha256) else {
            throw ContinuityError(
                .hostile, doing: doing, object: String(reference.name.prefix(200)),
                message: "that is no name of an object in \(folder)", hint: "store it with putPart or putManifest")
        }
        guard let facts = try await store.facts(reference.name) else {
            throw ContinuityError(
                .missing, doing: doing, object: reference.name, message: "the object is not there",
                hint: "run the backup again; a prune with too short a grace may have removed it")
        }
        guard facts.size == reference.size else {
            throw ContinuityError(
                .damaged, doing: doing, object: reference.name,
                message: "the object has \(facts.size) bytes, not \(reference.size)", hint: "run the backup again")
        }
    }

    // MARK: Using parts again

    /// A part that is there may be referred to once more where it is young, or a living snapshot refers to it: no prune
    /// whose grace is longer than the backup takes it away before the commit.
    func isReusable(_ reference: ObjectReference) async throws -> Bool {
        guard let facts = try await store.facts(reference.name), facts.size == reference.size else { return false }
        if try await store.clock() - facts.modified < Self.reuseSeconds * 1_000_000 { return true }
        let now = ContinuousClock.now
        if let known = reusableParts.withLock({ $0 }), known.read + .seconds(Self.reuseSeconds) > now {
            return known.names.contains(reference.name)
        }
        let names = Set(try await survey().living.flatMap { $0.record.parts.map(\.name) })
        reusableParts.withLock { $0 = ReusableParts(names: names, read: now) }
        return names.contains(reference.name)
    }
}
