import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// The stores of the CRM that the shipped set is tested with; the ERP is SQLite both times.
enum ShippedSetEngine: String, CaseIterable, Sendable {
    case sqlite, postgresql

    private static let sqliteWorld = Task { try await ShippedSetWorld.live(.sqlite) }
    private static let postgresqlWorld = Task { try await ShippedSetWorld.live(.postgresql) }

    /// What became of every fixture; one world for all tests of an engine, as each is about records of its own.
    func outcome() async throws -> ShippedSetOutcome {
        switch self {
        case .sqlite: try await Self.sqliteWorld.value
        case .postgresql: try await Self.postgresqlWorld.value
        }
    }
}

/// What a world has come to: the problems of every fixture, and of the whole.
struct ShippedSetOutcome: Sendable {
    var problems: [String: [String]] = [:]
    /// Records the first run wrote, and what it said where it failed.
    var firstRun = ""
    var lastRun = ""
    var parked = ""
    var proof: [String] = []
}

/// A copy of the shipped set with stores of its own.
struct ShippedSetWorld {
    let folder: TemporaryFolder
    let engine: ShippedSetEngine
    private let database: String

    /// The set as it is shipped, its stores filled, nothing synced.
    init(_ engine: ShippedSetEngine, customers: Int, crmShare: String = "0.1") async throws {
        self.engine = engine
        folder = try TemporaryFolder("shipped-set")
        database = "set_\(UUID().uuidString.prefix(8).lowercased())"
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let set = repository.appendingPathComponent("mappings/erp-crm")
        for name in ["make", "lockstep.yaml", "mappings", "sql"] {
            try FileManager.default.copyItem(at: set.appendingPathComponent(name), to: folder.file(name))
        }
        var arguments = ["python3", "make", "--customers", String(customers), "--crm-share", crmShare]
        if engine == .postgresql {
            let url = try PostgreSQLServer.shared().createDatabase(database)
            arguments += ["--crm", url]
            try replace("sqlite:crm.db", with: url, in: "lockstep.yaml")
        }
        let made = try await CommandRun.run(
            URL(fileURLWithPath: "/usr/bin/env"), arguments, folder: folder.url, timeLimitSeconds: 120)
        try #require(made.exitCode == 0, "\(made.standardError)")
    }

    func replace(_ old: String, with new: String, in name: String) throws {
        let text = try folder.read(name)
        try #require(text.contains(old), "\(name) holds \(old)")
        try folder.write(text.replacingOccurrences(of: old, with: new), to: name)
    }

    func run(_ line: String) async throws -> CommandRun.Outcome {
        try await SampleProject.run(SampleProject.words(line), in: folder.url)
    }

    /// Runs SQL in a store, as its users do: without the constraints of another connection.
    func execute(_ sql: String, in store: ShippedSetStore) throws {
        guard !sql.isEmpty else { return }
        if store == .crm, engine == .postgresql {
            try PostgreSQLServer.shared().execute(sql, database: database)
            return
        }
        let database = try SQLiteDatabase(path: folder.file("\(store.rawValue).db").path)
        defer { database.close() }
        try database.execute(sql)
    }

    /// The rows of a query of one text column, in its order, separated by blanks, as line breaks are too.
    func text(_ sql: String, in store: ShippedSetStore) throws -> String {
        if store == .crm, engine == .postgresql {
            return try PostgreSQLServer.shared().execute(sql, database: database)
                .replacingOccurrences(of: "\n", with: " ")
        }
        let database = try SQLiteDatabase(path: folder.file("\(store.rawValue).db").path)
        defer { database.close() }
        return try database.query(sql).map { $0[0].displayText }.joined(separator: " ")
            .replacingOccurrences(of: "\n", with: " ")
    }

    /// Leaves nothing in a server that other tests use too.
    func end() async throws {
        guard engine == .postgresql else { return }
        _ = try await run("store uninstall crm --yes")
        try PostgreSQLServer.shared().execute("drop database if exists \"\(database)\" with (force)")
    }

    /// Makes a world, and lives through all rounds of all fixtures at once: changes, a run, what is there then.
    static func live(_ engine: ShippedSetEngine) async throws -> ShippedSetOutcome {
        let world = try await ShippedSetWorld(engine, customers: 60)
        var outcome = ShippedSetOutcome()
        do {
            try await world.live(&outcome)
        } catch {
            try? await world.end()
            throw error
        }
        try await world.end()
        return outcome
    }

    private func live(_ outcome: inout ShippedSetOutcome) async throws {
        try replace(
            "erp: vendor_groups, crm: vendorgroups}",
            with: "erp: vendor_groups, crm: vendorgroups}\nwhere: {erp: \"description ne ''\"}",
            in: "mappings/vendor-groups.yaml")
        let first = try await run("sync")
        outcome.firstRun = first.exitCode == 0 ? "" : first.standardOutput + first.standardError
        for round in 0..<ShippedSetFixture.all.map(\.rounds.count).reduce(0, max) {
            let fixtures = ShippedSetFixture.all.filter { $0.rounds.count > round }
            for fixture in fixtures {
                try execute(fixture.rounds[round].erp, in: .erp)
                try execute(fixture.rounds[round].crm, in: .crm)
            }
            for command in Set(fixtures.flatMap { $0.rounds[round].before }).sorted() { _ = try await run(command) }
            let run = try await run("sync")
            for fixture in fixtures {
                for check in fixture.rounds[round].checks {
                    let found = Result { try text(check.sql, in: check.store) }
                    let shown = (try? found.get()) ?? "\(found)"
                    guard shown != check.expected else { continue }
                    outcome.problems[fixture.name, default: []].append(
                        "round \(round + 1): \(check.store): \(check.sql): \(shown), not \(check.expected);"
                            + " the run ended with \(run.exitCode)\n\(run.standardOutput)\(run.standardError)")
                }
            }
        }
        outcome.lastRun = try await self.run("sync").standardOutput
        outcome.parked = try await self.run("parked").standardOutput
        for agreement in ShippedSetAgreement.all {
            let (left, right) = (try text(agreement.erp, in: .erp), try text(agreement.crm, in: .crm))
            if left != right { outcome.proof.append("\(agreement.map):\n\(left)\n\(right)") }
        }
    }
}

enum ShippedSetStore: String, Sendable { case erp, crm }
