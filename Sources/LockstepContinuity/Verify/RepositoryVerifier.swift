internal import Foundation

/// How closely to look at a repository.
public enum VerifyDepth: Sendable, Hashable {
    /// Lists, sizes, signatures, the chain: no part is read, and the report says so.
    case fast
    /// Also reads parts: so much of their bytes, from 0 to 1, those of the snapshots that matter most first.
    case data(share: Double)
    /// Reads parts in any order until so much time has passed; one that was begun is read to its end.
    case dataFor(Duration)
}

/// What a look at a repository found.
public struct VerifyReport: Sendable, Codable {
    public struct Finding: Sendable, Hashable, Codable {
        public var code: String
        public var snapshot: String?
        public var object: String?
        public var message: String
        public var hint: String

        init(_ error: ContinuityError, snapshot: String?) {
            code = error.code.text
            self.snapshot = snapshot
            object = error.object
            message = error.message
            hint = error.hint
        }
    }
    public var snapshots = 0
    public var signed = 0
    public var objects = 0
    public var bytes: Int64 = 0
    public var readObjects = 0
    public var readBytes: Int64 = 0
    public var findings: [Finding] = []

    public var unreadBytes: Int64 { bytes - readBytes }

    /// Everything was read, and nothing was found.
    public var isProved: Bool { findings.isEmpty && unreadBytes == 0 }
}

/// Looks whether everything is in a repository that its snapshots name, and whether it is what it was.
public struct RepositoryVerifier: Sendable {
    private let repository: Repository
    private let keyring: Keyring
    private let check: RecordCheck?
    private let progress: @Sendable (ContinuityProgress) -> Void

    /// - Parameters:
    ///   - keyring: opens what is sealed; without a fitting key the stored bytes are checked, and not what is in them.
    ///   - check: nil where signatures are not asked for.
    public init(
        _ repository: Repository, keyring: Keyring, check: RecordCheck?,
        progress: @escaping @Sendable (ContinuityProgress) -> Void = { _ in }
    ) {
        self.repository = repository
        self.keyring = keyring
        self.check = check
        self.progress = progress
    }

    /// - Parameter id: only this snapshot and what it needs; nil for all.
    /// - Throws: where the repository cannot be read at all.
    public func verify(_ id: String?, _ depth: VerifyDepth) async throws -> VerifyReport {
        let survey = try await repository.survey(check: check)
        var report = VerifyReport()
        report.findings = survey.faults.map { VerifyReport.Finding($0, snapshot: nil) }
        var snapshots = survey.living
        if let id {
            snapshots = try Repository.chain(to: id, in: survey)
        } else {
            report.findings += repository.brokenLinks(in: survey).map { VerifyReport.Finding($0, snapshot: nil) }
            for snapshot in snapshots where snapshot.record.kind == .increment {
                try note(snapshot.id, &report) { _ = try Repository.chain(to: snapshot.id, in: survey) }
            }
        }
        report.snapshots = snapshots.count
        report.signed = check == nil ? 0 : snapshots.count { $0.record.signer != nil }
        var seen: Set<String> = []
        var present: [(snapshot: StoredSnapshot, part: ObjectReference)] = []
        for snapshot in snapshots.reversed() {
            for reference in [snapshot.record.manifest] + snapshot.record.parts
            where seen.insert(reference.name).inserted {
                report.objects += 1
                report.bytes += reference.size
                let isThere = try await isThere(reference, snapshot.id, &report)
                if isThere { present.append((snapshot, reference)) }
            }
        }
        switch depth {
        case .fast: break
        case .data(let share): try await read(present, share: share, until: nil, &report)
        case .dataFor(let time): try await read(present, share: 1, until: .now + time, &report)
        }
        return report
    }

    private func note(_ snapshot: String?, _ report: inout VerifyReport, _ work: () throws -> Void) throws {
        do {
            try work()
        } catch let error as ContinuityError {
            report.findings.append(VerifyReport.Finding(error, snapshot: snapshot))
        }
    }

    private func isThere(
        _ reference: ObjectReference, _ snapshot: String, _ report: inout VerifyReport
    ) async throws -> Bool {
        let facts = try await repository.store.facts(reference.name)
        if facts?.size == reference.size { return true }
        let message = facts.map { "it has \($0.size) bytes, not \(reference.size)" } ?? "it is not there"
        report.findings.append(
            VerifyReport.Finding(
                ContinuityError(
                    facts == nil ? .missing : .damaged, doing: "verifying", object: reference.name, message: message,
                    hint:
                        "the snapshot \(snapshot) cannot be restored from here: take a copy of the repository, and back up"
                ), snapshot: snapshot))
        return false
    }

    // MARK: Data

    private typealias Stored = (snapshot: StoredSnapshot, part: ObjectReference)

    /// A share is chosen anew each time: a part that is never chosen would be damaged for ever unseen.
    private func read(
        _ objects: [Stored], share: Double, until end: ContinuousClock.Instant?, _ report: inout VerifyReport
    ) async throws {
        let wanted = Int64((Double(report.bytes) * min(1, max(0, share))).rounded(.up))
        var chosen: [String: [Stored]] = [:]
        var bytes: Int64 = 0
        let isAll = share >= 1 && end == nil
        for object in isAll ? objects : objects.shuffled() where bytes < wanted {
            chosen[object.snapshot.id, default: []].append(object)
            bytes += object.part.size
        }
        // By snapshot, so that each manifest is opened once; the newest first.
        for id in isAll ? chosen.keys.sorted(by: >) : chosen.keys.shuffled() {
            var reader: SnapshotReader?
            let objects = chosen[id] ?? []
            for (number, object) in objects.enumerated() {
                if let end, end <= .now { return await reader?.closePart() ?? () }
                do {
                    try await readOne(object, next: objects.dropFirst(number + 1).first, &reader)
                } catch let error as ContinuityError where error.code != .unreachable {
                    report.findings.append(VerifyReport.Finding(error, snapshot: id))
                }
                report.readObjects += 1
                report.readBytes += object.part.size
                progress(ContinuityProgress(place: id, bytes: report.readBytes))
            }
        }
    }

    private func readOne(_ object: Stored, next: Stored?, _ reader: inout SnapshotReader?) async throws {
        let isSealed = object.part.name.hasSuffix(Sealing.age([]).suffix)
        guard object.part != object.snapshot.record.manifest, !isSealed || !keyring.isEmpty else {
            let stored = try repository.read(object.part)
            while try await stored.next() != nil {}
            return
        }
        let opened: SnapshotReader
        if let reader {
            opened = reader
        } else {
            opened = try await SnapshotReader(object.snapshot, in: repository, keyring: keyring, check: check)
            reader = opened
        }
        func manifest(_ object: Stored?) -> PartManifest? {
            opened.manifest.parts.first { $0.object == object?.part }
        }
        guard let part = manifest(object) else { return }
        try await opened.openPart(part, next: manifest(next))
        while try await opened.nextMember() != nil {
            while try await !opened.read().isEmpty {}
        }
    }
}
