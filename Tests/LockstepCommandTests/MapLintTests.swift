import Foundation
import LockstepTesting
import Testing

/// `lockstep map`, as people and programs see it.
struct MapLintTests {
    private let map = "mappings/customers.yaml"

    private func findings(_ body: [String: Any]) throws -> [[String: Any]] {
        try #require(body["findings"] as? [[String: Any]])
    }

    private func codes(_ body: [String: Any]) throws -> [String] {
        try findings(body).compactMap { $0["code"] as? String }
    }

    // MARK: What is said

    @Test func aProjectInOrderHasNoFindings() async throws {
        let project = try await SampleProject()
        let outcome = try await project.run("map lint --strict")
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)")
        #expect(outcome.standardOutput == "No problems in 1 map.\n")
        #expect(outcome.standardError == "")
    }

    @Test func eachFindingShowsItsLineAndACaretUnderTheColumn() async throws {
        let project = try await SampleProject()
        try project.replace("crm: mail", with: "crm: maill", in: map)
        let outcome = try await project.run("map lint")
        #expect(outcome.exitCode == 1)
        let lines = outcome.standardOutput.split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(6) == [
                map, "  10:24 error LS-MAP-061: `contacts` in `crm` has no field `maill`",
                "    10 |   - {shop: email, crm: maill}", "       |                        ^",
                "    why: The field would be read as nothing or written nowhere.", "    mend: did you mean `mail`?",
            ])
        #expect(lines.last == "1 error, 0 warnings in 1 map.")
        #expect(!outcome.standardOutput.contains("\u{1B}"), "colours are for terminals")
    }

    @Test func allProblemsAreFoundAtOnceAlsoInSeveralFiles() async throws {
        let project = try await SampleProject()
        try project.replace("crm: full_name", with: "crm: fullname", in: map)
        try project.replace("blocked: 1}", with: "blocked: 0}", in: map)
        try project.write("map: other\nversion: 1\n", to: "mappings/other.yaml")
        let found = try codes(try await project.json("map lint"))
        #expect(Set(found) == ["LS-MAP-061", "LS-MAP-028", "LS-MAP-012", "LS-MAP-010", "LS-MAP-064"], "\(found)")
    }

    @Test func valuesThatNoValueMapListsAreCounted() async throws {
        let project = try await SampleProject()
        try project.execute("UPDATE customers SET status = 'vip' WHERE account < 'C-003'", in: "shop")
        try project.execute("UPDATE customers SET status = 'new' WHERE account = 'C-005'", in: "shop")
        let outcome = try await project.run("map lint")
        #expect(outcome.exitCode == 0)
        #expect(outcome.standardOutput.contains("values: vip (2), new (1)"), "\(outcome.standardOutput)")
        #expect(try await project.run("map lint --strict").exitCode == 1)
        let finding = try #require(try findings(try await project.json("map lint")).first)
        #expect(finding["code"] as? String == "LS-MAP-107" && finding["records"] as? Int == 3)
        #expect((finding["values"] as? [[String: Any]])?.first?["value"] as? String == "vip")
        #expect((finding["why"] as? String)?.isEmpty == false && finding["file"] as? String == map)
        #expect(try await project.run("map lint --no-records --strict").exitCode == 0)
    }

    @Test func readingEndsAtTheLimitAndSaysSo() async throws {
        let project = try await SampleProject()
        try project.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
            INSERT INTO customers(account, name) SELECT printf('X-%05d', i), 'x' FROM n
            """, in: "shop")
        let outcome = try await project.run("map lint --limit 100")
        #expect(outcome.standardOutput.contains("Of customers in shop only "), "\(outcome.standardOutput)")
        let whole = try await project.run("map lint --limit 0")
        #expect(!whole.standardOutput.contains("only "), "\(whole.standardOutput)")
    }

    @Test func aStoreThatCannotBeReachedHidesNothingOfTheText() async throws {
        let project = try await SampleProject()
        try FileManager.default.removeItem(atPath: project.path("crm.db"))
        try project.replace("blocked: 1}", with: "blocked: 0}", in: map)
        let body = try await project.json("map lint")
        #expect(try codes(body).contains("LS-MAP-028"))
        #expect(try findings(body).contains { $0["store"] as? String == "crm" })
        #expect((body["skipped"] as? [String])?.isEmpty == false)
    }

    // MARK: Files by themselves

    @Test func aFileNeedsNoProjectOffline() async throws {
        let folder = try TemporaryFolder("lint")
        try Data("map: a\nversion: 1.0.0\nbetween: {a: x, b: y}\nkey: {a: id, b: id}\nfields: [{a: n}]\n".utf8)
            .write(to: folder.file("a.yaml"))
        let outcome = try await SampleProject.run(["map", "lint", "a.yaml", "--offline"], in: folder.url)
        #expect(outcome.exitCode == 1)
        #expect(outcome.standardOutput.contains("5:10 error LS-MAP-023"), "\(outcome.standardOutput)")
        let online = try await SampleProject.run(["map", "lint", "a.yaml"], in: folder.url)
        #expect(online.exitCode == 10)
    }

    @Test func onlyTheNamedFilesAreReportedOn() async throws {
        let project = try await SampleProject()
        try project.write("map: other\nversion: 1\n", to: "mappings/other.yaml")
        let outcome = try await project.run("map lint \(map)")
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)")
        #expect(try await project.run("map lint mappings/other.yaml").exitCode == 1)
    }

    // MARK: Codes and schemas

    @Test func codesAreExplained() async throws {
        let project = try await SampleProject()
        let explained = try await project.run("map explain ls-map-028")
        #expect(explained.exitCode == 0 && explained.standardOutput.contains("On the way back"))
        #expect(try await project.run("map lint --explain LS-MAP-028").standardOutput == explained.standardOutput)
        #expect(try await project.run("map explain LS-MAP-999").exitCode == 64)
    }

    @Test func initBringsTheSchemasThatItsFilesName() async throws {
        let project = try await SampleProject()
        let printed = try await project.run("map schema").standardOutput
        #expect(try project.text("schema/map.schema.json") == printed)
        #expect(try project.text(map).hasPrefix("# yaml-language-server: $schema=../schema/map.schema.json\n"))
        let ofProject = try await project.run("map schema --of-project").standardOutput
        #expect(try project.text("schema/project.schema.json") == ofProject)
        #expect(
            try project.text("lockstep.yaml").hasPrefix("# yaml-language-server: $schema=schema/project.schema.json\n"))
    }

    // MARK: Drift

    @Test func whatChangesAfterTheFirstSyncIsDriftUntilSomebodyAccepts() async throws {
        let project = try await SampleProject()
        _ = try await project.run("sync")
        #expect(try await project.run("map lint --strict").exitCode == 0)
        try project.execute("ALTER TABLE customers ADD COLUMN vat TEXT", in: "shop")
        try project.execute(
            "ALTER TABLE contacts RENAME COLUMN town TO place; ALTER TABLE contacts ADD COLUMN town VARCHAR(20)",
            in: "crm")
        let found = try findings(try await project.json("map lint")).filter { $0["code"] as? String == "LS-MAP-085" }
        #expect(found.count == 3, "\(found)")
        let messages = found.compactMap { $0["message"] as? String }.joined(separator: "\n")
        #expect(messages.contains("`vat` of `customers` in `shop` (TEXT) was added"))
        #expect(messages.contains("`town` of `contacts` in `crm` was TEXT and is VARCHAR(20)"), "\(messages)")
        #expect(messages.contains("`place`"))
        let accepted = try await project.run("map accept customers")
        #expect(accepted.exitCode == 0 && accepted.standardOutput.contains("`vat`"), "\(accepted.standardError)")
        #expect(try codes(try await project.json("map lint")).filter { $0 == "LS-MAP-085" } == [])
        #expect(try await project.run("map accept nobody").exitCode == 64)
    }
}
