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

    @Test func anInterruptedRestoreIsGoneOnWithByTheSameOneOnly() async throws {
        let scenario = try Scenario("archive_interrupted", Self.schema)
        let source = try await scenario.connector.archive(ArchiveRequest())
        let (name, hidden) = ("archive_resumed", "archive_resumed.restoring")
        try scenario.server.execute("drop database if exists \(name) with (force)")
        try scenario.server.execute("drop database if exists \"\(hidden)\" with (force)")
        let target = try PostgreSQLConnector(url: scenario.server.url(database: name))
        func load(_ table: String, _ session: any RestoreSession) async throws {
            let writer = try await session.writer(for: table)
            for piece in try await source.pieces(of: table, bytes: 64 << 10) {
                let reader = try await source.rows(of: table, piece: piece)
                while let rows = try await reader.next() { try await writer.write(rows) }
            }
            _ = try await writer.finish()
        }
        func databases() throws -> String {
            try scenario.server.execute(
                "select string_agg(datname, ' ' order by datname) from pg_database where datname ~ '^archive_resumed'")
        }

        // Nothing whole: nothing is left.
        let nothing = try await target.restore(RestoreRequest(target: .empty, mark: "one"))
        _ = try await nothing.prepare(source.schema, tables: nil)
        try await load("logs", nothing)
        #expect(await nothing.abandon() == nil)
        await nothing.close()
        #expect(try databases() == "")

        let first = try await target.restore(RestoreRequest(target: .empty, mark: "one"))
        _ = try await first.prepare(source.schema, tables: nil)
        try await load("people", first)
        try await first.keep("people")
        try await load("logs", first)
        // While it is filled, nobody else fills it.
        await #expect(throws: ConnectorError.self) {
            _ = try await target.restore(RestoreRequest(target: .empty, mark: "one"))
        }
        let left = await first.abandon()
        #expect(left?.contains(hidden) == true)
        await first.close()
        #expect(try databases() == hidden)

        let second = try await target.restore(RestoreRequest(target: .empty, mark: "one"))
        #expect(try await second.prepare(source.schema, tables: nil) == [])
        #expect(await second.kept == ["people"])
        // Two at once are kept when both are whole.
        try await load("logs", second)
        try await load("Odd Name", second)
        try await second.keep("logs")
        #expect(try scenario.server.execute("select count(*) from logs", database: hidden) == "0")
        try await second.keep("Odd Name")
        #expect(try scenario.server.execute("select count(*) from logs", database: hidden) == "20")
        await second.close()

        // Of something else nothing is used.
        let other = try await target.restore(RestoreRequest(target: .empty, mark: "two"))
        let notes = try await other.prepare(source.schema, tables: nil)
        #expect(notes.map(\.message) == ["an unfinished restore of one was given up"])
        #expect(await other.kept == [])
        for table in source.schema.tables {
            try await load(table.name, other)
            try await other.keep(table.name)
        }
        #expect(try databases() == hidden)
        _ = try await other.finish(try await source.sequences())
        #expect(try await other.check() == [])
        await other.close()
        #expect(try databases() == name)
        #expect(
            try scenario.server.execute(Self.digest, database: name) == scenario.execute(Self.digest))
        await source.close()
        await target.close()
        try await scenario.end()
        try scenario.server.execute("drop database \(name) with (force)")
    }

    // MARK: In place

    private static let live = """
        create table customers (id int generated always as identity primary key, code text unique, facts json,
            note text);
        create table orders (id int primary key, customer int references customers on delete cascade, total numeric);
        comment on constraint orders_customer_fkey on orders is 'who pays';
        create function shout() returns trigger language plpgsql as $f$ begin new.note := 'trigger'; return new; end $f$;
        create trigger shout before insert or update on customers for each row execute function shout();
        alter table customers enable always trigger shout;
        create table days (day int primary key, text text) partition by range (day);
        create table days_1 partition of days for values from (0) to (10);
        create table days_2 partition of days for values from (10) to (20);
        create table loose (a int, b json);
        insert into loose values (1, '{}'), (1, '{}'), (null, null), (2, '[1]');
        insert into customers (code, facts) select 'c' || g, '{"a": 1}' from generate_series(1, 50) g;
        insert into orders select g, g, 1.50 from generate_series(1, 50) g;
        insert into days select g, 'd' from generate_series(0, 19) g;
        """

    private static let state = """
        select md5(string_agg(c::text, '|' order by id)) from customers c
        union all select md5(string_agg(o::text, '|' order by id)) from orders o
        union all select md5(string_agg(d::text, '|' order by day)) from days d
        union all select string_agg(l::text, '|' order by l::text) from loose l
        union all select string_agg(conname || convalidated::text || pg_get_constraintdef(oid)
            || coalesce(obj_description(oid), ''), ';' order by conname) from pg_constraint
        union all select string_agg(tgname || tgenabled::text, ';' order by tgname) from pg_trigger where not tgisinternal
            and tgname = 'shout'
        """

    private static let damage = """
        delete from customers where id = 7;
        insert into customers (code) values ('new');
        insert into orders values (99, 51, 2);
        update customers set code = case id when 1 then 'swap' else code end;
        update customers set code = 'c1' where id = 2;
        update customers set code = 'c2', facts = '{"a":1}' where id = 1;
        update orders set total = 7 where id = 3; update orders set total = 1.5 where id = 4;
        delete from loose where a is null; update loose set b = '[2]' where a = 2; insert into loose values (1, '{}');
        delete from days where day < 5; update days set text = 'lost' where day = 15;
        """

    @Test func liveTablesBecomeWhatTheyWereAndCaptureTellsOfTheDifferencesOnly() async throws {
        let scenario = try Scenario("archive_in_place", Self.live)
        let reader = try await scenario.follow(["orders": ["id", "total"], "customers": ["id", "note"]])
        let before = try scenario.execute(Self.state)
        let archived = try await ArchivedRows(scenario.connector)
        try scenario.execute(Self.damage)
        #expect(try scenario.execute(Self.state) != before)
        let untouched = try scenario.execute("select string_agg(xmin::text, ',') from orders where id in (1, 2, 50)")
        _ = try await reader.allChanges()
        #expect(try await archived.replace(["orders", "customers", "days", "loose"], in: scenario.connector) == [])
        #expect(try scenario.execute(Self.state) == before)
        #expect(
            try scenario.execute("select string_agg(xmin::text, ',') from orders where id in (1, 2, 50)") == untouched)
        let told = try await reader.allChanges().map { change in
            "\(change.entity) \(change.operation) \(change.operation == .delete ? change.before[0] : change.after[0])"
        }
        // Two customers had handed on their codes. What order 4 lost is the scale of a number, which is no other value.
        #expect(
            told.sorted() == [
                "customers delete int64(1)", "customers delete int64(2)", "customers delete int64(51)",
                "customers insert int64(1)", "customers insert int64(2)", "customers insert int64(7)",
                "orders delete int64(99)", "orders insert int64(7)", "orders update int64(3)",
            ])
        await reader.close()
        try await scenario.end()
    }

    @Test func whatStillRefersToARecordThatWouldGoStopsTheRestore() async throws {
        let scenario = try Scenario("archive_in_place_refused", Self.live)
        let archived = try await ArchivedRows(scenario.connector)
        try scenario.execute(Self.damage)
        let damaged = try scenario.execute(Self.state)
        let error = await #expect(throws: ConnectorError.self) {
            _ = try await archived.replace(["customers"], in: scenario.connector)
        }
        #expect(error?.entity == "orders" && error?.hint.contains("--entity") == true)
        #expect(try scenario.execute(Self.state) == damaged)
        try await scenario.end()
    }

    @Test func recordsThatTheArchiveDoesNotKnowMayStay() async throws {
        let scenario = try Scenario("archive_in_place_keeps", Self.live)
        let archived = try await ArchivedRows(scenario.connector)
        try scenario.execute(Self.damage)
        #expect(try await archived.replace(["customers"], keepsOthers: true, in: scenario.connector) == [])
        let found = try scenario.execute(
            "select count(*), count(*) filter (where code = 'new'), min(code) filter (where id = 1) from customers")
        #expect(found == "51|1|c1")
        try await scenario.end()
    }
}
