import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// Who has no Lockstep has the data all the same: the commands are those of the README in the archive itself.
struct WithoutLockstepTests {
    private static let tables = #"""
        create schema "odd ""one""";
        create type mood as enum ('good', 'bad');
        create table people (id int generated always as identity primary key, name text not null, mood mood,
            photo bytea, born date, seen timestamptz, tags text[], facts jsonb, price numeric(12,3), ratio float8,
            length int generated always as (char_length(name)) stored);
        create table "odd ""one"""."%/.. table" ("select" text, "a b" interval);
        create table nothing (id int);
        create table letters (id serial primary key, person int references people, text text);
        create table contacts (id serial primary key, number text not null unique, full_name text not null,
            mail text, town text, blocked integer not null default 0, modified_on timestamp not null default now());
        create view names as select name from people;
        insert into people (name, mood, photo, born, seen, tags, facts, price, ratio)
            select case i % 4 when 0 then E'tab\tline\n\\ end' when 1 then '東京 Zürich' when 2 then '' else '\N' end,
                case when i % 2 = 0 then 'good'::mood end, decode(repeat('00ff5c', i % 7), 'hex'),
                date '2024-02-29' + i, timestamptz '2024-02-29 23:59:59.123456+02' + i * interval '1 hour',
                array['a,b', null, E'"\\'], jsonb_build_object('k', i), i * 1.125, case when i = 3 then 'NaN' else 1.0 / i end
            from generate_series(1, 500) i;
        insert into "odd ""one"""."%/.. table" values (null, '1 mon 2 days'), (E'\r\v', null), ('', '-00:00:01');
        insert into letters (person, text) select id, repeat('x', id) from people where id % 3 = 0;
        delete from letters where id > 160;
        """#

    /// A project with a SQLite store and a PostgreSQL one.
    private struct World {
        let project: SampleProject
        let server: PostgreSQLServer
        let database: String
        let shell: PlainShell

        init(encryption: (SampleProject) async throws -> String) async throws {
            server = try PostgreSQLServer.shared()
            database = "plain_\(UUID().uuidString.prefix(8).lowercased())"
            let url = try server.createDatabase(database)
            try server.execute(tables, database: database)
            project = try await SampleProject()
            shell = try PlainShell()
            try project.execute(
                """
                CREATE TABLE odd (a, b BLOB, c TEXT); CREATE VIEW cities AS SELECT city FROM customers;
                INSERT INTO odd VALUES (1, x'00ff', 'Zürich'), (1.5, x'', char(9, 10) || '\\N'), (NULL, NULL, NULL),
                  ('x', 7, '')
                """, in: "shop")
            try project.replace("\"sqlite:crm.db\"", with: "\"\(url)\"", in: "lockstep.yaml")
            let repository = try await encryption(project)
            try project.replace("links:", with: "\(repository)\nlinks:", in: "lockstep.yaml")
            // What capture needs in the stores belongs to them, and comes back too.
            let sync = try await project.run("sync")
            try #require(sync.exitCode == 0, "\(sync.standardError)")
        }

        func backup(_ options: String = "") async throws -> String {
            let outcome = try await project.run("backup --json \(options)")
            return try #require(try SampleProject.object(outcome.standardOutput)["id"] as? String)
        }

        /// Everything that is in a database, as pg_dump writes it, but for the order of the rows.
        func dump(_ database: String) throws -> [Substring] {
            try server.runProgram("pg_dump", ["--inserts"], database: database).split(separator: "\n")
                .filter { !$0.hasPrefix("\\") }.sorted()
        }

        /// Follows the README of a folder into which a snapshot was unpacked, and compares.
        func bringBack(_ folder: String, _ readme: PlainCommands) async throws {
            let copy = folder + "/new.db"
            let file = try await shell.run(
                readme.block("To put a SQLite store together", ["STORE": "shop", "NEW": copy]), in: folder)
            #expect(file.exitCode == 0, "\(file.standardError)")
            #expect(file.standardOutput == "ok\n")
            let rows = try Self.rows(project.path("shop.db"))
            #expect(try Self.rows(copy) == rows)
            #expect(rows.count > 10)
            let target = "back_\(UUID().uuidString.prefix(8).lowercased())"
            let url = try server.createDatabase(target)
            let load = try await shell.run(
                readme.block("To load a PostgreSQL store", ["STORE": "crm", "NEW": "'\(url)'"]), in: folder)
            #expect(load.exitCode == 0, "\(load.standardError)")
            #expect(load.standardError == "")
            #expect(try dump(target) == dump(database))
            try server.execute("drop database \(target) with (force)")
        }

        static func rows(_ path: String) throws -> [String] {
            let database = try SQLiteDatabase(path: path)
            defer { database.close() }
            var lines: [String] = []
            for entry in try database.query("SELECT type, name, sql FROM sqlite_schema ORDER BY name") {
                lines.append("\(entry)")
                guard entry[0] == .text("table"), case .text(let name) = entry[1] else { continue }
                lines += try database.query("SELECT * FROM \"\(name)\" ORDER BY 1, 2").map { "\(name) \($0)" }
            }
            return lines
        }

        func end() async throws {
            _ = try await project.run("store uninstall crm --yes")
            try server.execute("drop database \(database) with (force)")
        }
    }

    private static func encrypted(_ project: SampleProject) async throws -> String {
        let keys = try await project.json("keys new keys")
        let recipient = try #require(keys["recipient"] as? String)
        return "repository: {url: \"file:backups\", recipients: [\(recipient)], signingKey: {file: keys/signing}}"
    }

    private static func plain(_ project: SampleProject) async throws -> String {
        "repository: {url: \"file:backups\", encryption: none}"
    }

    /// The README as it is in an archive, by the tools that it names.
    private func readme(_ archive: String, identity: String?, _ world: World) async throws -> PlainCommands {
        let unpack = "tar --extract --zstd --to-stdout --occurrence=1 README.txt"
        let command =
            identity.map { "age --decrypt --identity '\($0)' '\(archive)' | \(unpack)" }
            ?? "\(unpack) --file '\(archive)'"
        let outcome = try await world.shell.run(command, in: world.project.path("reading"))
        #expect(outcome.standardOutput.contains("without Lockstep") || outcome.standardOutput.contains("alone"))
        return PlainCommands(text: outcome.standardOutput)
    }

    private func firstPart(_ world: World) throws -> String {
        let parts = world.project.path("backups/parts")
        let names = try FileManager.default.subpathsOfDirectory(atPath: parts).filter { $0.contains(".tar.zst") }
        return parts + "/" + (try #require(names.min()))
    }

    @Test(arguments: [true, false])
    func aSnapshotInTheRepositoryIsBroughtBack(isEncrypted: Bool) async throws {
        let world = try await World(encryption: isEncrypted ? Self.encrypted : Self.plain)
        let id = try await world.backup()
        let identity = isEncrypted ? world.project.path("keys/identity") : nil
        let readme = try await readme(firstPart(world), identity: identity, world)
        let folder = world.project.path("unpacked")
        let unpacked = try await world.shell.run(
            readme.block(
                "To unpack a full snapshot of a repository, \(isEncrypted ? "encrypted" : "not encrypted")",
                ["REPOSITORY": world.project.path("backups"), "ID": id, "KEY": identity ?? ""]), in: folder)
        #expect(unpacked.exitCode == 0, "\(unpacked.standardError)")
        try await world.bringBack(folder, readme)
        try await world.end()
    }

    /// What was exported is an increment: the file is a whole snapshot all the same.
    @Test(arguments: [true, false])
    func anExportedFileIsBroughtBack(isEncrypted: Bool) async throws {
        let world = try await World(encryption: Self.encrypted)
        // Cells that a column's type does not explain make every snapshot a full one.
        try world.project.execute(
            """
            DELETE FROM odd; CREATE TABLE exact (id INTEGER PRIMARY KEY, note TEXT, photo BLOB, ratio REAL);
            INSERT INTO exact VALUES (1, 'Zürich' || char(9, 10, 92) || 'N', x'00ff', 0.1), (2, NULL, x'', NULL), (3, '', NULL, -5e-324)
            """, in: "shop")
        _ = try await world.backup()
        try world.project.execute(
            "UPDATE customers SET city = 'Ōsaka' WHERE account = 'C-001'; DELETE FROM customers WHERE account = 'C-002'",
            in: "shop")
        try world.server.execute(
            "update people set name = 'new' where id < 9; delete from letters where id < 5; insert into nothing values (1)",
            database: world.database)
        _ = try await world.backup()
        #expect(try await world.project.run("snapshots").standardOutput.contains("increment"))
        let identity = world.project.path("keys/identity")
        let file = world.project.path("out.tar.zst") + (isEncrypted ? ".age" : "")
        let recipient = try world.project.text("lockstep.yaml").firstMatch(of: /age1[a-z0-9]+/)?.output ?? ""
        let exported = try await world.project.run(
            "export latest --to \(file) --identity \(identity)" + (isEncrypted ? " --recipient \(recipient)" : ""))
        #expect(exported.exitCode == 0, "\(exported.standardError)")
        #expect(exported.standardError.contains("NOT encrypted") == !isEncrypted)
        let readme = try await readme(file, identity: isEncrypted ? identity : nil, world)
        let folder = world.project.path("unpacked")
        let unpacked = try await world.shell.run(
            readme.block(
                "To unpack an exported file, \(isEncrypted ? "encrypted" : "not encrypted")",
                ["EXPORT.tar.zst.age": file, "EXPORT.tar.zst": file, "KEY": identity]), in: folder)
        #expect(unpacked.exitCode == 0, "\(unpacked.standardError)")
        try await world.bringBack(folder, readme)
        try await world.end()
    }
}
