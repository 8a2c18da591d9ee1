import Foundation
import LockstepTesting
import Testing

/// The maps that are shipped for an ERP and a CRM, against every kind of trouble that dual-write projects meet.
@Suite struct ShippedSetTests {
    @Test(arguments: ShippedSetEngine.allCases, ShippedSetFixture.all)
    func fixtureComesOutAsItShould(engine: ShippedSetEngine, fixture: ShippedSetFixture) async throws {
        let problems = try await engine.outcome().problems[fixture.name] ?? []
        #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
    }

    @Test(arguments: ShippedSetEngine.allCases)
    func whatIsSettledIsSettled(engine: ShippedSetEngine) async throws {
        let outcome = try await engine.outcome()
        #expect(outcome.firstRun == "")
        #expect(outcome.lastRun.contains("Nothing to do."), "\(outcome.lastRun)\(outcome.parked)")
        #expect(outcome.proof.isEmpty, "\(outcome.proof.joined(separator: "\n\n"))")
    }

    /// The ERP refers to currencies by their code, and checks each statement: the code can change only by a new record
    /// that those who refer to the old one are moved to. That is a person's work, since the ERP's table has fields that
    /// no map knows; the parked record says how.
    @Test func renamedKeyThatOthersReferToIsParkedWithWhatToDoAndHealsWhenThatIsDone() async throws {
        let world = try await ShippedSetWorld(.sqlite, customers: 60)
        #expect(try await world.run("sync").exitCode == 0)
        try world.execute(
            ShippedSetFixture.set("currencies", "isocurrencycode = 'PLX'", where: "isocurrencycode = 'PLN'"), in: .crm)
        #expect(try await world.run("sync").exitCode == 3)
        for _ in 0..<2 {
            // Tried again, it says the same.
            let parked = try await world.run("parked --json").standardOutput
            for name in [
                "customers.currency", "exchange_rates.from_currency", "under its new key", "delete the old one",
            ] {
                #expect(parked.contains(name), "\(name): \(parked)")
            }
            _ = try await world.run("sync")
        }
        #expect(try world.text("SELECT currency_code FROM currencies WHERE currency_code = 'PLN'", in: .erp) == "PLN")
        let columns = try world.text("SELECT name FROM pragma_table_info('currencies') WHERE pk = 0", in: .erp)
            .split(separator: " ").joined(separator: ", ")
        let referring = try world.text(
            """
            SELECT m.name || '.' || f."from" FROM sqlite_master m, pragma_foreign_key_list(m.name) f
            WHERE m.type = 'table' AND f."table" = 'currencies'
            """, in: .erp
        ).split(separator: " ").map { $0.split(separator: ".") }
        let moves = referring.map { ShippedSetFixture.set("\($0[0])", "\($0[1]) = 'PLX'", where: "\($0[1]) = 'PLN'") }
        try world.execute(
            """
            BEGIN;
            INSERT INTO currencies (currency_code, \(columns)) SELECT 'PLX', \(columns) FROM currencies
            WHERE currency_code = 'PLN';
            \(moves.joined())
            DELETE FROM currencies WHERE currency_code = 'PLN';
            COMMIT;
            """, in: .erp)
        let healing = try await world.run("sync")
        #expect(healing.exitCode == 0, "\(healing.standardOutput)\(healing.standardError)")
        let last = try await world.run("sync")
        #expect(last.standardOutput.contains("Nothing to do."), "\(last.standardOutput)")
        #expect(
            try world.text("SELECT isocurrencycode FROM currencies WHERE isocurrencycode LIKE 'PL%'", in: .crm) == "PLX"
        )
        for agreement in ShippedSetAgreement.all {
            let (left, right) = (try world.text(agreement.erp, in: .erp), try world.text(agreement.crm, in: .crm))
            #expect(left == right && !left.isEmpty, "\(agreement.map)")
        }
    }

    @Test func twoThousandCustomersArriveOnce() async throws {
        let world = try await ShippedSetWorld(.sqlite, customers: 2000)
        let first = try await world.run("sync")
        #expect(first.exitCode == 0, "\(first.standardOutput)\(first.standardError)")
        #expect(try await world.run("sync").standardOutput.contains("Nothing to do."))
        for agreement in ShippedSetAgreement.all {
            let (left, right) = (try world.text(agreement.erp, in: .erp), try world.text(agreement.crm, in: .crm))
            #expect(left == right && !left.isEmpty, "\(agreement.map)")
        }
    }

    /// Each breaks one file of the set, and says which code `map lint` must find with it.
    static let breaks: [(name: String, file: String, old: String, new: String, code: String)] = [
        ("filters that overlap", "contacts", #"where: {crm: "sellable eq false"}"#, "", "LS-MAP-045"),
        (
            "key that two records have", "units", "{erp: unit_symbol, crm: symbol}", "{erp: unit_class, crm: symbol}",
            "LS-MAP-120"
        ),
        (
            "companies of a table that has none", "payment-days", "crm: paymentdays}", "crm: uoms}",
            "LS-MAP-032"
        ),
    ]

    @Test func lintNamesWhatIsBroken() async throws {
        let world = try await ShippedSetWorld(.sqlite, customers: 10)
        let sound = try await world.run("map lint")
        #expect(sound.exitCode == 0, "\(sound.standardOutput)\(sound.standardError)")
        for (name, file, old, new, code) in Self.breaks {
            let path = "mappings/\(file).yaml"
            let text = try world.folder.read(path)
            try world.replace(old, with: new, in: path)
            let outcome = try await world.run("map lint")
            #expect(outcome.exitCode != 0, "\(name)")
            #expect(outcome.standardOutput.contains(code), "\(name): \(outcome.standardOutput)\(outcome.standardError)")
            try world.folder.write(text, to: path)
        }
    }
}
