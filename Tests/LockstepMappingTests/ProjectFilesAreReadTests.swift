import Foundation
import LockstepMapping
import Testing

@Suite struct ProjectFilesAreReadTests {
    /// A folder with `lockstep.yaml` and two map files, removed at the end.
    private func inProject(_ text: String, _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lockstep [project] \(UUID().uuidString)")
        let maps = folder.appending(path: "mappings/erp-crm")
        try FileManager.default.createDirectory(at: maps, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(text.utf8).write(to: folder.appending(path: "lockstep.yaml"))
        try Data(Fixtures.map().utf8).write(to: maps.appending(path: "b.yaml"))
        try Data(MapFilesAreReadTests.example.utf8).write(to: maps.appending(path: "a.yaml"))
        try body(folder.path)
    }

    private let example = """
        project: contoso
        stores:
          erp: {url: "postgresql://lockstep@127.0.0.1:5432/erp", password: {env: ERP_PASSWORD}}
          crm: {url: "sqlite:crm.db"}                      # relative to this file
        links:
          erp-crm: {between: [erp, crm], maps: mappings/erp-crm/*.yaml, run: live}
        repository: {url: "file:backups", recipients: [age1x], keep: {daily: 7}}
        """

    @Test func theExampleIsUnderstood() throws {
        try inProject(example) { folder in
            let loaded = ProjectConfiguration.load(folder)
            #expect(loaded.diagnostics == [])
            let project = try #require(loaded.configuration)
            #expect(project.name == "contoso")
            let repository = try #require(project.repository)
            #expect(repository.place == .folder(folder + "/backups"))
            #expect(repository.recipients.map(\.value) == ["age1x"] && repository.isEncrypted)
            #expect(repository.keep?.daily == 7 && repository.keep?.weekly == 0)
            #expect(repository.graceSeconds == 86_400 && repository.stores == nil)
            #expect(project.store("erp")?.url.scheme == "postgresql")
            #expect(project.store("erp")?.password == .environment("ERP_PASSWORD"))
            #expect(project.store("crm")?.url.address == folder + "/crm.db")
            let link = try #require(project.link("erp-crm"))
            #expect(link.between == ["erp", "crm"] && link.run == .live)
            #expect(link.maps.map(\.name) == ["mappings/erp-crm/a.yaml", "mappings/erp-crm/b.yaml"])
            #expect(ProjectConfiguration.load(folder + "/lockstep.yaml").configuration != nil)
        }
    }

    @Test func twoMapsOfOneNameAreAnError() throws {
        try inProject(example) { folder in
            let link = try #require(ProjectConfiguration.load(folder).configuration?.link("erp-crm"))
            let maps = link.loadMaps()
            #expect(maps.definitions.map(\.file) == ["mappings/erp-crm/a.yaml"])
            #expect(maps.diagnostics.map(\.code) == ["LS-MAP-029"])
        }
    }

    @Test(arguments: [
        ("\"sqlite:crm.db\"}", "\"sqlite:crm.db\", passwrd: {env: A}}", "4:31 LS-CFG-009"),
        ("\"sqlite:crm.db\"", "\"crm.db\"", "4:14 LS-CFG-023"),
        ("\"sqlite:crm.db\"", "\"mysql:crm\"", "4:14 LS-CFG-023"),
        ("{env: ERP_PASSWORD}", "s3cret", "3:68 LS-CFG-021"),
        ("{env: ERP_PASSWORD}", "{env: A, file: b}", "3:68 LS-CFG-012"),
        ("lockstep@", "lockstep:s3cret@", "3:14 LS-CFG-022"),
        ("5432/erp", "5432/erp?password=s3cret", "3:14 LS-CFG-022"),
        ("[erp, crm]", "[erp, crn]", "6:28 LS-CFG-024"),
        ("[erp, crm]", "[erp, erp]", "6:28 LS-CFG-025"),
        ("[erp, crm]", "[erp]", "6:22 LS-CFG-012"),
        ("mappings/erp-crm/*.yaml", "nowhere/*.yaml", "6:40 LS-CFG-026"),
        ("run: live", "run: sometimes", "6:70 LS-CFG-012"),
        ("run: live", "run: cron \"61 * * * *\"", "6:70 LS-CFG-027"),
        ("run: live", "run: cron \"* * * *\"", "6:70 LS-CFG-027"),
        ("project: contoso", "project: Contoso!", "1:10 LS-CFG-020"),
        ("project: contoso", "projekt: contoso", "1:1 LS-CFG-010 1:1 LS-CFG-009"),
        ("\"sqlite:crm.db\"}", "\"sqlite:crm.db\", options: {token: s3cret}}", "4:41 LS-CFG-021"),
    ])
    func eachProblemHasItsCodeAndPlace(part: String, replacement: String, expected: String) throws {
        try inProject(example.replacing(part, with: replacement)) { folder in
            let loaded = ProjectConfiguration.load(folder)
            #expect(
                Set(places(loaded.diagnostics).joined(separator: " ").split(separator: " "))
                    == Set(expected.split(separator: " ")), "\(loaded.diagnostics)")
            #expect(loaded.configuration == nil)
            #expect(!loaded.diagnostics.description.contains("s3cret"))
        }
    }

    @Test(arguments: ["cron \"*/5 * * * *\"", "{cron: \"*/5 * * * *\"}", "'cron */5 * * * *'"])
    func schedulesMayBeWrittenInSeveralWays(text: String) throws {
        try inProject(example.replacing("run: live", with: "run: \(text)")) { folder in
            let project = try #require(ProjectConfiguration.load(folder).configuration)
            guard case .cron(let schedule) = project.links.first?.run else {
                Issue.record("no schedule")
                return
            }
            #expect(schedule.text == "*/5 * * * *")
        }
    }

    @Test func aLinkThatDoesNotSayRunsByHand() throws {
        try inProject(example.replacing(", run: live", with: "")) { folder in
            #expect(ProjectConfiguration.load(folder).configuration?.links.first?.run == .byHand)
        }
    }

    @Test func aMissingProjectIsAnError() {
        let loaded = ProjectConfiguration.load("/nowhere/at/all")
        #expect(loaded.diagnostics.map(\.code) == ["LS-CFG-001"] && loaded.configuration == nil)
    }

    // MARK: Secrets

    @Test func secretsComeFromWhereTheReferenceSays() throws {
        try inProject("") { folder in
            try Data("from file\nmore".utf8).write(to: URL(fileURLWithPath: folder + "/secret"))
            let environment = ["NAME": "from environment", "PATH": "/usr/bin:/bin"]
            #expect(
                try SecretReference.environment("NAME").resolve(environment: environment, directory: folder)
                    == "from environment")
            #expect(try SecretReference.file("secret").resolve(environment: [:], directory: folder) == "from file")
            #expect(
                try SecretReference.command("cat secret").resolve(environment: environment, directory: folder)
                    == "from file")
            #expect(
                try SecretReference.command("echo $NAME").resolve(environment: environment, directory: folder)
                    == "from environment")
        }
    }

    @Test(
        arguments: [
            .environment("UNSET"), .environment("EMPTY"), .file("gone"), .file("empty"),
            .command("echo s3cret; exit 3"),
            .command("true"), .command("yes s3cret"),
        ] as [SecretReference])
    func aSecretThatIsNotThereIsAnErrorWithoutIt(reference: SecretReference) throws {
        try inProject("") { folder in
            try Data().write(to: URL(fileURLWithPath: folder + "/empty"))
            let error = #expect(throws: SecretError.self) {
                try reference.resolve(environment: ["EMPTY": "", "PATH": "/usr/bin:/bin"], directory: folder)
            }
            #expect(error?.code == "LS-CFG-040" && error?.description.contains("s3cret") == false)
        }
    }
}
