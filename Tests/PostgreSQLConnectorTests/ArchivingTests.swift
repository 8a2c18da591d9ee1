import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector
import Testing

@Suite(.serialized) struct ArchivingTests {
    static let schema = """
        create type mood as enum ('calm; "ä"', 'wild');
        create table people (id int generated always as identity primary key, name text, mood mood, n numeric,
            d double precision, b bytea, t timestamptz, tags text[], twice int generated always as (1 + 1) stored);
        create table "Odd Name" (a int references people, note text check (note <> ';'));
        create index on people (name);
        create table logs (day int, text text) partition by range (day);
        create table logs_1 partition of logs for values from (0) to (10);
        create table logs_2 partition of logs for values from (10) to (20);
        create function bump() returns trigger language plpgsql as $f$ begin new.note := 'x;' || new.note; return new;
            end $f$;
        create trigger bump before insert on "Odd Name" for each row execute function bump();
        create view calm as select * from people where mood <> 'wild';
        insert into people (name, mood, n, d, b, t, tags) select 'ü\t' || g, 'wild', g / 7.0, 'NaN', '\\x00ff', now(),
            array['a', null, ''] from generate_series(1, 5000) g;
        insert into people default values;
        insert into "Odd Name" values (1, ''), (2, null);
        insert into logs select g, 'l' from generate_series(0, 19) g;
        """

    static let digest = """
        select md5(string_agg(p::text, '|' order by id)) from people p
        union all select string_agg(a || coalesce(note, '-'), '|' order by a) from "Odd Name"
        union all select count(*)::text from only logs_2
        union all select nextval('people_id_seq')::text
        """

    static func copy(_ source: any ArchiveSource, _ session: any RestoreSession) async throws -> [RestoreNote] {
        var notes = try await session.prepare(source.schema, tables: nil)
        for table in source.schema.tables {
            let writer = try await session.writer(for: table.name)
            for piece in try await source.pieces(of: table.name, bytes: 64 << 10) {
                let reader = try await source.rows(of: table.name, piece: piece)
                while let rows = try await reader.next() { try await writer.write(rows) }
                await reader.close()
            }
            _ = try await writer.finish()
        }
        notes += try await session.finish(try await source.sequences())
        return notes
    }

    @Test func aDatabaseIsMadeAnewAsItWasAtTheCut() async throws {
        let scenario = try Scenario("archive_source", Self.schema)
        try scenario.server.execute("drop database if exists archive_target with (force)")
        let source = try await scenario.connector.archive(ArchiveRequest())
        #expect(try await source.pieces(of: "people", bytes: 64 << 10).count > 2)
        try scenario.execute("insert into logs values (1, 'later')")
        let target = try PostgreSQLConnector(url: scenario.server.url(database: "archive_target"))
        let session = try await target.restore(RestoreRequest(target: .empty))
        #expect(try await Self.copy(source, session) == [])
        #expect(try await session.check() == [])
        await session.close()
        let restored = try scenario.server.execute(Self.digest, database: "archive_target")
        #expect(try scenario.execute(Self.digest) == restored)
        let counts = try scenario.server.execute(
            "select count(*), (select count(*) from pg_trigger where tgname = 'bump') from logs",
            database: "archive_target")
        #expect(counts == "20|1")
        await #expect(throws: ConnectorError.self) { _ = try await target.restore(RestoreRequest(target: .empty)) }
        await source.close()
        await target.close()
        try await scenario.end()
        try scenario.server.execute("drop database archive_target with (force)")
    }

    @Test func whatIsAbandonedLeavesNothing() async throws {
        let scenario = try Scenario("archive_abandon", Self.schema)
        let empty = try Scenario("archive_abandoned")
        let source = try await scenario.connector.archive(ArchiveRequest())
        let session = try await empty.connector.restore(RestoreRequest(target: .empty))
        _ = try await session.prepare(source.schema, tables: nil)
        await session.abandon()
        #expect(try empty.execute("select count(*) from pg_class where relname = 'people'") == "0")
        await source.close()
        try await scenario.end()
        try await empty.end()
    }
}
