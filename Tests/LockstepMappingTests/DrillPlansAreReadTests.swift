import Foundation
import LockstepMapping
import LockstepTesting
import Testing

@Suite struct DrillPlansAreReadTests {
    private static let project = """
        project: contoso
        stores:
          erp: {url: "sqlite:erp.db"}
          crm: {url: "sqlite:crm.db"}
          web: {url: "sqlite:web.db"}
        links:
          erp-crm: {between: [erp, crm], maps: maps/*.yaml}
        """

    /// A plan with every key that there is.
    static let everyKey = """
        drill: quarterly
        version: 3
        description: The whole recovery, once a quarter.
        type: full
        scenario: The server room burns at nine in the morning.
        criteria: Orders can be taken again within a quarter of an hour.
        snapshot: latest
        stores: [erp, crm]
        target: temporary
        targets: {erp: {cluster: temporary}, crm: {sqlite: temporary}}
        usable: data
        objectives: {rto: 15m, rpo: 5m, stores: {erp: {rto: 10m, rpo: 60s}}}
        assets: {erp: {process: order taking, role: primary, tier: 1, tolerable: 4h}}
        people: {director: Ada, operator: [Bob, Cleo], observer: Dan, approver: Eve}
        every: 90d
        keep: on-failure
        announced: false
        groups:
          - name: data
            steps:
              - verify: 10%
              - restore: all
                entities: {crm: [accounts]}
              - {assert: no order without a customer, store: erp, sql: select 1, expect: 0}
              - {assert: rows, store: erp, sql: select 1, expect: [[1, null], [x, '']]}
              - {assert: none came, store: erp, sql: select 1, expect: {rows: 0}}
              - {assert: some, store: erp, sql: select 1, expect: {atLeast: 1, atMost: 10}}
              - {assert: limits, store: crm, entity: accounts, every: creditlimit ge 0}
              - {assert: names, store: crm, entity: accounts, none: name eq null}
              - {assert: many, store: crm, entity: accounts, count: creditlimit gt 0, expect: {atLeast: 1}}
          - name: people
            steps:
              - {command: ./smoke-test, name: the application starts, exit: 0, timeout: 60s}
              - {confirm: Is last week on the dashboard?, by: Bob, timeout: 15m}
          - name: links
            steps:
              - reconcile: erp-crm
              - sync: erp-crm
              - {failover: erp-crm, to: crm, on: scratch}
              - {failback: erp-crm, on: scratch}
        """

    private func configuration() throws -> ProjectConfiguration {
        let folder = try TemporaryFolder()
        try folder.write(Fixtures.map(), to: "maps/a.yaml")
        return try #require(ProjectConfiguration.parse(Self.project, directory: folder.path).configuration)
    }

    private func parse(_ text: String) throws -> LoadedDrillPlan {
        DrillPlan.parse(text, file: "drills/d.yaml", project: try configuration())
    }

    @Test func everyKeyIsUnderstood() throws {
        let loaded = try parse(Self.everyKey)
        #expect(loaded.diagnostics == [])
        let plan = try #require(loaded.plan)
        #expect(plan.name.value == "quarterly" && plan.version == 3 && plan.kind.value == .full)
        #expect(plan.selection.value == .latest && plan.stores.map(\.value) == ["erp", "crm"])
        #expect(plan.target(of: "erp") == .temporaryCluster && plan.target(of: "crm") == .temporarySQLite)
        #expect(plan.target(of: "web") == .temporary)
        #expect(plan.usableAfter == "data" && plan.every == 90 * 86_400 && plan.keeping == .onFailure)
        #expect(plan.objectives.all == DrillPlan.Objective(rto: 900, rpo: 300))
        #expect(plan.objectives.stores["erp"] == DrillPlan.Objective(rto: 600, rpo: 60))
        #expect(plan.assets["erp"]?.tolerable == 14_400 && plan.assets["erp"]?.tier == "1")
        #expect(plan.people.operators == ["Bob", "Cleo"] && plan.people.observers == ["Dan"])
        #expect(!plan.isAnnounced && plan.source == Array(Self.everyKey.utf8))
        #expect(plan.groups.map { $0.steps.count } == [9, 2, 4])
        #expect(
            plan.steps.map(\.word) == [
                "verify", "restore", "assert", "assert", "assert", "assert", "assert", "assert", "assert", "command",
                "confirm", "reconcile", "sync", "failover", "failback",
            ])
        guard case .query(_, _, .rows(let rows)) = plan.steps[3].action else {
            Issue.record("no rows")
            return
        }
        #expect(rows == [["1", nil], ["x", ""]])
        #expect(plan.steps[2].name == "no order without a customer")
        #expect(plan.steps[9].name == "the application starts" && plan.steps[9].timeout == 60)
    }

    /// A short plan, around some of its lines.
    private static func plan(
        type: String = "restore", head: [String] = ["objectives: {rto: 15m}"], steps: [String] = ["restore: all"]
    ) -> String {
        (["drill: d", "type: \(type)"] + head + ["groups:", "  - name: data", "    steps:"]
            + steps.map { "      - \($0)" }).joined(separator: "\n") + "\n"
    }

    @Test func theShortestPlanHasDefaults() throws {
        let plan = try #require(try parse(Self.plan()).plan)
        #expect(plan.selection.value == .latest && plan.target == .temporary && plan.keeping == .never)
        #expect(plan.version == 1 && plan.isAnnounced && plan.stores.isEmpty && plan.every == nil)
        #expect(plan.steps.first?.action == .restore(stores: [], entities: [:]))
    }

    private static let assertion = "{assert: a, store: erp, sql: select 1, expect: 0}"

    @Test(
        arguments: [
            ("a: [", "2:1 LS-DRILL-004"),
            ("", "1:1 LS-DRILL-005"),
            (plan(head: ["every: 90d", "every: 80d", "objectives: {rto: 15m}"]), "3:1 LS-DRILL-006"),
            (plan(head: ["objctives: {rto: 15m}"]), "3:1 LS-DRILL-009"),
            ("drill: d\ngroups: []\n", "1:1 LS-DRILL-010"),
            (plan(head: ["people: Ada"]), "3:9 LS-DRILL-011"),
            (plan(type: "rehearse"), "2:7 LS-DRILL-012"),
            (plan(head: ["snapshot: newest"]), "3:11 LS-DRILL-012"),
            (plan(head: ["keep: always"]), "3:7 LS-DRILL-012"),
            (plan().replacing("drill: d", with: "drill: The Drill"), "1:8 LS-DRILL-020"),
            (plan(head: ["objectives: {rto: soon}"]), "3:19 LS-DRILL-021"),
            (plan(head: ["every: 90"]), "3:8 LS-DRILL-021"),
            (plan(head: ["snapshot: {at: '2026-01-31'}"]), "3:16 LS-DRILL-022"),
            (plan(head: ["stores: [erp, crn]", "objectives: {rto: 15m}"]), "3:15 LS-DRILL-023"),
            (plan(head: ["assets: {epr: {tier: 1}}", "objectives: {rto: 15m}"]), "3:10 LS-DRILL-023"),
            (
                plan(head: ["stores: [erp]", "objectives: {rto: 15m}"], steps: ["restore: [erp, crm]"]),
                "8:24 LS-DRILL-023"
            ),
            (plan(steps: ["restore: all", "sync: erp-crn"]), "8:15 LS-DRILL-024"),
            (plan(head: ["target: production"]), "3:9 LS-DRILL-025"),
            (plan(head: ["target: {sqlite: erp.db}"]), "3:18 LS-DRILL-025"),
            (plan(head: ["target: {database: {url: 'postgresql://u:pw@h/d'}}"]), "3:26 LS-DRILL-026"),
            (
                plan(head: ["target: {database: {url: 'postgresql://u@h/d', password: pw}}"]), "3:58 LS-DRILL-026"
            ),
            (
                plan(steps: ["restore: all", "{assert: a, store: erp, entity: e, every: a eq}"]),
                "8:55 LS-DRILL-027"
            ),
            (plan(steps: ["restore: all", "{name: nothing}"]), "8:9 LS-DRILL-028"),
            (plan(steps: ["restore: all", "{sync: erp-crm, reconcile: erp-crm}"]), "8:9 LS-DRILL-028"),
            (plan(steps: ["restore: all", "{sync: erp-crm, timeout: 5m}"]), "8:25 LS-DRILL-028"),
            (
                plan(steps: ["restore: all", "{assert: a, store: erp, sql: select 1, expect: {atLeast: much}}"]),
                "8:66 LS-DRILL-029"
            ),
            (plan(steps: []).replacing("    steps:", with: "    steps: []"), "5:3 LS-DRILL-030"),
            (plan(type: "full", steps: ["restore: all"]), "2:7 LS-DRILL-031 2:7 LS-DRILL-031"),
            (plan(type: "verify", head: [], steps: ["verify: fast", "restore: all"]), "7:9 LS-DRILL-032"),
            (
                plan(
                    type: "failback",
                    steps: ["restore: all", "failback: erp-crm", "{failover: erp-crm, to: crm}"]),
                "8:19 LS-DRILL-032"
            ),
            (plan(steps: ["restore: erp", "restore: [crm, erp]"]), "8:9 LS-DRILL-032"),
            (plan(steps: [assertion, "restore: all"]), "7:28 LS-DRILL-033"),
            (plan(steps: ["restore: crm", assertion]), "8:28 LS-DRILL-033"),
            (plan(steps: ["restore: erp", "sync: erp-crm"]), "8:15 LS-DRILL-033"),
            (plan() + "  - name: data\n    steps: []\n", "8:11 LS-DRILL-034"),
            (plan(head: ["usable: dta", "objectives: {rto: 15m}"]), "1:8 LS-DRILL-035"),
            (plan(type: "verify", steps: ["verify: fast"]), "2:7 LS-DRILL-037"),
        ])
    func eachProblemHasItsCodeAndPlace(text: String, expected: String) throws {
        let loaded = try parse(text)
        #expect(
            places(loaded.diagnostics).joined(separator: " ").split(separator: " ")
                == expected.split(separator: " "), "\(loaded.diagnostics)")
        #expect(loaded.plan == nil)
        #expect(!loaded.diagnostics.description.contains("pw"))
        #expect(loaded.diagnostics.allSatisfy { !$0.message.isEmpty })
    }

    @Test func whatIsNotJudgedIsAWarningAndNoError() throws {
        let none = try parse(Self.plan(head: []))
        #expect(places(none.diagnostics) == ["1:8 LS-DRILL-036"] && none.plan != nil)
        let random = try parse(Self.plan(head: ["snapshot: random", "objectives: {rpo: 5m}"]))
        #expect(places(random.diagnostics) == ["3:11 LS-DRILL-037"] && random.plan != nil)
        #expect(none.diagnostics.allSatisfy { $0.severity == .warning })
    }

    @Test func everyCodeThatAFileCanGetHasAMeaning() {
        #expect(DrillCode.allCases.allSatisfy { !$0.meaning.isEmpty })
        #expect(Set(DrillCode.allCases.map(\.meaning)).count == DrillCode.allCases.count)
    }

    @Test func plansAreFoundInTheirFolder() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.plan(), to: "drills/b.yaml")
        try folder.write(Self.plan(), to: "drills/a.yml")
        try folder.write("{}", to: "drills/reports/x.json")
        let files = DrillPlan.files(inProject: folder.path)
        #expect(files.map(\.name) == ["drills/a.yml", "drills/b.yaml"])
        #expect(DrillPlan.load(path: files[0].path, file: files[0].name).plan?.name.value == "d")
        let gone = DrillPlan.load(path: folder.path + "/drills/c.yaml", file: "drills/c.yaml")
        #expect(gone.diagnostics.map(\.code) == ["LS-DRILL-001"])
    }

    @Test(
        arguments: [
            ("90s", 90), ("15m", 900), ("1h30m", 5400), ("2w", 1_209_600), ("1d1s", 86_401),
            ("", nil), ("m", nil), ("5", nil), ("-5m", nil), ("5m1h", nil), ("0s", nil), ("99999999999w", nil),
        ] as [(String, Int64?)])
    func lengthsOfTimeAreRead(text: String, seconds: Int64?) {
        #expect(DurationWords.parse(text) == seconds)
        if let seconds { #expect(DurationWords.parse(DurationWords.format(seconds)) == seconds) }
    }

    // MARK: The schema for editors

    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test func theShippedSchemaIsThatOfTheProgram() throws {
        let url = Self.repository.appendingPathComponent("mappings/schema/\(FileSchema.drillFileName)")
        #expect(try String(contentsOf: url, encoding: .utf8) == FileSchema.drill)
    }

    @Test func theDocumentsExampleIsAPlan() async throws {
        let url = Self.repository.appendingPathComponent(
            "Sources/LockstepMapping/LockstepMapping.docc/DrillPlans.md")
        let parts = try String(contentsOf: url, encoding: .utf8).components(separatedBy: "```yaml\n")
        let text = try #require(parts.dropFirst().first?.components(separatedBy: "```").first)
        let loaded = try parse(text)
        #expect(loaded.diagnostics == [] && loaded.plan?.steps.count == 10)
        let found = try await JSONSchemaCheck.problems(
            schema: FileSchema.drill, documents: ["example": try YAMLAsJSON.text(text)])
        #expect(found == ["example": []])
    }

    @Test func theSchemaTakesWhatTheParserTakesAndRefusesSlips() async throws {
        var documents = ["every key": Self.everyKey, "short": Self.plan()]
        let slips = [
            ("keep: on-failure", "keep: always"), ("type: full", "type: fll"), ("usable: data", "usabel: data"),
            ("to: crm", "two: crm"), ("verify: 10%", "verify: some"), ("every: 90d", "every: often"),
            ("{cluster: temporary}", "{cluster: mine}"), ("exit: 0", "exit: no"), ("- sync: erp-crm", "- {name: x}"),
        ]
        for (right, wrong) in slips {
            let changed = Self.everyKey.replacing(right, with: wrong, maxReplacements: 1)
            #expect(changed != Self.everyKey)
            documents["slip: \(wrong)"] = changed
        }
        let found = try await JSONSchemaCheck.problems(
            schema: FileSchema.drill, documents: documents.mapValues { try YAMLAsJSON.text($0) })
        #expect(found["every key"] == [] && found["short"] == [])
        for (name, problems) in found where name.hasPrefix("slip") { #expect(!problems.isEmpty, "\(name)") }
    }
}
