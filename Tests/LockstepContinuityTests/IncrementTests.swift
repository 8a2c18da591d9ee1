import ConnectorKit
import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import SQLiteConnector
import Testing

@testable import LockstepContinuity

/// Snapshots that hold what changed: each restores to what the store was, and nothing else.
struct IncrementTests {
    struct World: Sendable {
        let folder: TemporaryFolder
        let repository: Repository
        let identity = AgeIdentity.generate()
        var keyring: Keyring { Keyring(identities: [identity]) }
        var shop: String { folder.path + "/shop.db" }

        init(customers: Int = 400) async throws {
            folder = try TemporaryFolder()
            repository = try await Repository.create(at: FileObjectStore(path: folder.path + "/repository"))
            try BackupAndRestoreTests.makeStore(folder.path + "/shop.db", customers: customers)
        }

        /// - Parameter clock: how far this machine's clock is off, in microseconds.
        func backup(
            isFull: Bool = false, clock: Int64 = 0
        ) async throws -> (snapshot: StoredSnapshot, reason: String?) {
            let connector = SQLiteConnector(path: shop)
            var run = try BackupRun(
                BackupRequest(
                    stores: [.init(name: "shop", connector: connector)], statePath: nil,
                    sealing: .age([identity.recipient]), signingKey: nil, check: nil, level: 1, label: nil,
                    indexPath: folder.path + "/indexes", isFull: isFull, writer: "tests",
                    now: { currentTime() + clock }, progress: { _ in }), repository: repository)
            let snapshot = try await run.run()
            await connector.close()
            return (snapshot, run.reasonForFull)
        }

        func restore(
            _ snapshot: StoredSnapshot, to name: String, prefersRows: Bool = false
        ) async throws -> String {
            let path = folder.path + "/" + name
            let reader = try await SnapshotReader(snapshot, in: repository, keyring: keyring, check: nil)
            let connector = SQLiteConnector(path: path)
            let task = RestoreTask(
                store: "shop", tables: nil, target: .empty, prefersRows: prefersRows, connector: connector,
                progress: { _ in })
            _ = try await RestoreRun(task, from: reader).run()
            await connector.close()
            return path
        }

        func execute(_ sql: String) throws {
            let database = try SQLiteDatabase(path: shop)
            defer { database.close() }
            try database.execute(sql)
        }

        func object(_ snapshot: StoredSnapshot) -> String {
            folder.path + "/repository/" + RepositoryLayout.snapshot(snapshot.id)
        }
    }

    static let currentTime = S3ObjectStore.systemClock

    @Test func aClockThatGoesBackTwoDaysTakesAFullOneAndTheNewestIsStillTheNewest() async throws {
        let world = try await World()
        let first = try await world.backup().snapshot
        try world.execute("UPDATE customers SET city = 'later'")
        let second = try await world.backup(clock: -2 * 86_400_000_000)
        #expect(second.snapshot.record.kind == .full)
        #expect(second.reason?.contains("dated in the future") == true, "\(second.reason ?? "")")
        let known = try await world.repository.snapshots(check: nil)
        #expect(known.inCommitOrder().map(\.id) == [first.id, second.snapshot.id])
        #expect(known.reversed().inCommitOrder().map(\.id) == [first.id, second.snapshot.id])
    }

    private static func edit(_ generator: inout SeededGenerator) -> String {
        let id = Int.random(in: 1...600, using: &generator)
        let word =
            ["''", "NULL", "'a' || char(9) || 'b'", "'\\' || char(10)", "'ünï'", "'\\N'", "'x'"]
            .randomElement(using: &generator) ?? "NULL"
        return [
            "INSERT OR IGNORE INTO customers(id, name, city) VALUES (\(id), 'made \(id)', \(word))",
            "UPDATE customers SET city = \(word) WHERE id = \(id)",
            "UPDATE customers SET photo = randomblob(\(id)) WHERE id = \(id)",
            "UPDATE OR IGNORE customers SET id = \(id + 1000) WHERE id = \(id)",
            "DELETE FROM customers WHERE id = \(id) AND id NOT IN (SELECT customer FROM orders)",
            "UPDATE orders SET number = number || '!' WHERE customer = \(id)",
            "DELETE FROM orders WHERE customer BETWEEN \(id) AND \(id + 3)",
            "INSERT INTO orders SELECT id, 'new ' || id, \(word) FROM customers WHERE id = \(id) AND id NOT IN (SELECT customer FROM orders)",
            "INSERT INTO \"odd \"\"name\"\" %/..\" VALUES (\(word))",
            "DELETE FROM log WHERE id = \(id)",
        ].randomElement(using: &generator) ?? ""
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func eachSnapshotOfAChainIsWhatTheStoreWas(seed: UInt64) async throws {
        let world = try await World()
        var generator = SeededGenerator(seed: seed)
        var taken: [(StoredSnapshot, [String])] = []
        for round in 0..<6 {
            if round > 0 {
                let edits = (0..<Int.random(in: 0...30, using: &generator)).map { _ in Self.edit(&generator) }
                try world.execute("BEGIN; " + edits.map { $0 + "; " }.joined() + "COMMIT")
            }
            let (snapshot, reason) = try await world.backup()
            #expect((snapshot.record.kind == .full) == (round == 0), "\(reason ?? "")")
            taken.append((snapshot, try BackupAndRestoreTests.dump(world.shop)))
        }
        for (index, (snapshot, dump)) in taken.enumerated() {
            let path = try await world.restore(snapshot, to: "restored-\(index).db")
            #expect(try BackupAndRestoreTests.dump(path) == dump, "snapshot \(index) of seed \(seed)")
            let rows = try await world.restore(snapshot, to: "rows-\(index).db", prefersRows: true)
            #expect(try BackupAndRestoreTests.dump(rows) == dump, "rows of snapshot \(index) of seed \(seed)")
        }
        let verifier = RepositoryVerifier(world.repository, keyring: world.keyring, check: nil)
        #expect(try await verifier.verify(nil, .data(share: 1)).isProved)
    }

    @Test func anIncrementHoldsOnlyWhatChanged() async throws {
        let world = try await World(customers: 20_000)
        let full = try await world.backup().snapshot
        try world.execute("UPDATE customers SET city = 'elsewhere' WHERE id % 100 = 0")
        let increment = try await world.backup().snapshot
        func bytes(_ snapshot: StoredSnapshot) -> Int64 { snapshot.record.parts.reduce(0) { $0 + $1.size } }
        #expect(bytes(increment) * 100 <= bytes(full) * 3)
        #expect(increment.record.base == full.reference)
        let reader = try await SnapshotReader(increment, in: world.repository, keyring: world.keyring, check: nil)
        let tables = try #require(reader.manifest.store("shop")?.tables)
        #expect(tables.first { $0.name == "orders" }?.content == .unchanged)
        #expect(tables.first { $0.name == "customers" }?.content == .changes)
        // It has no key to tell rows apart by.
        #expect(tables.first { $0.name.hasPrefix("odd") }?.content == .rows)
    }

    @Test func theFirstOfAnHourHoldsAllOfTheHourBefore() async throws {
        let world = try await World(customers: 50)
        var taken: [StoredSnapshot] = []
        // Once more where an hour ends just now.
        while taken.isEmpty || Set(taken.map { $0.record.cutTime / 3_600_000_000 }).count > 1 {
            taken = [try await world.backup(isFull: true).snapshot]
            for round in 1...3 {
                try world.execute("UPDATE customers SET city = 'round \(round)' WHERE id = \(round)")
                taken.append(try await world.backup().snapshot)
            }
        }
        #expect(taken.dropFirst().map(\.record.base) == taken.dropLast().map(\.reference))
        let indexes = Set(try FileManager.default.contentsOfDirectory(atPath: world.folder.path + "/indexes"))
        #expect(indexes == [taken[0].id, taken[3].id])

        try world.execute("DELETE FROM customers WHERE id = 2 AND id NOT IN (SELECT customer FROM orders)")
        let hourly = try await world.backup(clock: 3_600_000_000).snapshot
        #expect(hourly.record.base == taken[0].reference)
        let path = try await world.restore(hourly, to: "restored.db", prefersRows: true)
        #expect(try BackupAndRestoreTests.dump(path) == BackupAndRestoreTests.dump(world.shop))
        // What lies between is needed by nothing.
        for snapshot in taken.dropFirst() { try FileManager.default.removeItem(atPath: world.object(snapshot)) }
        let again = try await world.restore(hourly, to: "again.db")
        #expect(try BackupAndRestoreTests.dump(again) == BackupAndRestoreTests.dump(world.shop))
        let next = try await world.backup()
        #expect(next.snapshot.record.base == hourly.reference, "\(next.reason ?? "")")
    }

    /// What cannot be compared is stored whole, whatever happened to the indexes.
    @Test(arguments: ["gone", "cut", "flipped", "another"])
    func withoutSoundIndexesRowsAreStoredWhole(damage: String) async throws {
        let world = try await World()
        _ = try await world.backup()
        try world.execute("UPDATE customers SET city = 'elsewhere' WHERE id % 10 = 0")
        let folder = world.folder.path + "/indexes"
        for case let name as String in try #require(FileManager.default.enumerator(atPath: folder))
        where name.hasSuffix(".index") {
            var data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            switch damage {
            case "gone":
                try FileManager.default.removeItem(atPath: folder + "/" + name)
                continue
            case "cut": data.removeLast(32)
            case "flipped": data[data.count - 5] ^= 0x10
            default: data = Data("another file".utf8)
            }
            try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        let snapshot = try await world.backup().snapshot
        let restored = try await world.restore(snapshot, to: "restored.db")
        #expect(try BackupAndRestoreTests.dump(restored) == (try BackupAndRestoreTests.dump(world.shop)))
    }

    @Test func aChangedTableIsStoredWhole() async throws {
        let world = try await World()
        _ = try await world.backup()
        try world.execute("ALTER TABLE customers ADD COLUMN phone TEXT; CREATE TABLE later(id INTEGER PRIMARY KEY)")
        try world.execute(
            "UPDATE customers SET phone = '1' WHERE id = 1; INSERT INTO later VALUES (1); DROP TABLE orders")
        let snapshot = try await world.backup().snapshot
        #expect(snapshot.record.kind == .increment)
        let restored = try await world.restore(snapshot, to: "restored.db")
        #expect(try BackupAndRestoreTests.dump(restored) == (try BackupAndRestoreTests.dump(world.shop)))
    }

    @Test(arguments: ["removed", "replaced"])
    func withoutItsBaseAnIncrementIsRefusedAndTheNextSnapshotIsFull(damage: String) async throws {
        let world = try await World()
        let full = try await world.backup().snapshot
        try world.execute("DELETE FROM log")
        let increment = try await world.backup().snapshot
        if damage == "removed" {
            try FileManager.default.removeItem(atPath: world.object(full))
        } else {
            var record = full.record
            record.label = "another one"
            try Data(CanonicalJSON.encode(record)).write(to: URL(fileURLWithPath: world.object(full)))
        }
        await #expect { try await world.restore(increment, to: "restored.db") } throws: {
            ($0 as? ContinuityError)?.code == .missing
        }
        #expect(!FileManager.default.fileExists(atPath: world.folder.path + "/restored.db"))
        let next = try await world.backup()
        #expect(next.snapshot.record.kind == .full && next.reason != nil)
    }

    @Test func valuesThatRowsDoNotBringBackAreNotLeftToIncrements() async throws {
        let world = try await World()
        _ = try await world.backup()
        try world.execute("UPDATE orders SET note = 5 WHERE customer = 4")
        let (snapshot, reason) = try await world.backup()
        #expect(snapshot.record.kind == .full)
        #expect(reason?.contains("physical copy") == true)
        let restored = try await world.restore(snapshot, to: "restored.db")
        #expect(try BackupAndRestoreTests.dump(restored) == (try BackupAndRestoreTests.dump(world.shop)))
    }

    /// The journal's columns hold anything, and it must come back exactly: sync goes on from it.
    @Test func aStoreWithCaptureHasIncrements() async throws {
        let world = try await World()
        let connector = SQLiteConnector(path: world.shop)
        try await connector.installCapture(CaptureRequest(entities: ["customers"]))
        _ = try await world.backup()
        try world.execute(
            "UPDATE customers SET photo = x'00ff', score = 1.5, name = 'i5' WHERE id = 5; DELETE FROM customers WHERE id = 7"
        )
        let (snapshot, reason) = try await world.backup()
        #expect(snapshot.record.kind == .increment, "\(reason ?? "")")
        let restored = try await world.restore(snapshot, to: "restored.db")
        #expect(try BackupAndRestoreTests.dump(restored) == (try BackupAndRestoreTests.dump(world.shop)))
        let copy = SQLiteConnector(path: restored)
        #expect(try await copy.identity() == (try await connector.identity()))
        let reader = try await copy.changes(ChangesRequest(entities: ["customers": ["id", "name"]], after: .start))
        var count = 0
        while let chunk = try await reader.next() { count += chunk.entities.reduce(0) { $0 + $1.operations.count } }
        #expect(count == 2)
        await reader.close()
        await copy.close()
        await connector.close()
    }

    @Test func whatAKeptIncrementNeedsIsKept() async throws {
        let world = try await World()
        var last: StoredSnapshot?
        for round in 0..<4 {
            try world.execute("UPDATE customers SET city = 'round \(round)' WHERE id = \(round + 1)")
            last = try await world.backup().snapshot
        }
        let snapshots = try await world.repository.snapshots()
        let decisions = try RetentionPlanner(policy: RetentionPolicy(last: 1)).plan(
            snapshots.map(SnapshotFacts.init), now: Self.currentTime() + 86_400_000_000 * 100)
        #expect(decisions.filter { !$0.isKept }.isEmpty)
        #expect(last?.record.kind == .increment)
    }
}
