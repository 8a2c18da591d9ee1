import ConnectorKit
import Foundation
import LockstepMapping
import LockstepModel
import LockstepTesting
import SQLiteAccess
import SQLiteConnector
import Synchronization

@testable import LockstepContinuity

/// A world for drills over real SQLite files: stores in a folder, snapshots as copies of them, scratch stores as files.
/// What is checked is computed from the files; only the time and the people are made up.
final class DrillRehearsal: DrillWorld {
    /// What is done to make something go wrong. Each is done to real files.
    struct Mischief: Sendable {
        /// SQL run in a scratch store after it was restored.
        var damage: [String: String] = [:]
        /// One byte of the archived copy of a store is changed before it is verified.
        var flippedByte: String?
        /// The scratch store of this store is said to be at the file of a live store.
        var misplaced: String?
        /// After the restore it turns out to be the file of a live store.
        var swapped: String?
        var restoreFails: Set<String> = []
        var discardFails = false
        /// Called when a restore begins.
        var onRestore: (@Sendable () -> Void)?
        var tablesWithoutHash: Set<String> = []
        var lostRecords: Int64?
        var placesUnknown = false
        var comparedAnew: String?
    }

    struct Archived: Sendable {
        var snapshot: DrillSnapshot
        /// Path and digest of each store's copy.
        var files: [String: (path: String, sha256: String)]
    }

    let folder: TemporaryFolder
    let stores: [String]
    let mischief: Mischief
    let answer: DrillAnswer
    private let archived = Mutex<[Archived]>([])
    /// Microseconds that have passed, all by what is done.
    private let passed = Mutex<Int64>(0)
    let slowness: Int64
    static let start: Int64 = 1_790_000_000_000_000

    init(
        stores: [String] = ["erp", "crm"], mischief: Mischief = Mischief(), answer: DrillAnswer = .unattended,
        restoreTakesSeconds slowness: Int64 = 60
    ) throws {
        folder = try TemporaryFolder("lockstep-drill")
        self.stores = stores
        self.mischief = mischief
        self.answer = answer
        self.slowness = slowness
        for store in stores {
            let database = try SQLiteDatabase(path: path(store), mode: .create)
            try database.execute(
                """
                create table accounts (id integer primary key autoincrement, name text not null, credit integer);
                create index by_name on accounts (name);
                create table notes (id integer primary key, account integer references accounts, body text);
                create view rich as select * from accounts where credit > 100;
                insert into accounts (name, credit) values ('Ada', 100), ('Bob', 250), ('Cleo', 0);
                insert into notes (account, body) values (1, 'first'), (2, null);
                """)
            database.close()
        }
    }

    func path(_ store: String) -> String { folder.path + "/\(store).db" }
    private var scratchFolder: String { folder.path + "/scratch" }

    // MARK: Time

    func advance(seconds: Double) { passed.withLock { $0 += Int64(seconds * 1_000_000) } }
    func now() -> Int64 { Self.start + passed.withLock { $0 } }
    func elapsed() -> Duration {
        .microseconds(
            passed.withLock { passed in
                passed += 250
                return passed
            })
    }

    // MARK: Snapshots

    /// Copies all stores, as if it were so many seconds ago.
    func takeSnapshot(ago seconds: Int64 = 45) throws {
        let number = archived.withLock { $0.count }
        let time = Self.start - seconds * 1_000_000
        let id = "snapshot-\(number)"
        let place = folder.path + "/archive/\(id)"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        var files: [String: (path: String, sha256: String)] = [:]
        for store in stores {
            let copy = place + "/\(store).db"
            let database = try SQLiteDatabase(path: path(store))
            try database.execute("vacuum into '\(copy)'")
            database.close()
            files[store] = (copy, DrillDigest.sha256(try bytes(copy)))
        }
        let record = files.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.sha256)" }.joined(separator: "\n")
        let snapshot = DrillSnapshot(
            id: id, repository: "rehearsal", address: "file:archive",
            recordSha256: DrillDigest.sha256(Array(record.utf8)), manifestSha256: DrillDigest.sha256([]), chain: [id],
            signer: "SHA256:rehearsal", recipients: ["age1rehearsal"], cutTime: time,
            cuts: stores.enumerated().map {
                .init(store: $1, engine: "SQLite", position: "\($0)", time: time - Int64($0) * 500_000)
            })
        archived.withLock { $0.append(Archived(snapshot: snapshot, files: files)) }
    }

    private func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    private func archive(_ snapshot: DrillSnapshot) throws -> Archived {
        try archived.withLock { all in
            guard let found = all.first(where: { $0.snapshot.id == snapshot.id }) else {
                throw Self.missing("snapshot")
            }
            return found
        }
    }
    static func missing(_ what: String) -> ContinuityError {
        ContinuityError(.notFound, doing: "rehearsing", object: what, message: "it is not there", hint: "")
    }

    func choose(_ selection: DrillPlan.Selection, stores: [String]) async throws -> DrillSnapshot {
        let all = archived.withLock { $0.map(\.snapshot) }.sorted { $0.cutTime < $1.cutTime }
        let found: DrillSnapshot? =
            switch selection {
            case .latest: all.last
            case .oldest, .random: all.first
            case .at(let time): all.last { $0.cutTime <= time }
            case .id(let id): all.first { $0.id == id }
            }
        guard let found else { throw Self.missing("snapshot") }
        return found
    }

    func verify(_ snapshot: DrillSnapshot, share: Double) async throws -> [ArchiveProof] {
        let archive = try archive(snapshot)
        var broken: [String] = []
        for (store, file) in archive.files.sorted(by: { $0.key < $1.key }) {
            var content = try bytes(file.path)
            if mischief.flippedByte == store {
                content[content.count / 2] ^= 1
                try Data(content).write(to: URL(fileURLWithPath: file.path))
            }
            if DrillDigest.sha256(content) != file.sha256 { broken.append("\(store).db") }
        }
        let count = archive.files.count
        return [
            ArchiveProof(
                .digests, expected: "\(count) objects", actual: "\(count - broken.count) objects",
                result: broken.isEmpty ? .holds : .broken("the digest of \(broken.joined(separator: ", ")) differs")),
            ArchiveProof(.signature, expected: "SHA256:rehearsal", actual: "SHA256:rehearsal", result: .holds),
            ArchiveProof(.chain, expected: "1 snapshot", actual: "1 snapshot", result: .holds),
        ]
    }

    func expected(_ store: String, in snapshot: DrillSnapshot, tables: [String]?) async throws -> StoreContents {
        guard let file = try archive(snapshot).files[store] else { throw Self.missing(store) }
        var contents = try Self.contents(of: file.path, tables: tables)
        for index in contents.tables.indices where mischief.tablesWithoutHash.contains(contents.tables[index].name) {
            contents.tables[index].hash = nil
            contents.tables[index].note = "the increment does not know it"
        }
        return contents
    }

    // MARK: Stores

    func host() async -> DrillHost {
        DrillHost(name: "rehearsal", system: "Linux", tool: "lockstep 0.0", clockSource: "rehearsed clock")
    }

    private func place(_ store: String, file: String) -> StorePlace {
        var facts = stat()
        let exists = stat(file, &facts) == 0
        return StorePlace(
            store: store, engine: "SQLite", endpoints: [],
            container: URL(fileURLWithPath: file).resolvingSymlinksInPath().path,
            identities: exists ? ["\(facts.st_dev):\(facts.st_ino)"] : [])
    }

    func places() async throws -> [StorePlace] {
        mischief.placesUnknown ? [] : stores.map { place($0, file: path($0)) }
    }
    func marks() async -> [StoreMark] {
        stores.map { store in
            StoreMark(
                store: store, mark: (try? bytes(path(store))).map { DrillDigest.sha256($0) }, reason: "it is gone")
        }
    }
    func missedTransactions(of cut: DrillSnapshot.Cut) async throws -> Int64? { nil }

    private func file(_ request: ScratchRequest) -> String { "\(scratchFolder)/\(request.name).db" }

    func place(of request: ScratchRequest) async throws -> StorePlace {
        if let live = mischief.misplaced { return place(request.name, file: path(live)) }
        return place(request.name, file: file(request))
    }

    func restore(_ request: ScratchRequest, from snapshot: DrillSnapshot) async throws -> ScratchStore {
        mischief.onRestore?()
        if mischief.restoreFails.contains(request.store) { throw Self.missing("a part") }
        guard let source = try archive(snapshot).files[request.store] else { throw Self.missing(request.store) }
        try FileManager.default.createDirectory(atPath: scratchFolder, withIntermediateDirectories: true)
        let first = elapsed()
        advance(seconds: Double(slowness) * 0.8)
        try FileManager.default.copyItem(atPath: source.path, toPath: file(request))
        let loaded = elapsed()
        advance(seconds: Double(slowness) * 0.2)
        let database = try SQLiteDatabase(path: file(request))
        if let sql = mischief.damage[request.store] { try database.execute(sql) }
        let rows = try database.integer("select count(*) from accounts") ?? 0
        database.close()
        let made = mischief.swapped.map { path($0) } ?? file(request)
        return ScratchStore(
            request: request, place: place(request.name, file: made), engine: "SQLite", engineVersion: "3",
            url: "sqlite:\(file(request))", rows: rows, bytes: Int64(try bytes(file(request)).count), firstByte: first,
            dataLoaded: loaded, finished: elapsed())
    }

    func inspect(_ scratch: ScratchStore) async throws -> [String] {
        let database = try SQLiteDatabase(path: file(scratch.request), mode: .readOnly)
        defer { database.close() }
        let own = try database.query("pragma integrity_check").map { $0[0].displayText }.filter { $0 != "ok" }
        let references = try database.query("pragma foreign_key_check").map { "\($0[0].displayText): reference" }
        return own + references
    }

    func contents(of scratch: ScratchStore, tables: [String]?) async throws -> StoreContents {
        try Self.contents(of: file(scratch.request), tables: tables)
    }

    static func contents(of path: String, tables: [String]?) throws -> StoreContents {
        let database = try SQLiteDatabase(path: path, mode: .readOnly)
        defer { database.close() }
        let named = try database.query(
            "select name, sql from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name")
        var found: [StoreContents.Table] = []
        for row in named where tables?.contains(row[0].displayText) ?? true {
            let name = row[0].displayText
            let fields = try database.query("select name from pragma_table_info(?1)", [.text(name)])
            let indexes = try database.query(
                "select sql from sqlite_schema where type = 'index' and tbl_name = ?1 and sql not null", [.text(name)])
            let rows = try database.query("select * from \"\(name)\"")
            found.append(
                StoreContents.Table(
                    name: name, shape: ([row[1]] + indexes.map { $0[0] }).map(\.displayText),
                    fields: fields.map { $0[0].displayText }, rows: Int64(rows.count), hash: hash(rows)))
        }
        let loose = try database.query("select sql from sqlite_schema where type in ('view', 'trigger')")
        var sequences: [StoreContents.Sequence] = []
        if try database.integer("select count(*) from sqlite_schema where name = 'sqlite_sequence'") == 1 {
            for row in try database.query("select name, seq from sqlite_sequence") {
                guard case .int64(let last) = row[1] else { continue }
                let largest = try database.integer("select max(rowid) from \"\(row[0].displayText)\"")
                sequences.append(StoreContents.Sequence(name: row[0].displayText, last: last, largest: largest))
            }
        }
        return StoreContents(
            engine: "SQLite", tables: found, schema: tables == nil ? loose.map { $0[0].displayText } : nil,
            sequences: sequences)
    }

    /// Whatever the order: the digests of the rows, added up.
    private static func hash(_ rows: [[Value]]) -> String {
        var sum: UInt64 = 0
        for row in rows {
            let digest = DrillDigest.sha256(Array(row.map(\.displayText).joined(separator: "\t").utf8))
            sum &+= UInt64(digest.prefix(16), radix: 16) ?? 0
        }
        return String(sum, radix: 16)
    }

    func connector(to scratch: ScratchStore) async throws -> any Connector {
        SQLiteConnector(path: file(scratch.request), access: .readOnly)
    }

    func query(_ scratch: ScratchStore, sql: String, limit: Int) async throws -> QueryRows {
        let database = try SQLiteDatabase(path: file(scratch.request), mode: .readOnly)
        defer { database.close() }
        let rows = try database.query(sql).map { row in row.map { $0.isNull ? nil : $0.displayText } }
        advance(seconds: 1)
        return QueryRows(columns: rows.first.map { $0.indices.map { "column \($0)" } } ?? [], rows: rows)
    }

    func discard(_ request: ScratchRequest) async throws {
        if mischief.discardFails { throw Self.missing("the right to delete") }
        try? FileManager.default.removeItem(atPath: file(request))
        try? FileManager.default.removeItem(atPath: file(request) + "-journal")
    }

    func remains(of request: ScratchRequest) async throws -> [String] {
        guard FileManager.default.fileExists(atPath: scratchFolder) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: scratchFolder).filter { $0.hasPrefix(request.name) }
    }

    /// Everything that is left of any drill.
    var leftovers: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: scratchFolder)) ?? []
    }

    // MARK: Links

    private func accounts(_ scratch: ScratchStore) throws -> [Int64: String] {
        let database = try SQLiteDatabase(path: file(scratch.request), mode: .readOnly)
        defer { database.close() }
        var found: [Int64: String] = [:]
        for row in try database.query("select id, name || '/' || credit from accounts") {
            if case .int64(let id) = row[0] { found[id] = row[1].displayText }
        }
        return found
    }

    private func both(_ scratch: [String: ScratchStore]) throws -> (ScratchStore, ScratchStore) {
        guard let erp = scratch["erp"], let crm = scratch["crm"] else { throw Self.missing("a scratch store") }
        return (erp, crm)
    }

    func reconcile(link: String, scratch: [String: ScratchStore]) async throws -> Reconciliation {
        let (erp, crm) = try both(scratch)
        let (left, right) = (try accounts(erp), try accounts(crm))
        let shared = Set(left.keys).intersection(right.keys)
        let equal = shared.count { left[$0] == right[$0] }
        return Reconciliation(
            equal: Int64(equal), different: Int64(shared.count - equal),
            onlyFirst: Int64(left.count - shared.count), onlySecond: Int64(right.count - shared.count))
    }

    func sync(link: String, scratch: [String: ScratchStore]) async throws -> ResumedSync {
        let (erp, crm) = try both(scratch)
        let first = try copy(from: erp, to: crm)
        let second = try copy(from: erp, to: crm)
        var resumed = ResumedSync(resumed: true, firstWrites: first, secondWrites: second, parked: 0, conflicts: 0)
        resumed.comparedAnew = mischief.comparedAnew
        return resumed
    }

    /// Brings accounts over that the other side lacks. - Returns: how many.
    private func copy(from source: ScratchStore, to target: ScratchStore) throws -> Int64 {
        let database = try SQLiteDatabase(path: file(target.request))
        defer { database.close() }
        try database.execute("attach '\(file(source.request))' as source")
        try database.execute(
            "insert into main.accounts select * from source.accounts where id not in (select id from main.accounts)")
        return database.changes
    }

    func switchOver(_ request: SwitchRequest) async throws -> SwitchOutcome {
        let (erp, crm) = try both(request.scratch)
        let (primary, other) = request.direction == .failover ? (crm, erp) : (erp, crm)
        // No write may come between what is drained and the fence.
        try execute(
            "create trigger if not exists fence before insert on accounts begin select raise(abort, 'fenced'); end",
            in: other)
        try execute("drop trigger if exists fence", in: primary)
        let drained = try copy(from: other, to: primary)
        let before = try accounts(other)
        let write = "insert into accounts (name, credit) values ('written after', 1)"
        let takes = (try? execute(write, in: primary)) != nil
        let refuses = (try? execute(write, in: other)) == nil
        let after = try accounts(primary)
        let lost = before.keys.count { after[$0] == nil }
        return SwitchOutcome(
            primary: primary.request.store, isFenced: refuses, takesWrites: takes,
            lost: mischief.lostRecords ?? Int64(lost), doubled: 0, drained: drained)
    }

    @discardableResult
    private func execute(_ sql: String, in scratch: ScratchStore) throws -> Bool {
        let database = try SQLiteDatabase(path: file(scratch.request))
        defer { database.close() }
        try database.execute(sql)
        return true
    }

    // MARK: People and programs

    func commandEnvironment() -> [String: String] { ["PATH": "/usr/bin:/bin"] }
    var directory: String { folder.path }
    func ask(_ question: DrillQuestion) async -> DrillAnswer {
        advance(seconds: 120)
        return answer
    }
}
