import Foundation
import LockstepState

/// The folder that a project's drill reports are in, `drills/reports`: `<id>.json`, its signature `<id>.json.sig`, its
/// page `<id>.html`, and its evidence in a folder `<id>`. Reports form one chain, whatever their plans.
public struct DrillReportFolder: Sendable {
    /// Relative to the project's folder.
    public static let path = "drills/reports"
    /// A report is some 100 KiB; what is longer was not written here.
    static let largestReport = 16 << 20
    /// Two drills that end at once wait for each other this often, 50 ms each.
    private static let attempts = 200

    public let directory: String

    public init(directory: String) { self.directory = directory }

    /// Signs bytes with the project's key: the armored signature, or nil where there is no key.
    public typealias Signer = @Sendable ([UInt8]) async throws -> String?

    /// A report that was written.
    public struct Published: Sendable {
        public var report: DrillReport
        public var reference: ReportReference
        /// Paths of the JSON and of the page.
        public var path: String
        public var pagePath: String
        public var isSigned: Bool
    }

    /// Chains a drill's report to the last one, and writes it with its signature, page and evidence. A report that is
    /// there is never written over.
    public func publish(
        _ drill: FinishedDrill, encode: DrillEncoder, sign: Signer
    ) async throws -> Published {
        try make(directory)
        let lock = try await lock()
        defer { withExtendedLifetime(lock) {} }
        var report = drill.report
        report.previous = try head()
        let bytes = try encode(report)
        let evidence = directory + "/" + report.id
        try make(evidence)
        for attachment in drill.attachments { try write(attachment.bytes, to: evidence + "/" + attachment.name) }
        let path = path(of: report.id)
        let signature = try await sign(bytes)
        if let signature { try write(Array(signature.utf8), to: path + ".sig") }
        let reference = ReportReference(id: report.id, reportSha256: DrillDigest.sha256(bytes))
        let page = DrillPage(report: report, sha256: reference.reportSha256, isSigned: signature != nil).text
        let pagePath = directory + "/" + report.id + ".html"
        try write(Array(page.utf8), to: pagePath)
        // Last: the report exists with all that belongs to it, or not at all.
        try write(bytes, to: path)
        return Published(
            report: report, reference: reference, path: path, pagePath: pagePath, isSigned: signature != nil)
    }

    /// Every report, oldest first; what cannot be read as one is an error of its own.
    public func stored() throws -> [StoredReport] {
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch { throw Self.failure("listing drill reports", directory, "the folder cannot be read") }
        return try names.filter { $0.hasSuffix(".json") }.sorted().map { name in
            let path = directory + "/" + name
            guard let handle = FileHandle(forReadingAtPath: path),
                let data = try? handle.read(upToCount: Self.largestReport + 1), data.count <= Self.largestReport
            else { throw Self.failure("reading a drill report", path, "the file cannot be read, or is too large") }
            let signature = FileManager.default.contents(atPath: path + ".sig").map { [UInt8]($0) }
            return StoredReport(name: String(name.dropLast(5)), bytes: [UInt8](data), signature: signature)
        }
    }

    /// The bytes of a report's evidence; nil where it is not there.
    public func evidence(_ name: String, of id: String) -> [UInt8]? {
        // Names come from reports, which may have been tampered with.
        guard !name.contains("/"), !name.hasPrefix("."), !id.contains("/"), !id.hasPrefix(".") else { return nil }
        return FileManager.default.contents(atPath: directory + "/" + id + "/" + name).map { [UInt8]($0) }
    }

    public func path(of id: String) -> String { directory + "/" + id + ".json" }

    /// The end of the chain: the report that none names as the one before it.
    func head() throws -> ReportReference? {
        let stored = try stored()
        let named = Set(stored.compactMap { $0.report?.previous?.reportSha256 })
        let ends = stored.filter { $0.report != nil && !named.contains($0.sha256) }
        return ends.last.map { ReportReference(id: $0.name, reportSha256: $0.sha256) }
    }

    // MARK: Files

    private func lock() async throws -> ProjectLock {
        for _ in 0..<Self.attempts {
            do {
                return try ProjectLock(path: directory + "/.lock")
            } catch let error as StateError where error.code == .locked {
                try await Task.sleep(for: .milliseconds(50))
            } catch { throw Self.failure("writing a drill report", directory, "the folder cannot be locked") }
        }
        throw Self.failure("writing a drill report", directory, "another drill does not let go of the folder")
    }

    private func make(_ folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch { throw Self.failure("writing a drill report", folder, "the folder cannot be made") }
    }

    /// All of a file or nothing; never over one that is there.
    private func write(_ bytes: [UInt8], to path: String) throws {
        let sibling = path + ".unfinished"
        _ = unlink(sibling)
        guard
            FileManager.default.createFile(atPath: sibling, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: sibling)
        else { throw Self.failure("writing a drill report", path, "the file cannot be made") }
        defer { _ = unlink(sibling) }
        do {
            try file.write(contentsOf: Data(bytes))
            try file.synchronize()
            try file.close()
        } catch { throw Self.failure("writing a drill report", path, "the disk is full, or refuses to write") }
        // A link, not a rename: it fails where there is a file of that name.
        guard link(sibling, path) == 0 else {
            throw Self.failure("writing a drill report", path, "there is a file of that name")
        }
    }

    private static func failure(_ doing: String, _ object: String, _ message: String) -> ContinuityError {
        ContinuityError(
            .file, doing: doing, object: object, message: message,
            hint: "see that this user may write the folder, and that there is room")
    }
}

/// A report as it lies in the folder.
public struct StoredReport: Sendable, Hashable {
    /// The file's name without `.json`.
    public var name: String
    public var bytes: [UInt8]
    /// The armored signature beside it.
    public var signature: [UInt8]?
    /// Nil where the bytes are no report.
    public let report: DrillReport?
    public let sha256: String

    public init(name: String, bytes: [UInt8], signature: [UInt8]?) {
        self.name = name
        self.bytes = bytes
        self.signature = signature
        report = try? JSONDecoder().decode(DrillReport.self, from: Data(bytes))
        sha256 = DrillDigest.sha256(bytes)
    }
}
