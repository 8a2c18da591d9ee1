import LockstepMapping
import Testing

@Suite struct RepositoryIsReadTests {
    private func load(_ repository: String) -> LoadedProject {
        ProjectConfiguration.parse(
            "project: p\nstores:\n  crm: {url: \"sqlite:crm.db\"}\nrepository: \(repository)\n",
            directory: "/projects/p")
    }

    @Test(arguments: [
        ("file:backups", RepositoryConfiguration.Place.folder("/projects/p/backups")),
        ("file:///srv/backups/", .folder("/srv/backups")),
        ("file:../up", .folder("/projects/up")),
        ("s3://bucket", .bucket("bucket", prefix: "")),
        ("s3://bucket/a/b/", .bucket("bucket", prefix: "a/b")),
    ])
    func addressesAreUnderstood(url: String, place: RepositoryConfiguration.Place) {
        let loaded = load("{url: \"\(url)\", encryption: none}")
        #expect(loaded.diagnostics == [])
        #expect(loaded.configuration?.repository?.place == place)
        #expect(loaded.configuration?.repository?.isEncrypted == false)
    }

    /// What is wrong, with the column it is wrong at and the code.
    @Test(arguments: [
        ("{url: \"ftp://x\", encryption: none}", "LS-CFG-029", 19),
        ("{url: \"s3://key:secret@bucket\", encryption: none}", "LS-CFG-029", 19),
        ("{url: \"file:\", encryption: none}", "LS-CFG-029", 19),
        ("{url: \"file:x\"}", "LS-CFG-029", 13),
        ("{url: \"file:x\", encryption: none, recipients: [age1x]}", "LS-CFG-029", 60),
        ("{url: \"file:x\", recipients: [age1x], secretKey: abc}", "LS-CFG-021", 61),
        ("{url: \"file:x\", recipients: [age1x], options: {secretKey: abc}}", "LS-CFG-021", 60),
        ("{url: \"file:x\", recipients: [age1x], stores: [crn]}", "LS-CFG-024", 59),
        ("{url: \"file:x\", recipients: [age1x], grace: 7}", "LS-CFG-012", 57),
        ("{url: \"file:x\", recipients: [age1x], keep: {dayly: 7}}", "LS-CFG-009", 57),
        ("{url: \"file:x\", recipients: [age1x], keep: {daily: -1}}", "LS-CFG-012", 64),
        ("{url: \"file:x\", recipients: [age1x], compression: 20}", "LS-CFG-012", 63),
    ])
    func eachErrorHasItsCodeAndPlace(repository: String, code: String, column: Int) {
        let loaded = load(repository)
        #expect(loaded.configuration == nil)
        #expect(loaded.diagnostics.map(\.code) == [code])
        #expect(loaded.diagnostics.first?.location.line == 4 && loaded.diagnostics.first?.location.column == column)
        let texts = loaded.diagnostics.map(\.description)
        #expect(!texts.contains { $0.contains("abc") || $0.contains("key:secret") })
    }
}
