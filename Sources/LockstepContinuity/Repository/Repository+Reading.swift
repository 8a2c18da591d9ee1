import LockstepModel

extension Repository {
    /// The snapshots that live, ascending by id.
    ///
    /// - Parameter check: looks at each record's signature before it is believed; nil where anybody's records are taken.
    /// - Throws: ``ContinuityError``: the first thing that is wrong with any record. ``survey(check:)`` tells them all.
    public func snapshots(check: RecordCheck? = nil) async throws -> [StoredSnapshot] {
        let survey = try await survey(check: check)
        if let fault = survey.faults.first { throw fault }
        return survey.living
    }

    /// Everything that is known of the snapshots, and all that is wrong with their records.
    ///
    /// - Throws: where the repository cannot be read at all; what is wrong with an object is in the survey.
    public func survey(check: RecordCheck? = nil) async throws -> RepositorySurvey {
        // Tombstones first: a snapshot stored between the two lists is then merely not known to be dropped.
        let tombstoneList = try await store.list(RepositoryLayout.tombstones)
        let records = try await store.list(RepositoryLayout.snapshots)
        var survey = RepositorySurvey(snapshots: [], tombstones: [:], faults: [])
        for outcome in try await inParallel(tombstoneList, readTombstone) {
            switch outcome {
            case .success(let found): survey.tombstones[found.tombstone.snapshot.id] = found
            case .failure(let fault): survey.faults += fault.code == .missing ? [] : [fault]
            }
        }
        for outcome in try await inParallel(records, { try await self.readRecord($0, check: check) }) {
            switch outcome {
            case .success(var found):
                if let tombstone = survey.tombstones[found.id], tombstone.tombstone.snapshot == found.reference {
                    found.tombstone = tombstone
                }
                survey.snapshots.append(found)
            // Deleted since it was listed.
            case .failure(let fault): survey.faults += fault.code == .missing ? [] : [fault]
            }
        }
        return survey
    }

    /// A snapshot by its id, also one with a tombstone.
    ///
    /// - Throws: ``ContinuityError`` with code `notFound` where there is none.
    public func snapshot(_ id: String, check: RecordCheck? = nil) async throws -> StoredSnapshot {
        guard SnapshotIdentifier.isValid(id), let facts = try await store.facts(RepositoryLayout.snapshot(id)) else {
            throw noSnapshot(id, doing: "looking for a snapshot")
        }
        var found = try await readRecord(facts, check: check)
        if let facts = try await store.facts(RepositoryLayout.tombstone(id)) {
            let tombstone = try await readTombstone(facts)
            if tombstone.tombstone.snapshot == found.reference { found.tombstone = tombstone }
        }
        return found
    }

    /// The signature over a record; nil where there is none.
    public func signature(of snapshot: StoredSnapshot) async throws -> [UInt8]? {
        try await signature(ofRecord: snapshot.reference.sha256)
    }

    func noSnapshot(_ id: String, doing: String) -> ContinuityError {
        ContinuityError(
            .notFound, doing: doing, object: id, message: "there is no such snapshot",
            hint: "`lockstep snapshots` lists what there is")
    }

    func signature(ofRecord sha256: String) async throws -> [UInt8]? {
        let name = RepositoryLayout.signature(sha256)
        guard let facts = try await store.facts(name) else { return nil }
        return try await whole(facts)
    }

    /// All bytes of a small object.
    func whole(_ facts: ObjectFacts) async throws -> [UInt8] {
        let doing = "reading an object"
        guard facts.size <= Int64(Self.maximumRecordBytes) else {
            throw ContinuityError(
                .hostile, doing: doing, object: facts.name,
                message: "the object has \(facts.size) bytes, which is absurd",
                hint: "look who put it there; it is none of ours")
        }
        let bytes = try await store.read(facts.name, offset: 0, count: Int(facts.size))
        guard Int64(bytes.count) == facts.size else {
            throw ContinuityError(
                .damaged, doing: doing, object: facts.name,
                message: "the object ends after \(bytes.count) of \(facts.size) bytes",
                hint: "check the disk or service, and run verify")
        }
        return bytes
    }

    // MARK: One object

    private func readRecord(_ facts: ObjectFacts, check: RecordCheck?) async throws -> StoredSnapshot {
        let bytes = try await whole(facts)
        let sha256 = Self.digest(bytes)
        if let check { try check(bytes, try await signature(ofRecord: sha256)) }
        let record = try parseRecord(bytes, name: facts.name)
        return StoredSnapshot(
            record: record, bytes: bytes, reference: SnapshotReference(id: record.id, sha256: sha256),
            stored: facts.modified)
    }

    /// Only what every version of the format has.
    private struct Heading: Decodable {
        var format: String
    }

    func parseRecord(_ bytes: [UInt8], name: String) throws -> SnapshotRecord {
        let doing = "reading a snapshot's record"
        func damaged(_ message: String) -> ContinuityError {
            ContinuityError(
                .damaged, doing: doing, object: name, message: message,
                hint: "take the record from a copy of the repository; what it refers to may still be whole")
        }
        guard let heading = RepositoryJSON.decode(Heading.self, bytes) else { throw damaged("that is no record") }
        guard heading.format == SnapshotRecord.currentFormat else {
            guard heading.format.hasPrefix("lockstep.snapshot/") else { throw damaged("that is no snapshot's record") }
            throw ContinuityError(
                .tooNew, doing: doing, object: name,
                message: "the record is in the format \(heading.format.prefix(40))",
                hint: "use the version of lockstep that wrote it, or a later one")
        }
        guard let record = RepositoryJSON.decode(SnapshotRecord.self, bytes) else {
            throw damaged("fields are missing")
        }
        guard RepositoryLayout.snapshotID(of: name, in: RepositoryLayout.snapshots) == record.id else {
            throw damaged("the record is one of the snapshot \(record.id.prefix(40)), not of the one it is named after")
        }
        let calendar = (ISOText.firstDay * ISOText.microsecondsPerDay)..<(ISOText.lastDay * ISOText.microsecondsPerDay)
        guard calendar.contains(record.cutTime) else { throw damaged("its cut is in no year of the calendar") }
        guard record.repository == identity.id else { throw damaged("the record belongs to another repository") }
        return record
    }

    private func readTombstone(_ facts: ObjectFacts) async throws -> StoredTombstone {
        let tombstone = RepositoryJSON.decode(Tombstone.self, try await whole(facts))
        let id = RepositoryLayout.snapshotID(of: facts.name, in: RepositoryLayout.tombstones)
        guard let tombstone, tombstone.snapshot.id == id, tombstone.repository == identity.id else {
            throw ContinuityError(
                .damaged, doing: "reading a tombstone", object: facts.name,
                message: "that is no tombstone of the snapshot it is named after",
                hint: "delete it, and drop the snapshot again if it is to go")
        }
        return StoredTombstone(tombstone: tombstone, stored: facts.modified)
    }

    // MARK: Side by side

    /// Looks at objects side by side; what is wrong with one of them does not end the others.
    func inParallel<Input: Sendable, Output: Sendable>(
        _ objects: [Input], _ look: @escaping @Sendable (Input) async throws -> Output
    ) async throws -> [Result<Output, ContinuityError>] {
        var outcomes = [Result<Output, ContinuityError>?](repeating: nil, count: objects.count)
        try await withThrowingTaskGroup(of: (Int, Result<Output, ContinuityError>).self) { group in
            var next = 0
            func add() {
                guard next < objects.count else { return }
                let (index, object) = (next, objects[next])
                next += 1
                group.addTask {
                    do {
                        return (index, .success(try await look(object)))
                    } catch let fault as ContinuityError where fault.isOfTheObject {
                        return (index, .failure(fault))
                    }
                }
            }
            for _ in 0..<Self.parallelRequests { add() }
            while let (index, outcome) = try await group.next() {
                outcomes[index] = outcome
                add()
            }
        }
        return outcomes.compactMap { $0 }
    }
}

extension ContinuityError {
    /// The object is at fault, not the way to it.
    var isOfTheObject: Bool {
        [.missing, .damaged, .hostile, .signature, .tooNew, .badKey, .wrongKey].contains(code)
    }
}
