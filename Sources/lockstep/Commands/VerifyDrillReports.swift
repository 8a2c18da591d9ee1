import ArgumentParser
import Foundation
import LockstepContinuity

/// `lockstep drill verify`.
struct VerifyDrillReports: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that drill reports are what they were, and say what follows from what they hold.",
        discussion: """
            Example:
              lockstep drill verify
              lockstep drill verify drills/reports/20260131T235959Z-0123456789ab.json
              lockstep drill verify handed-over/20260131T235959Z-0123456789ab.json --signers allowed_signers

            Looks at the signature, the chain of reports, the verdict, the criteria and the evidence. With a report \
            the rest of its folder is looked at for the chain only. An auditor who has no project names the trusted \
            keys with --signers: a file as ssh-keygen has it, or a public key.

            Without Lockstep:
              ssh-keygen -Y verify -f allowed_signers -I NAME -n lockstep-drill -s REPORT.json.sig < REPORT.json
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "A report's file, a folder of reports, or a report's name in the project; without it, all reports.")
    var report: String?

    @Option(help: ArgumentHelp("The keys that count: allowed signers, or a public key.", valueName: "file"))
    var signers: String?

    private struct Form: Encodable {
        var holds: Bool
        var reports: Int
        var signers: [String]
        var checksSignatures: Bool
        var problems: [DrillVerification.Problem]
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let place = try await place()
        let check = place.trusted.map(Self.signatureCheck)
        let all = try place.folder.stored()
        guard !all.isEmpty else {
            throw Failure(
                .usage, "there are no drill reports in \(place.folder.directory)",
                hint: "`lockstep drill run PLAN` makes one", status: .usage)
        }
        var found = await DrillVerification.verify(
            all: all, encode: ProjectDrills.encode, checkSignature: check,
            evidence: { place.folder.evidence($1, of: $0) }, knownHead: place.knownHead)
        if let name = place.report {
            guard let stored = all.first(where: { $0.name == name }) else {
                throw Failure(
                    .usage, "there is no drill report \(name)", hint: "`lockstep drill history` lists them",
                    status: .usage)
            }
            let alone = await DrillVerification.verify(
                stored, encode: ProjectDrills.encode, checkSignature: check,
                evidence: { place.folder.evidence($0, of: name) })
            // Of the others only what is wrong with the chain that the report stands in.
            let chain: Set<DrillVerification.Problem.Kind> = [.chainBroken, .chainForked, .order, .headMissing]
            let links = place.isHandedOver ? [] : found.problems.filter { chain.contains($0.kind) }
            found.problems = alone.problems + links
            found.count = 1
            found.signers = alone.signers
        }
        if place.trusted == nil {
            output.note(
                "no key is trusted, so signatures were not checked: --signers, or `signingKey` in lockstep.yaml")
        }
        try output.json(
            Form(
                holds: found.holds && check != nil, reports: found.count, signers: found.signers.sorted(),
                checksSignatures: check != nil, problems: found.problems))
        print(found, isChecked: check != nil, place, output)
        return found.holds && check != nil ? .done : .failed
    }

    private func print(_ found: DrillVerification, isChecked: Bool, _ place: Place, _ output: Output) {
        for problem in found.problems {
            output.line(
                "\(output.styled("error", .red)) \(problem.kind.rawValue): \(DisplayText.safe(problem.report)): \(DisplayText.safe(problem.message))"
            )
        }
        let reports = DisplayText.count(found.count, "report")
        let chain = place.isHandedOver ? "The chain was not looked at: it stands alone." : "The chain is whole."
        guard found.holds else {
            return output.line("\(reports): \(DisplayText.count(found.problems.count, "problem")).")
        }
        guard isChecked else {
            return output.line("\(reports), not changed since; by whom they are was NOT checked. \(chain)")
        }
        output.line(
            "\(reports), signed by \(found.signers.sorted().joined(separator: ", ")), not changed since. \(chain)")
    }

    // MARK: Where

    private struct Place {
        var folder: DrillReportFolder
        var trusted: TrustedKeys?
        var knownHead: ReportReference?
        /// One report only.
        var report: String?
        /// It does not lie in a project's folder of reports: the ones before it need not be there.
        var isHandedOver = false
    }

    private func place() async throws -> Place {
        let given = try signers.map(TrustedKeys.read(file:))
        var isFolder: ObjCBool = false
        if let report, FileManager.default.fileExists(atPath: report, isDirectory: &isFolder), isFolder.boolValue {
            return Place(
                folder: DrillReportFolder(directory: report),
                trusted: try given ?? (try? Project.openBeforeMaps(common)).flatMap { try $0.trustedKeys() })
        }
        if let report, FileManager.default.fileExists(atPath: report) {
            let file = URL(fileURLWithPath: report).standardizedFileURL
            let project = try? Project.openBeforeMaps(common)
            let drills = project.map(ProjectDrills.init)
            let directory = file.deletingLastPathComponent().path
            let isOwn =
                drills.map { URL(fileURLWithPath: $0.folder.directory).standardizedFileURL.path == directory } ?? false
            return Place(
                folder: DrillReportFolder(directory: directory),
                trusted: try given ?? project.flatMap { try $0.trustedKeys() },
                knownHead: isOwn ? drills?.knownHead() : nil,
                report: file.deletingPathExtension().lastPathComponent, isHandedOver: !isOwn)
        }
        let project = try Project.openBeforeMaps(common)
        let drills = ProjectDrills(project)
        return Place(
            folder: drills.folder, trusted: try given ?? project.trustedKeys(), knownHead: drills.knownHead(),
            report: try report.map { try drills.stored($0, plan: nil).name })
    }

    private static func signatureCheck(_ keys: TrustedKeys) -> DrillVerification.SignatureCheck {
        { bytes, signature in
            let time = StoredReport(name: "", bytes: bytes, signature: nil).report?.declaredAt
            do {
                let fingerprint = try keys.verify(
                    signature: String(decoding: signature, as: UTF8.self), over: bytes,
                    namespace: TrustedKeys.drillNamespace, at: time ?? currentMicroseconds())
                return .good(signer: fingerprint.text)
            } catch {
                return .bad((error as? ContinuityError)?.message ?? "it cannot be read")
            }
        }
    }
}
