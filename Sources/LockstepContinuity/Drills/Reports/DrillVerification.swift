/// Looks whether reports are what they were when they were written, and whether they say what follows from what they hold.
/// Pure: files are given, signatures are checked by the caller's closure.
public struct DrillVerification: Sendable, Hashable {
    /// Something that is not as it must be.
    public struct Problem: Sendable, Hashable, Codable, CustomStringConvertible {
        public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
            /// The bytes are no report.
            case unreadable
            /// Written by a later version.
            case tooNew = "too-new"
            /// The bytes are not the canonical form of what they say.
            case notCanonical = "not-canonical"
            /// The file has another name than the report.
            case wrongName = "wrong-name"
            /// The signature is missing, or does not fit.
            case signature
            /// The report before it is not there, or is not what it was.
            case chainBroken = "chain-broken"
            /// Two reports say that the same report is the one before them, or several say that they are the first.
            case chainForked = "chain-forked"
            /// It says that it took place before the one that it follows.
            case order
            /// The chain does not end where it is known to have ended.
            case headMissing = "head-missing"
            /// The outcome or a verdict is not what the checks and figures give.
            case outcome
            /// The criteria were changed after they were fixed.
            case criteria
            /// A piece of evidence is not there, or is not what it was.
            case evidence
        }
        public var report: String
        public var kind: Kind
        public var message: String

        public var description: String { "\(report): \(kind.rawValue): \(message)" }
    }

    /// Whether a signature of some bytes is good; throws, or says why not.
    public enum SignatureResult: Sendable, Hashable {
        case good(signer: String)
        case bad(String)
    }
    public typealias SignatureCheck = @Sendable (_ bytes: [UInt8], _ signature: [UInt8]) async -> SignatureResult

    public var problems: [Problem] = []
    /// Reports that were looked at.
    public var count = 0
    /// Who signed the reports.
    public var signers: Set<String> = []

    public var holds: Bool { problems.isEmpty }

    private init() {}

    /// Verifies one report alone: form, name, signature, verdict, criteria, evidence. Not its place in the chain.
    ///
    /// - Parameters:
    ///   - checkSignature: nil where the project has no key: then only signatures that are there and cannot be checked
    ///     are passed over.
    ///   - evidence: the bytes of a piece of evidence by its name.
    public static func verify(
        _ stored: StoredReport, encode: DrillEncoder, checkSignature: SignatureCheck?,
        evidence: @Sendable (String) -> [UInt8]?
    ) async -> DrillVerification {
        var work = DrillVerification()
        await work.look(at: stored, encode, checkSignature, evidence)
        return work
    }

    /// Verifies every report of a folder, and the chain.
    ///
    /// - Parameter knownHead: the end of the chain as it was noted elsewhere. A chain alone cannot show that its newest
    ///   reports were taken away.
    public static func verify(
        all stored: [StoredReport], encode: DrillEncoder, checkSignature: SignatureCheck?,
        evidence: @Sendable (_ id: String, _ name: String) -> [UInt8]?, knownHead: ReportReference? = nil
    ) async -> DrillVerification {
        var work = DrillVerification()
        for report in stored {
            await work.look(at: report, encode, checkSignature) { evidence(report.name, $0) }
        }
        work.problems += chainProblems(stored, knownHead: knownHead)
        return work
    }

    // MARK: One report

    private mutating func look(
        at stored: StoredReport, _ encode: DrillEncoder, _ checkSignature: SignatureCheck?,
        _ evidence: (String) -> [UInt8]?
    ) async {
        count += 1
        func problem(_ kind: Problem.Kind, _ message: String) {
            problems.append(Problem(report: stored.name, kind: kind, message: message))
        }
        await look(atSignatureOf: stored, checkSignature)
        guard let report = stored.report else { return problem(.unreadable, "the file is no drill report") }
        guard report.schema == DrillReport.currentSchema else {
            return problem(.tooNew, "the report is of the form \(report.schema), which this version does not know")
        }
        if (try? encode(report)) != stored.bytes {
            problem(.notCanonical, "the bytes are not those that a report of this content has")
        }
        if report.id != stored.name { problem(.wrongName, "the report's own id is \(report.id)") }
        if (try? report.criteria.digest(encode)) != report.criteria.sha256 {
            problem(.criteria, "the criteria are not those that were fixed before the drill")
        }
        for message in Self.contradictions(in: report) { problem(.outcome, message) }
        for item in report.evidence {
            guard let bytes = evidence(item.name) else {
                problem(.evidence, "\(item.name) is not there")
                continue
            }
            if bytes.count != item.size || DrillDigest.sha256(bytes) != item.sha256 {
                problem(.evidence, "\(item.name) is not what it was")
            } else if item.name == "log.txt", let line = DrillLog.brokenLine(in: bytes) {
                problem(.evidence, "line \(line) of log.txt does not follow from the one before it")
            }
        }
    }

    private mutating func look(atSignatureOf stored: StoredReport, _ check: SignatureCheck?) async {
        guard let check else { return }
        guard let signature = stored.signature else {
            problems.append(Problem(report: stored.name, kind: .signature, message: "there is no signature beside it"))
            return
        }
        switch await check(stored.bytes, signature) {
        case .good(let signer): signers.insert(signer)
        case .bad(let reason): problems.append(Problem(report: stored.name, kind: .signature, message: reason))
        }
    }

    /// What a report says that does not follow from what it holds.
    public static func contradictions(in report: DrillReport) -> [String] {
        var messages: [String] = []
        let outcome = DrillVerdict.outcome(of: report)
        if outcome != report.outcome {
            messages.append(
                "it says `\(report.outcome.rawValue)`, its checks and objectives give `\(outcome.rawValue)`")
        }
        for measured in report.objectives {
            let name = measured.store ?? "all stores"
            let usable = report.timeline.first { $0.name == .usable && $0.store == measured.store }?.mono
            if measured.rto.actualSeconds != usable {
                messages.append("the recovery time of \(name) is not that of the timeline")
            }
            if !DrillVerdict.isConsistent(measured.rto) || !DrillVerdict.isConsistent(measured.rpo) {
                messages.append("a verdict on an objective of \(name) is not what its figures give")
            }
            let promise = report.criteria.objectives.first { $0.store == measured.store }
            if measured.rto.objectiveSeconds != promise?.rtoSeconds.map(Double.init)
                || measured.rpo.objectiveSeconds != promise?.rpoSeconds.map(Double.init)
            {
                messages.append("the objectives of \(name) are not those of the criteria")
            }
        }
        messages += lossContradictions(in: report)
        if report.moment(.declared)?.mono != 0 { messages.append("the timeline does not begin with the declaration") }
        return messages
    }

    /// The recovery point follows from the declaration and the cuts, where the latest snapshot was taken.
    private static func lossContradictions(in report: DrillReport) -> [String] {
        guard let source = report.source, source.selection == "latest" else { return [] }
        return report.objectives.compactMap { measured in
            let cuts = source.snapshot.cuts.filter { cut in
                measured.store.map { $0 == cut.store } ?? report.scope.included.contains(cut.store)
            }
            let loss = cuts.map(\.time).min().map { Double(report.declaredAt - $0) / 1_000_000 }
            guard measured.rpo.actualSeconds != loss else { return nil }
            return "the recovery point of \(measured.store ?? "all stores") is not what the cuts give"
        }
    }

    // MARK: The chain

    static func chainProblems(_ stored: [StoredReport], knownHead: ReportReference?) -> [Problem] {
        let readable = stored.compactMap { item in item.report.map { (item, $0) } }
        let byName = Dictionary(stored.map { ($0.name, $0) }) { first, _ in first }
        var problems: [Problem] = []
        var followers: [String: String] = [:]
        for (item, report) in readable {
            let before = report.previous?.reportSha256 ?? "the beginning"
            if let other = followers[before] {
                let what = report.previous.map { "follow \($0.id)" } ?? "be the first"
                problems.append(
                    Problem(report: item.name, kind: .chainForked, message: "\(other) also says to \(what)"))
            }
            followers[before] = item.name
            guard let previous = report.previous else { continue }
            guard let target = byName[previous.id] else {
                problems.append(
                    Problem(
                        report: item.name, kind: .chainBroken, message: "the report \(previous.id) before it is gone"))
                continue
            }
            if target.sha256 != previous.reportSha256 {
                problems.append(
                    Problem(
                        report: item.name, kind: .chainBroken,
                        message: "the report \(previous.id) before it is not what it was"))
            }
            if let earlier = target.report?.moment(.declared)?.utc, let own = report.moment(.declared)?.utc,
                (DrillTime.parse(own) ?? 0) < (DrillTime.parse(earlier) ?? 0)
            {
                problems.append(
                    Problem(report: item.name, kind: .order, message: "it says to be older than \(previous.id)"))
            }
        }
        if let knownHead, byName[knownHead.id]?.sha256 != knownHead.reportSha256 {
            problems.append(
                Problem(
                    report: knownHead.id, kind: .headMissing,
                    message: "the report was the last of the chain, and is gone or not what it was"))
        }
        return problems
    }
}
