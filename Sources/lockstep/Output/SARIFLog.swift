import Foundation
import LockstepMapping

/// Findings in the Static Analysis Results Interchange Format, version 2.1.0 (OASIS standard of 27 March 2020), as code
/// review tools read them. Holds no value of any record.
struct SARIFLog: Encodable {
    struct Text: Encodable { var text: String }

    struct Help: Encodable {
        var text: String
        var markdown: String
    }

    struct Rule: Encodable {
        var id: String
        var shortDescription: Text
        var fullDescription: Text
        var help: Help
    }

    struct Driver: Encodable {
        var name: String
        var semanticVersion: String
        var rules: [Rule]
    }

    struct Tool: Encodable { var driver: Driver }

    struct ArtifactLocation: Encodable {
        var uri: String
        var uriBaseId: String?
    }

    struct Region: Encodable {
        var startLine: Int
        var startColumn: Int
    }

    struct PhysicalLocation: Encodable {
        var artifactLocation: ArtifactLocation
        var region: Region
    }

    struct Location: Encodable { var physicalLocation: PhysicalLocation }

    struct Result: Encodable {
        var ruleId: String
        var ruleIndex: Int?
        var level: String
        var message: Text
        var locations: [Location]
        /// The same for the same finding when lines move.
        var partialFingerprints: [String: String]
    }

    struct BaseLocation: Encodable { var description: Text }

    struct Run: Encodable {
        var tool: Tool
        var columnKind: String
        var originalUriBaseIds: [String: BaseLocation]
        var results: [Result]
    }

    var schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    var version = "2.1.0"
    var runs: [Run]

    private enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case version, runs
    }

    private static let base = "PROJECT"

    init(_ lint: ProjectLint) {
        let rules = Self.rules()
        let indexes = Dictionary(uniqueKeysWithValues: rules.enumerated().map { ($1.id, $0) })
        var seen: [String: Int] = [:]
        let results = lint.findings.map { finding in
            let print = Self.fingerprint(finding)
            seen[print, default: 0] += 1
            return Result(
                ruleId: finding.code, ruleIndex: indexes[finding.code], level: finding.severity.rawValue,
                message: Text(text: Self.message(finding)), locations: Self.locations(finding),
                partialFingerprints: ["lockstepFinding/v1": "\(print):\(seen[print] ?? 1)"])
        }
        let driver = Driver(name: "Lockstep", semanticVersion: Lockstep.version, rules: rules)
        runs = [
            Run(
                tool: Tool(driver: driver), columnKind: "unicodeCodePoints",
                originalUriBaseIds: [
                    Self.base: BaseLocation(description: Text(text: "The folder that the command was given."))
                ],
                results: results)
        ]
    }

    func text() throws -> String { try Output.encode(self) }

    private static func rules() -> [Rule] {
        let maps = MapCode.allCases.map { rule($0.rawValue, $0.meaning, $0.explanation) }
        return maps + ProjectCode.allCases.map { rule($0.rawValue, $0.meaning, $0.meaning) }
    }

    private static func rule(_ id: String, _ meaning: String, _ explanation: String) -> Rule {
        Rule(
            id: id, shortDescription: Text(text: meaning), fullDescription: Text(text: explanation),
            help: Help(text: "\(meaning) \(explanation)", markdown: "**\(meaning)**\n\n\(explanation)"))
    }

    private static func message(_ finding: LintFinding) -> String {
        let subject = finding.store.map { "store \($0): " } ?? ""
        return subject + finding.message + (finding.hint.isEmpty ? "" : " — \(finding.hint)")
    }

    private static func locations(_ finding: LintFinding) -> [Location] {
        guard let file = finding.file, let line = finding.line, let column = finding.column else { return [] }
        let isAbsolute = file.hasPrefix("/")
        let path = file.hasPrefix("./") ? String(file.dropFirst(2)) : file
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        let artifact = ArtifactLocation(
            uri: isAbsolute ? "file://\(escaped)" : escaped.replacing(":", with: "%3A"),
            uriBaseId: isAbsolute ? nil : base)
        return [
            Location(
                physicalLocation: PhysicalLocation(
                    artifactLocation: artifact, region: Region(startLine: line, startColumn: column)))
        ]
    }

    /// A 64-bit FNV-1a hash over what stays when lines move.
    private static func fingerprint(_ finding: LintFinding) -> String {
        let digits = "0123456789"
        // Counts of records change from run to run; what they are counts of does not.
        let message = finding.message.filter { !digits.contains($0) }
        let text = [finding.code, finding.file ?? finding.store ?? "", finding.map ?? "", message]
            .joined(separator: "\u{1F}")
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        let hexadecimal = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - hexadecimal.count) + hexadecimal
    }
}
