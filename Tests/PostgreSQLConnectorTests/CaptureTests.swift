import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector
import Testing

@Suite(.serialized) struct CaptureTests {
    static let schema = """
        create table customers (id int primary key, name text, notes text);
        create table orders (id int primary key, customer int references customers on delete cascade, total numeric);
        """
    static let both = ["customers": ["id", "name"], "orders": ["id", "customer", "total"]]

    /// The server counts the wait for a transaction as one for a lock.
    @Test func captureWaitsForOpenTransactionsLongerThanForLocks() async throws {
        let scenario = try Scenario("capture_patience", "create table customers (id int primary key)")
        let open = Task.detached {
            try scenario.execute("begin; insert into customers values (1); select pg_sleep(4); commit;")
        }
        while try scenario.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and backend_xid is not null and query ~ 'sleep\\(4'"
        ) == "0" {
            try await Task.sleep(for: .milliseconds(20))
        }
        let connector = try PostgreSQLConnector(
            url: scenario.server.url(database: scenario.database), options: .init(lockTimeoutSeconds: 1))
        // What is open has written to another table: one that capture needs a lock of would be waited for a second only.
        try scenario.execute("create table orders (id int primary key)")
        try await connector.installCapture(CaptureRequest(entities: ["orders"]))
        _ = try await open.value
        await connector.close()
        try await scenario.end()
    }

    @Test func changesComeInCommitOrderAcrossTablesWithBothImages() async throws {
        let scenario = try Scenario("capture_order", Self.schema)
        let reader = try await scenario.follow(Self.both)
        try scenario.execute(
            """
            begin; insert into customers values (1, 'a'); insert into orders values (10, 1, 1.50);
            update customers set name = 'b'; savepoint s; insert into customers values (9, 'x'); rollback to s; commit;
            begin; insert into customers values (2, 'gone'); rollback;
            update customers set id = 3 where false; update orders set total = 1.50; delete from orders;
            update customers set id = 5; truncate customers cascade;
            """)
        let changes = try await reader.allChanges()
        let one: [Value] = [.int64(10), .int64(1), .decimal("1.50")]
        let nulls = [Value](repeating: .null, count: 3)
        #expect(
            changes == [
                Change(
                    entity: "customers", operation: .insert, before: [.null, .null], after: [.int64(1), .text("a")]),
                Change(entity: "orders", operation: .insert, before: nulls, after: one),
                Change(
                    entity: "customers", operation: .update, before: [.int64(1), .text("a")],
                    after: [.int64(1), .text("b")]),
                Change(entity: "orders", operation: .delete, before: one, after: nulls),
                Change(
                    entity: "customers", operation: .update, before: [.int64(1), .text("b")],
                    after: [.int64(5), .text("b")]),
                Change(entity: "customers", operation: .truncate, before: [.null, .null], after: [.null, .null]),
                Change(entity: "orders", operation: .truncate, before: nulls, after: nulls),
            ])
        await reader.close()
        try await scenario.end()
    }

    @Test func anUntouchedLargeColumnKeepsItsValue() async throws {
        let scenario = try Scenario("capture_toast", Self.schema)
        try scenario.execute(
            """
            alter table customers alter notes set storage external;
            insert into customers values (1, 'a', repeat('long', 5000))
            """)
        let reader = try await scenario.follow(["customers": ["id", "name", "notes"]])
        try scenario.execute("update customers set name = 'b'")
        let changes = try await reader.allChanges()
        let notes = Value.text(String(repeating: "long", count: 5000))
        #expect(changes.map(\.before) == [[.int64(1), .text("a"), notes]])
        #expect(changes.map(\.after) == [[.int64(1), .text("b"), notes]])
        await reader.close()
        try await scenario.end()
    }

    @Test func aLargeTransactionComesInChunksWithItsPositionAtTheEnd() async throws {
        let scenario = try Scenario("capture_large", Self.schema)
        let reader = try await scenario.follow(
            ["customers": ["id"]], limits: BatchLimits(rows: 5000, bytes: 1 << 30))
        try scenario.execute("insert into customers select g, 'x' from generate_series(1, 23000) g")
        var counts: [Int] = []
        var positions: [Bool] = []
        var transactions = 0
        while let chunk = try await reader.next() {
            counts.append(chunk.changeCount)
            positions.append(chunk.position != nil)
            transactions += chunk.transactionCount
        }
        #expect(counts == [5000, 5000, 5000, 5000, 3000])
        #expect(positions == [false, false, false, false, true])
        #expect(transactions == 1)
        await reader.close()
        try await scenario.end()
    }

    @Test func asksAgainGetsTheSameAnswerUntilReleased() async throws {
        let scenario = try Scenario("capture_again", Self.schema)
        let first = try await scenario.follow(["customers": ["id"]])
        let start = await first.quietPosition
        try scenario.execute("insert into customers values (1); insert into customers values (2)")
        let changes = try await first.allChanges()
        let quiet = await first.quietPosition
        await first.close()
        let request = ChangesRequest(entities: ["customers": ["id"]], after: start)
        let second = try await scenario.connector.changes(request)
        #expect(try await second.allChanges() == changes)
        await second.close()
        let third = try await scenario.connector.changes(
            ChangesRequest(entities: ["customers": ["id"]], after: quiet))
        #expect(try await third.allChanges() == [])
        await third.close()
        #expect(changes.count == 2)
        try await scenario.connector.release(quiet)
        await #expect(throws: ConnectorError.self) { try await scenario.connector.changes(request) }
        do { _ = try await scenario.connector.changes(request) } catch let error as ConnectorError {
            #expect(error.code == .historyLost)
        }
        try await scenario.end()
    }

    @Test func ownWritesAreSilentAndWhatTheStoreMakesOfThemIsNot() async throws {
        let scenario = try Scenario(
            "capture_own",
            Self.schema + """
                create table audit (id serial primary key, what text);
                create function log_it() returns trigger language plpgsql as $$ begin
                    insert into audit (what) values (new.name || ' "q", \\'); return null; end $$;
                create trigger log_it after insert on customers for each row execute function log_it();
                create function upper_it() returns trigger language plpgsql as $$ begin
                    new.name := upper(new.name); return new; end $$;
                create trigger upper_it before insert or update on customers for each row execute function upper_it();
                create table plain (id int primary key, label text default 'none');
                """)
        let reader = try await scenario.follow([
            "customers": ["id", "name"], "orders": ["id"], "audit": ["what"], "plain": ["id", "label"],
        ])
        try scenario.execute("insert into orders values (7, null, 1)")
        try await scenario.write(WriteBatch("customers", ["id", "name"], [(.insert, [], [.int64(1), .text("a")])]))
        try await scenario.write(
            WriteBatch("customers", ["id", "name"], [(.insert, [], [.int64(2), .text("B")])]))
        try await scenario.write(WriteBatch("orders", ["id", "customer"], [(.insert, [], [.int64(8), .int64(1)])]))
        try await scenario.write(
            WriteBatch(
                "customers", ["id", "name"], [(.update, [.int64(2), .text("B")], [.int64(2), .text("c")])]))
        try await scenario.write(
            WriteBatch("customers", ["id", "name"], [(.delete, [.int64(1), .text("A")], [])]))
        try await scenario.write(
            WriteBatch(
                "plain", ["id", "label"],
                [(.insert, [], [.int64(1), .unchanged]), (.insert, [], [.int64(2), .text("x")])]))
        let changes = try await reader.allChanges()
        #expect(
            changes == [
                Change(entity: "orders", operation: .insert, before: [.null], after: [.int64(7)]),
                Change(
                    entity: "customers", operation: .update, before: [.int64(1), .text("a")],
                    after: [.int64(1), .text("A")]),
                Change(entity: "audit", operation: .insert, before: [.null], after: [.text("A \"q\", \\")]),
                Change(entity: "audit", operation: .insert, before: [.null], after: [.text("B \"q\", \\")]),
                Change(
                    entity: "customers", operation: .update, before: [.int64(2), .text("c")],
                    after: [.int64(2), .text("C")]),
                Change(entity: "orders", operation: .delete, before: [.int64(8)], after: [.null]),
                Change(
                    entity: "plain", operation: .update, before: [.int64(1), .null],
                    after: [.int64(1), .text("none")]),
            ])
        #expect(try scenario.execute("select count(*) from lockstep.made") == "0")
        await reader.close()
        try await scenario.end()
    }

    @Test(arguments: [false, true])
    func whatTheStoreFillsIsToldToThoseWhoReadItOnly(isLoad: Bool) async throws {
        let scenario = try Scenario(
            "capture_observed_\(isLoad)", "create table t (id serial primary key, name text, state text default 'new')")
        let reader = try await scenario.follow(["t": ["name", "state"]])
        for (name, observed) in [
            ("nobody", [:]), ("name", ["t": ["name"]]), ("state", ["t": ["state"]]), ("everybody", nil),
        ] as [(String, [String: Set<String>]?)] {
            let session = try await scenario.connector.write(WriteSessionRequest(lane: "test", observed: observed))
            var batch = WriteBatch(
                "t", ["name"], [(.insert, [], [.text(name + " 1")]), (.insert, [], [.text(name + " 2")])])
            batch.isLoad = isLoad
            _ = try await session.apply(batch)
            try await session.commit(nil)
            await session.close()
        }
        let told = try await reader.allChanges().map { $0.after }
        #expect(
            told == ["state 1", "state 2", "everybody 1", "everybody 2"].map { [.text($0), .text("new")] })
        await reader.close()
        try await scenario.end()
    }

    @Test func snapshotAndChangesMeetExactlyWhileOthersWrite() async throws {
        let scenario = try Scenario("capture_exact", "create table t (id int primary key)")
        try await scenario.connector.installCapture(CaptureRequest(entities: ["t"]))
        let (server, database) = (scenario.server, scenario.database)
        let writing = Task.detached {
            for id in 0..<40 {
                try server.execute(
                    "insert into t select \(id) * 100 + g from generate_series(1, 20) g", database: database)
            }
        }
        for _ in 0..<5 {
            let snapshot = try await scenario.connector.snapshot(SnapshotRequest(purpose: .follow))
            let reader = try await snapshot.read(ReadRequest(entity: "t", fields: ["id"]))
            let seen = Set(try await reader.allRows().map { $0[0] })
            let changes = try await scenario.connector.changes(
                ChangesRequest(entities: ["t": ["id"]], after: snapshot.position))
            let later = try await changes.allChanges().map { $0.after[0] }
            await changes.close()
            await snapshot.close()
            #expect(seen.isDisjoint(with: later))
            #expect(seen.count % 20 == 0 && later.count % 20 == 0)
            let present = try Set(scenario.rows("t"))
            #expect(seen.union(later).subtracting(present).isEmpty)
        }
        try await writing.value
        try await scenario.end()
    }

    @Test func installsTwiceAndRemovesWithoutATrace() async throws {
        let scenario = try Scenario(
            "capture_trace",
            Self.schema + """
                create table parts (id int, at date not null, primary key (id, at)) partition by range (at);
                create table parts_1 partition of parts for values from ('2020-01-01') to ('2021-01-01');
                create unique index customers_name on customers (name); alter table customers alter name set not null;
                alter table customers replica identity using index customers_name;
                alter table orders replica identity nothing;
                """)
        let arguments = ["--schema-only"]
        let identities = "select relname, relreplident from pg_class where relkind in ('r','p') order by 1"
        let before = try scenario.server.runProgram("pg_dump", arguments, database: scenario.database)
        let identitiesBefore = try scenario.execute(identities)
        let request = CaptureRequest(entities: ["customers", "orders", "parts"])
        try await scenario.connector.installCapture(request)
        let installed = try scenario.server.runProgram("pg_dump", arguments, database: scenario.database)
        try await scenario.connector.installCapture(request)
        let again = try scenario.server.runProgram("pg_dump", arguments, database: scenario.database)
        #expect(Self.unrestricted(installed) == Self.unrestricted(again))
        let reader = try await scenario.follow(["parts": ["id"], "customers": ["id"]])
        try scenario.execute("insert into parts values (1, '2020-05-05'); delete from parts")
        #expect(try await reader.allChanges().map(\.operation) == [.insert, .delete])
        await reader.close()
        try await scenario.connector.removeCapture()
        try await scenario.connector.removeCapture()
        let after = try scenario.server.runProgram("pg_dump", arguments, database: scenario.database)
        #expect(Self.unrestricted(before) == Self.unrestricted(after))
        #expect(try scenario.execute(identities) == identitiesBefore)
        #expect(
            try scenario.execute("select count(*) from pg_replication_slots where database = 'capture_trace'") == "0")
        try await scenario.end()
    }

    /// pg_dump's guard lines hold a random word.
    static func unrestricted(_ dump: String) -> [Substring] {
        dump.split(separator: "\n").filter { !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict") }
    }

    @Test func lostHistoryIsSaid() async throws {
        let scenario = try Scenario("capture_lost", Self.schema)
        let reader = try await scenario.follow(["customers": ["id"]])
        let position = await reader.quietPosition
        await reader.close()
        let slot = try scenario.execute("select slot_name from pg_replication_slots where database = 'capture_lost'")
        let dropping =
            "do $$ begin while exists (select from pg_replication_slots where slot_name = '\(slot)' and active) "
            + "loop perform pg_sleep(0.05); end loop; perform pg_drop_replication_slot('\(slot)'); end $$"
        try scenario.execute(dropping)
        let request = ChangesRequest(entities: ["customers": ["id"]], after: position)
        let dropped = await #expect(throws: ConnectorError.self) { try await scenario.connector.changes(request) }
        #expect(dropped?.code == .historyLost)
        try scenario.execute("insert into customers values (1)")
        try await scenario.connector.installCapture(CaptureRequest(entities: ["customers"]))
        let renewed = await #expect(throws: ConnectorError.self) { try await scenario.connector.changes(request) }
        #expect(renewed?.code == .historyLost)
        try await scenario.end()
    }

    @Test func aFieldThatIsDroppedStopsTheReaderByName() async throws {
        let scenario = try Scenario("capture_schema", Self.schema)
        let reader = try await scenario.follow(["customers": ["id", "notes"]])
        try scenario.execute("alter table customers drop notes; insert into customers values (1)")
        let error = await #expect(throws: ConnectorError.self) { try await reader.allChanges() }
        #expect(error?.code == .schema && error?.message.contains("notes") == true)
        try await scenario.end()
    }
}

extension Scenario {
    func rows(_ table: String) throws -> [Value] {
        try execute("select id from \(table)").split(separator: "\n").compactMap { Int64($0).map(Value.int64) }
    }
}
