import ConnectorKit
import LockstepContinuity
import LockstepMapping
import LockstepModel
import Synchronization

extension ProjectDrillWorld {
    // MARK: Choosing

    func choose(_ selection: DrillPlan.Selection, stores: [String]) async throws -> DrillSnapshot {
        let survey = try await archive.repository.survey(check: archive.check)
        let backups = survey.living.inCommitOrder().filter { snapshot in
            if case .id = selection { return snapshot.has(stores) }
            return archive.isBackup(snapshot) && snapshot.has(stores)
        }
        // A plan that restores all means the snapshots of all, where there are any.
        let whole = stores.isEmpty ? backups.filter { $0.has(wholeProject) } : []
        let fitting = whole.isEmpty ? backups : whole
        var choice: String?
        let found: StoredSnapshot?
        switch selection {
        case .latest: found = fitting.last
        case .oldest: found = fitting.first
        case .at(let time): found = fitting.last { $0.record.cutTime <= time }
        case .id(let id):
            let named = fitting.filter { $0.id.hasPrefix(id) }
            found = named.count == 1 ? named.first : nil
        case .random:
            var generator = ChosenSeed(seed: seed)
            let number = fitting.isEmpty ? 0 : Int.random(in: fitting.indices, using: &generator)
            found = fitting.isEmpty ? nil : fitting[number]
            choice = "seed \(seed), number \(number + 1) of \(fitting.count)"
        }
        guard let found else { throw nothing(stores, survey) }
        var snapshot = try describe(found, survey)
        snapshot.choice = choice
        if let newest = fitting.last { snapshot.newest = .init(id: newest.id, cutTime: newest.record.cutTime) }
        let chosen = snapshot
        state.withLock { $0.chosen = chosen }
        return chosen
    }

    private var wholeProject: [String] { (try? project.backedUpStores([]).map(\.name)) ?? [] }

    private func nothing(_ stores: [String], _ survey: RepositorySurvey) -> ContinuityError {
        if survey.living.isEmpty, let fault = survey.faults.first { return fault }
        return ContinuityError(
            .notFound, doing: "choosing a snapshot", object: nil,
            message: survey.living.isEmpty
                ? "the repository has no snapshot" : "no snapshot is what the plan asks for",
            hint: survey.living.isEmpty
                ? "`lockstep backup` makes one"
                : "`lockstep snapshots` lists what there is\(stores.isEmpty ? "" : "; it must have \(stores.joined(separator: ", "))")"
        )
    }

    private func describe(_ stored: StoredSnapshot, _ survey: RepositorySurvey) throws -> DrillSnapshot {
        let record = stored.record
        return DrillSnapshot(
            id: stored.id, repository: record.repository, address: archive.repository.store.address,
            recordSha256: stored.reference.sha256, manifestSha256: record.manifest.sha256,
            // Where its base is missing, the check of the chain says so.
            chain: (try? Repository.chain(to: stored.id, in: survey).map(\.id)) ?? [stored.id],
            signer: record.signer, recipients: record.recipients, cutTime: record.cutTime,
            cuts: record.stores.map {
                .init(store: $0.name, engine: $0.engine, position: $0.position, time: $0.time)
            }, copy: archive.repository.identity.isCopy ? "copy" : "primary")
    }

    // MARK: Verifying

    func verify(_ snapshot: DrillSnapshot, share: Double) async throws -> [ArchiveProof] {
        let survey = try await archive.repository.survey(check: archive.check)
        let verifier = RepositoryVerifier(
            archive.repository, keyring: keyring, check: archive.check,
            progress: { [progress] in progress.show($0, work: "reading") })
        let report = try await verifier.verify(snapshot.id, share > 0 ? .data(share: share) : .fast)
        progress.clear()
        let isSignature = { (finding: VerifyReport.Finding) in
            finding.code == ContinuityError.Code.signature.text
        }
        return [
            digests(report, report.findings.filter { !isSignature($0) }, share),
            signature(of: snapshot, report.findings.filter(isSignature)), chain(to: snapshot, survey),
        ]
    }

    private func digests(
        _ report: VerifyReport, _ findings: [VerifyReport.Finding], _ share: Double
    ) -> ArchiveProof {
        let wrong = Set(findings.compactMap(\.object)).count
        let read = share > 0 ? "\(ByteText.size(report.readBytes)) read" : "names and sizes compared, none read"
        return ArchiveProof(
            .digests, expected: "\(DisplayText.count(report.objects, "object")) of \(ByteText.size(report.bytes))",
            actual: "\(report.objects - min(wrong, report.objects)) of \(report.objects), \(read)",
            result: findings.isEmpty
                ? .holds
                : .broken(findings.prefix(3).map { "\($0.object ?? ""): \($0.message)" }.joined(separator: "; ")))
    }

    private func signature(of snapshot: DrillSnapshot, _ findings: [VerifyReport.Finding]) -> ArchiveProof {
        let result: ArchiveProof.Result
        if let finding = findings.first {
            result = .broken("\(finding.object ?? ""): \(finding.message)")
        } else if archive.check == nil {
            result = .notLooked("the project trusts no key: `signingKey` or `trustedSigners` in lockstep.yaml")
        } else {
            result = .holds
        }
        return ArchiveProof(
            .signature, expected: "a trusted key", actual: snapshot.signer ?? "not signed", result: result)
    }

    private func chain(to snapshot: DrillSnapshot, _ survey: RepositorySurvey) -> ArchiveProof {
        var problems = archive.repository.brokenLinks(in: survey)
        do { _ = try Repository.chain(to: snapshot.id, in: survey) } catch let error as ContinuityError {
            problems.append(error)
        } catch {}
        return ArchiveProof(
            .chain, expected: "no gap", actual: DisplayText.count(survey.living.count, "snapshot"),
            result: problems.isEmpty
                ? .holds
                : .broken(problems.prefix(3).map { "\($0.object ?? ""): \($0.message)" }.joined(separator: "; ")))
    }

    // MARK: What the archive says

    /// The snapshot, opened with the keys at hand.
    func reader(of snapshot: DrillSnapshot) async throws -> SnapshotReader {
        if let reader = state.withLock(\.reader), reader.snapshot.id == snapshot.id { return reader }
        let stored = try await archive.repository.snapshot(snapshot.id, check: archive.check)
        let reader = try await SnapshotReader(stored, in: archive.repository, keyring: keyring, check: archive.check)
        state.withLock { $0.reader = reader }
        return reader
    }

    func expected(_ store: String, in snapshot: DrillSnapshot, tables: [String]?) async throws -> StoreContents {
        guard let manifest = try await reader(of: snapshot).manifest.store(store) else {
            throw ContinuityError(
                .notFound, doing: "comparing what was restored", object: store,
                message: "the snapshot does not have it", hint: "")
        }
        let isOwn = state.withLock(\.engines)[store] == manifest.schema.engine
        var contents = ContentsReader.describe(manifest.schema, tables: tables, withOwn: isOwn)
        for index in contents.tables.indices {
            let table = manifest.tables.first { $0.name == contents.tables[index].name }
            contents.tables[index].rows = table?.rows
            contents.tables[index].hash = table?.hash
            if table?.hash == nil { contents.tables[index].note = "the snapshot does not say" }
        }
        contents.sequences = manifest.sequences.map { .init(name: $0.sqlName, last: $0.last) }
        return contents
    }
}

/// Chance that can be had again: SplitMix64 (Steele, Lea, Flood 2014).
struct ChosenSeed: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
