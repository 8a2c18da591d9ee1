import Foundation
import LockstepMapping
import LockstepTesting
import Testing

/// The JSON Schemas say what the parsers do.
@Suite struct EditorSchemasTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// A map with every key that there is.
    private static let everyKey = """
        map: customers
        version: 1.2.0-beta+7
        publisher: contoso
        between: {erp: customers, crm: accounts}
        key:
          - {erp: customer_account, crm: accountnumber}
          - {erp: company, crm: companyid.code}
        where: {erp: "party_type eq 'Organization'", crm: customertypecode eq 3}
        direction: both
        references:
          - {crm: transactioncurrencyid, to: currencies.currencyid}
          - {crm: [company_id, group_no], to: groups, key: [company_id, number]}
        partition: {erp: company, crm: companyid.code}
        partitions: [DE, US, 7]
        match:
          - {erp: name, crm: name, rule: similar}
          - {erp: [name, city], crm: [name, city], rule: normalised}
        fields:
          - {erp: name, crm: name, trim: true, case: upper}
          - {erp: credit_limit, crm: creditlimit, owner: erp, round: 2}
          - {erp: amount, crm: amount, round: true}
          - {erp: note, crm: note, truncate: true}
          - {erp: currency, crm: transactioncurrencyid.isocurrencycode, within: company, deferred: true}
          - {erp: on_hold, crm: onholdstatus, values: {No: 0, Invoice: 1, All: true}, unmapped: park}
          - {erp: colour, crm: colour, values: {red: r}, unmapped: null}
          - {erp: language, crm: language, default: en-us}
          - {erp: born, crm: born, sentinel: {erp: [1900-01-01, ''], crm: 0}}
          - {erp: at, crm: at, zone: Europe/Berlin}
          - {crm: customertypecode, constant: 3}
          - {crm: nothing, constant: null}
          - {crm: full_name, from: "concat(first_name,last_name)", direction: erp-to-crm}
        conflicts: {overlap: newest(modified_at, modifiedon), delete: update-wins}
        deletes: {propagate: true, guard: 20%}
        leave: unlink
        mode: replicated
        """

    private static let everyProjectKey = """
        project: contoso
        stores:
          erp: {url: "postgresql://lockstep@127.0.0.1:5432/erp", password: {env: ERP_PASSWORD}, partition: company}
          crm: {url: "sqlite:crm.db", options: {busyTimeoutSeconds: 5}}
        links:
          erp-crm: {between: [erp, crm], maps: mappings/*.yaml, run: live, partitions: [DE, US]}
          other: {between: [erp, crm], maps: [a.yaml, b.yaml], run: cron "*/5 * * * *"}
          third: {between: [erp, crm], maps: [c.yaml], run: {cron: "*/5 * * * *"}}
        repository:
          url: "s3://bucket/prefix"
          options: {endpoint: "https://127.0.0.1:8333", region: eu, lockDays: 30}
          accessKey: {env: KEY}
          secretKey: {file: secret}
          recipients: [age1x]
          signingKey: {file: keys/backup}
          trustedSigners: keys/allowed_signers
          keep: {last: 3, hourly: 24, daily: 7, weekly: 4, monthly: 12, yearly: 10, within: 2d}
          grace: 36h
          stores: [erp]
          compression: 3
        """

    @Test(arguments: [("map", FileSchema.map), ("project", FileSchema.project)])
    func theShippedFilesAreThoseOfTheProgram(name: String, schema: String) throws {
        let url = Self.repository.appendingPathComponent("mappings/schema/\(name).schema.json")
        #expect(
            try String(contentsOf: url, encoding: .utf8) == schema,
            "run `lockstep map schema\(name == "map" ? "" : " --of-project") > mappings/schema/\(name).schema.json`")
    }

    @Test func everyKeyThatThereIsIsAccepted() async throws {
        let maps = try await JSONSchemaCheck.problems(
            schema: FileSchema.map,
            documents: [
                "every key": try YAMLAsJSON.text(Self.everyKey),
                "the documentation's": try YAMLAsJSON.text(MapFilesAreReadTests.example),
            ])
        #expect(maps == ["every key": [], "the documentation's": []])
        let projects = try await JSONSchemaCheck.problems(
            schema: FileSchema.project, documents: ["every key": try YAMLAsJSON.text(Self.everyProjectKey)])
        #expect(projects == ["every key": []])
    }

    @Test func shippedFilesNameTheirSchemaAndAreAccepted() async throws {
        let folder = Self.repository.appendingPathComponent("mappings")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            .compactMap { $0 as? URL }
            .filter { $0.pathExtension == "yaml" && !$0.lastPathComponent.hasSuffix(".examples.yaml") }
        #expect(files.count > 5)
        var documents: [String: [String: String]] = [:]
        for file in files {
            let text = try String(contentsOf: file, encoding: .utf8)
            let start = "# yaml-language-server: $schema="
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(start) }, "\(file.path)")
            let schema = file.deletingLastPathComponent().appendingPathComponent(String(line.dropFirst(start.count)))
            #expect(FileManager.default.fileExists(atPath: schema.standardizedFileURL.path), "\(file.path)")
            documents[schema.lastPathComponent, default: [:]][file.lastPathComponent] = try YAMLAsJSON.text(text)
        }
        for (name, schema) in [
            (FileSchema.mapFileName, FileSchema.map), (FileSchema.projectFileName, FileSchema.project),
        ] {
            let found = try await JSONSchemaCheck.problems(schema: schema, documents: documents[name] ?? [:])
            #expect(found.filter { !$0.value.isEmpty } == [:])
            #expect(!found.isEmpty)
        }
    }

    @Test func whatTheParserTakesTheSchemaTakesToo() async throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        var documents: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let url = folder.appendingPathComponent("\(name)/map.yaml")
            guard let text = try? String(contentsOf: url, encoding: .utf8),
                MapDefinition.parse(text, file: "m.yaml").definition != nil
            else { continue }
            documents[name] = try YAMLAsJSON.text(text)
        }
        #expect(documents.count > 30)
        let found = try await JSONSchemaCheck.problems(schema: FileSchema.map, documents: documents)
        #expect(found.filter { !$0.value.isEmpty } == [:])
    }

    @Test(
        arguments: [
            ("version: 1.2.0", "vresion: 1.2.0"), ("version: 1.2.0", "version: 1.2"), ("leave: unlink", "leave: stay"),
            ("guard: 20%", "guard: lots"), ("owner: erp", "owner: {a: b}"), ("deferred: true", "deferd: true"),
            ("case: upper", "case: middle"), ("rule: similar", "rule: alike"), ("round: 2", "round: -1"),
            ("between: {erp: customers, crm: accounts}", "between: {erp: customers}"),
        ])
    func slipsOfThePenAreRefused(right: String, wrong: String) async throws {
        let text = Self.everyKey.replacing(right, with: wrong, maxReplacements: 1)
        #expect(text != Self.everyKey)
        let changed = text.replacing("1.2-beta+7", with: "1.2")
        let found = try await JSONSchemaCheck.problems(
            schema: FileSchema.map, documents: ["wrong": try YAMLAsJSON.text(changed)])
        #expect(found["wrong"]?.isEmpty == false)
    }

    // MARK: Keys

    /// The keys that the parser says it knows, where a key stands that it does not.
    private func known(_ diagnostics: [Diagnostic], after prefix: String) throws -> Set<String> {
        let hint = try #require(
            diagnostics.first { $0.message.hasPrefix(prefix) && $0.code.hasSuffix("-009") }?.hint, "\(diagnostics)")
        #expect(!hint.contains(" more"), "all keys must be listed")
        return Set(hint.matches(of: /`([^`]+)`/).map { String($0.1) })
    }

    private func keys(_ schema: String, _ path: [String]) throws -> Set<String> {
        var object = try #require(try JSONSerialization.jsonObject(with: Data(schema.utf8)) as? [String: Any])
        for step in path { object = try #require(object[step] as? [String: Any], "\(path)") }
        return Set(object.keys)
    }

    private func expectEqual(_ parser: Set<String>, _ schema: Set<String>) {
        #expect(parser.subtracting(schema) == [], "keys that the schema lacks")
        #expect(schema.subtracting(parser) == [], "keys that the parser lacks")
    }

    @Test func theParserOfMapsKnowsTheSameKeys() throws {
        let key = "qqqqqqqqqqqq"
        func diagnostics(_ text: String) -> [Diagnostic] { MapDefinition.parse(text, file: "m.yaml").diagnostics }
        let map = Fixtures.map()
        expectEqual(
            try known(diagnostics(map + "\(key): 1\n"), after: "the map"), try keys(FileSchema.map, ["properties"]))
        let pair = diagnostics(Fixtures.map(["{erp: name, crm: name, \(key): 1}"]))
        expectEqual(
            try known(pair, after: "a pair").subtracting(["erp", "crm"]),
            try keys(FileSchema.map, ["definitions", "pair", "properties"]))
        for name in ["conflicts", "deletes"] {
            let found = diagnostics(Fixtures.map(rest: ["\(name): {\(key): 1}"]))
            expectEqual(
                try known(found, after: "`\(name)`"),
                try keys(FileSchema.map, ["properties", name, "properties"]))
        }
    }

    @Test func theParserOfProjectsKnowsTheSameKeys() throws {
        let key = "qqqqqqqqqqqq"
        let text = """
            project: p
            \(key): 1
            stores:
              a: {url: "sqlite:a.db", \(key): 1, password: {\(key): 1}}
              b: {url: "sqlite:b.db"}
            links:
              l: {between: [a, b], maps: [], \(key): 1, run: {\(key): 1}}
            repository: {\(key): 1, url: "file:x", keep: {\(key): 1}}
            """
        let found = ProjectConfiguration.parse(text, directory: "/nowhere").diagnostics
        for (what, path) in [
            ("lockstep.yaml", ["properties"]), ("store", ["definitions", "store", "properties"]),
            ("`password`", ["definitions", "secret", "properties"]),
            ("link", ["definitions", "link", "properties"]),
            ("`repository`", ["definitions", "repository", "properties"]),
            ("`keep`", ["definitions", "repository", "properties", "keep", "properties"]),
        ] { expectEqual(try known(found, after: what), try keys(FileSchema.project, path)) }
        #expect(try known(found, after: "`run`") == ["cron"])
    }
}
