import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// `lockstep export` as people meet it; what is in the file is shown by ``WithoutLockstepTests``.
struct ExportCommandTests {
    private func project() async throws -> SampleProject {
        let project = try await SampleProject()
        try project.replace(
            "links:", with: "repository: {url: \"file:backups\", encryption: none}\nlinks:", in: "lockstep.yaml")
        _ = try await project.run("sync")
        let backup = try await project.run("backup")
        try #require(backup.exitCode == 0, "\(backup.standardError)")
        return project
    }

    /// Files that an export or its scratch folders left behind.
    private func leftovers(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter {
            $0.contains("exporting") || $0.hasPrefix("lockstep-")
        }
    }

    @Test func aFileThatIsThereIsReplacedOnlyWhenTold() async throws {
        let project = try await project()
        let first = try await project.json("export latest --to a.tar.zst")
        #expect((first["stores"] as? [Any])?.count == 2)
        #expect(first["isSealed"] as? Bool == false)
        let before = try Data(contentsOf: URL(fileURLWithPath: project.path("a.tar.zst")))
        #expect(before.count == first["bytes"] as? Int)
        let second = try await project.run("export latest --to a.tar.zst --json")
        #expect(second.exitCode == 1)
        #expect(try SampleProject.errorCode(second) == "LS-ARCHIVE-TARGET")
        #expect(try Data(contentsOf: URL(fileURLWithPath: project.path("a.tar.zst"))) == before)
        let forced = try await project.json("export latest --store crm --to a.tar.zst --force")
        #expect((forced["stores"] as? [[String: Any]])?.map { $0["name"] as? String } == ["crm"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: project.path("a.tar.zst"))) != before)
        #expect(try leftovers(project.url.path) == [])
    }

    /// The same snapshot gives the same bytes: files can be compared.
    @Test func theSameSnapshotIsTheSameFile() async throws {
        let project = try await project()
        let first = try await project.json("export latest --to a.tar.zst")
        let second = try await project.json("export latest --to b.tar.zst")
        #expect(first["sha256"] as? String == second["sha256"] as? String)
    }

    @Test func aPassphraseSealsAnExport() async throws {
        let project = try await project()
        try Data("four random words\nignored".utf8).write(to: project.url.appending(path: "words"))
        let told = try await project.json("export latest --to a.tar.zst.age --seal-passphrase-file words")
        #expect(told["isSealed"] as? Bool == true)
        let sealed = try Data(contentsOf: project.url.appending(path: "a.tar.zst.age"))
        let header = String(decoding: sealed.prefix(60), as: UTF8.self)
        #expect(header.hasPrefix("age-encryption.org/v1\n-> scrypt "), "\(header)")
    }

    @Test func whatCannotBeMeantIsRefused() async throws {
        let project = try await project()
        for (options, code, hint) in [
            ("latest --store nobody --to a.tar.zst", "LS-USAGE", "shop"),
            ("20990101 --to a.tar.zst", "LS-USAGE", "snapshots"),
            ("latest --to a.zip", "LS-USAGE", ".tar.zst"),
            ("latest --to a.tar.zst.age", "LS-USAGE", ".tar.zst"),
            ("latest --to a.tar.zst.age --recipient age1nobody", "LS-USAGE", "recipient"),
            ("latest --at 2001-01-01T00:00:00Z --to a.tar.zst", "LS-USAGE", "at or before"),
        ] {
            let outcome = try await project.run("export \(options) --json")
            #expect(outcome.exitCode == 64, "\(options)")
            #expect(try SampleProject.errorCode(outcome) == code, "\(options)")
            #expect(outcome.standardError.contains(hint), "\(options): \(outcome.standardError)")
        }
        let nowhere = try await project.run("export latest --to nowhere/a.tar.zst --json")
        #expect(nowhere.exitCode == 1)
        #expect(try SampleProject.errorCode(nowhere) == "LS-ARCHIVE-FILE")
        #expect(!FileManager.default.fileExists(atPath: project.path("a.tar.zst")))
    }

    @Test func aDamagedPartLeavesNoFile() async throws {
        let project = try await project()
        let parts = project.path("backups/parts")
        for name in try FileManager.default.subpathsOfDirectory(atPath: parts) where name.hasSuffix(".tar.zst") {
            let url = URL(fileURLWithPath: "\(parts)/\(name)")
            var bytes = try Data(contentsOf: url)
            bytes[bytes.count / 2] ^= 1
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: url.path)
            try bytes.write(to: url)
        }
        let scratch = try TemporaryFolder("scratch")
        let outcome = try await project.run(
            "export latest --to a.tar.zst --json", environment: ["TMPDIR": scratch.path])
        #expect(outcome.exitCode == 1)
        #expect(try SampleProject.errorCode(outcome) == "LS-ARCHIVE-DAMAGED")
        #expect(!FileManager.default.fileExists(atPath: project.path("a.tar.zst")))
        #expect(try leftovers(project.url.path) == [])
        #expect(try leftovers(scratch.path) == [])
    }

    @Test func anInterruptedExportLeavesNothing() async throws {
        let project = try await project()
        try project.execute(
            """
            CREATE TABLE wide (id INTEGER PRIMARY KEY, noise TEXT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
            INSERT INTO wide SELECT i, hex(randomblob(60)) FROM n
            """, in: "shop")
        _ = try await project.run("backup --full")
        let scratch = try TemporaryFolder("scratch")
        let run = try CommandRun(
            BuiltCommand.url, ["export", "latest", "--to", "a.tar.zst"], environment: ["TMPDIR": scratch.path],
            folder: project.url)
        while run.isRunning, try leftovers(project.url.path).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        run.signal(SIGINT)
        let outcome = await run.outcome()
        #expect(outcome.exitCode == 130, "\(outcome.standardError)")
        #expect(!FileManager.default.fileExists(atPath: project.path("a.tar.zst")))
        #expect(try leftovers(project.url.path) == [])
        #expect(try leftovers(scratch.path) == [])
    }
}
