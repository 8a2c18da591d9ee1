import LockstepMapping
import LockstepModel
import Testing

@Suite struct PathsAreFollowedTests {
    private func map(
        _ fields: [String], rest: [String] = [], crm: StoreDescription = References.crm
    ) throws -> CompiledMap {
        let outcome = References.compile(References.map(fields, rest: rest), crm: crm)
        #expect(outcome.diagnostics == [])
        return try #require(outcome.map, "\(outcome.diagnostics)")
    }

    private func path(_ name: String, in map: CompiledMap) throws -> FieldPath {
        try #require(map.paths[1].first { $0.name == name })
    }

    @Test func aPathIsAFieldOfItsOwnInThePlans() throws {
        let map = try map(["{erp: currency, crm: transactioncurrencyid.isocurrencycode}"])
        let there = try #require(map.plan(from: .left))
        let names = ["accountnumber", "companyid.code", "transactioncurrencyid.isocurrencycode"]
        #expect(there.targetFields.map(\.name) == names && there.targetKey == [0, 1])
        #expect(map.plan(from: .right)?.sourceFields == names)
        #expect(map.paths[0] == [] && map.paths[1].map(\.name) == Array(names.dropFirst()))
        let path = try path(names[2], in: map)
        #expect(path.field == "isocurrencycode")
        #expect(
            path.hops == [
                FieldPath.Hop(fields: ["transactioncurrencyid"], entity: "currencies", targetFields: ["currencyid"])
            ])
    }

    @Test func aPathGoesThroughSeveralReferences() throws {
        let map = try map(["{erp: home_currency, crm: companyid.currencyid.isocurrencycode, direction: crm-to-erp}"])
        let path = try path("companyid.currencyid.isocurrencycode", in: map)
        #expect(path.hops.map(\.entity) == ["companies", "currencies"] && path.field == "isocurrencycode")
    }

    @Test func aFieldOfExactlyThatNameWins() throws {
        let map = try map(["{erp: name, crm: dotted.name}"])
        #expect(map.paths[1].map(\.name) == ["companyid.code"])
    }

    @Test func aPathLeadsToARecordOfTheSameEntity() throws {
        var crm = References.crm
        crm.entities[0].keys.append(KeyDescription(name: "n", fields: ["accountnumber"], isPrimary: false))
        let map = try map(["{erp: invoice_account, crm: billingaccountid.accountnumber, deferred: true}"], crm: crm)
        #expect(try path("billingaccountid.accountnumber", in: map).root.entity == "accounts")
        #expect(map.deferredFields == [[], ["billingaccountid.accountnumber"]])
    }

    @Test func whatIsUniqueOnlyWithinSomethingIsLookedUpWithinIt() throws {
        let map = try map(["{erp: grp, crm: groupid.number, within: companyid}"])
        #expect(
            try path("groupid.number", in: map).root.shared == [
                FieldPath.SharedField(own: "companyid", referred: "companyid")
            ])
    }

    @Test func pathsThatBeginAlikeAreLookedUpTogether() throws {
        let map = try map([
            "{erp: grp, crm: groupid.number}", "{erp: home_currency, crm: groupid.companyid.code}",
        ])
        let roots = try ["groupid.number", "groupid.companyid.code"].map { try path($0, in: map).root }
        #expect(roots[0] == roots[1] && roots[0].shared == [])
    }

    @Test func aReferenceOfSeveralFieldsIsNamedByOneThatOnlyItHas() throws {
        let map = try map(["{erp: grp, crm: group_no.title, direction: crm-to-erp}"])
        #expect(try path("group_no.title", in: map).root.fields == ["companyid", "group_no"])
    }

    @Test func aFieldOfTheReferenceThatAnotherPairFillsIsShared() throws {
        let text = """
            map: m
            version: 1.0.0
            between: {erp: customers, crm: accounts}
            key: {erp: account, crm: tag}
            fields:
              - {erp: rank, crm: companyid}
              - {erp: grp, crm: group_no.number}
              - {crm: accountnumber, constant: x}
              - {erp: company, crm: name, direction: crm-to-erp, default: DE}
            conflicts: {overlap: erp}
            """
        var erp = References.erp
        erp.entities[0].keys.append(KeyDescription(name: "n", fields: ["account"], isPrimary: false))
        let outcome = Fixtures.compile(text, erp: erp, crm: References.crm)
        let map = try #require(outcome.map, "\(outcome.diagnostics)")
        #expect(
            try path("group_no.number", in: map).root.shared == [
                FieldPath.SharedField(own: "companyid", referred: "companyid")
            ])
    }

    @Test func theMapDeclaresWhatTheStoreDoesNot() throws {
        let pair = "{erp: currency, crm: plainid.isocurrencycode}"
        for target in ["currencies.currencyid", "currencies", "currencies, key: [currencyid]"] {
            let map = try map([pair], rest: ["references: [{crm: plainid, to: \(target)}]"])
            #expect(try path("plainid.isocurrencycode", in: map).root.targetFields == ["currencyid"], "\(target)")
        }
        var crm = References.crm
        crm.entities[1].references = []
        let far = "{erp: home_currency, crm: companyid.currencyid.symbol, direction: crm-to-erp}"
        let map = try map([far], rest: ["references: [{crm: companyid.currencyid, to: currencies}]"], crm: crm)
        #expect(map.paths[1].last?.hops.count == 2)
    }

    @Test func severalFieldsCanBeDeclaredToRefer() throws {
        var crm = References.crm
        crm.entities[0].references.removeLast()
        let line = "references: [{crm: [companyid, group_no], to: groups, key: [companyid, number]}]"
        let map = try map(["{erp: grp, crm: group_no.title, direction: crm-to-erp}"], rest: [line], crm: crm)
        #expect(try path("group_no.title", in: map).root.targetFields == ["companyid", "number"])
    }

    @Test func expressionsNamePathsWithSlashes() throws {
        let rest = [
            "where: {crm: \"transactioncurrencyid/isocurrencycode eq 'EUR' and name ne 'x'\"}", "leave: keep",
        ]
        let fields = ["{erp: name, crm: name}", "{erp: grp, from: \"concat(groupid/number, '!')\"}"]
        let map = try map(fields, rest: rest)
        let plan = try #require(map.plan(from: .right))
        #expect(
            plan.sourceFields == [
                "accountnumber", "companyid.code", "name", "groupid.number", "transactioncurrencyid.isocurrencycode",
            ])
        #expect(
            map.paths[1].map(\.name) == [
                "companyid.code", "groupid.number", "transactioncurrencyid.isocurrencycode",
            ])
        let row: [Value] = [.text("A"), .text("DE"), .text("n"), .text("G"), .text("EUR")]
        let mapped = plan.map(records: Fixtures.rows([row, Array(row.dropLast()) + [.text("USD")]]))
        #expect(mapped.isIncluded == [true, false])
        #expect(mapped.rows.values(row: 0).contains(.text("G!")))
    }

    @Test func storesAreNeverAskedForAPathInTheirOwnLanguage() throws {
        let both = "transactioncurrencyid/isocurrencycode eq 'EUR' and name eq 'x'"
        for dialect in [Dialect.sqlite, .postgresql] {
            let mixed = try map([], rest: ["where: {crm: \"\(both)\"}"]).plan(from: .right)?.sourcePredicate(dialect)
            #expect(mixed?.bindings.allSatisfy { $0 == .text("x") } == true)
            let either = both.replacing(" and ", with: " or ")
            let whole = try map([], rest: ["where: {crm: \"\(either)\"}"]).plan(from: .right)?.sourcePredicate(dialect)
            #expect(whole == nil)
        }
    }

    @Test func nullGoesWhereTheFieldsThatReferMayBeNull() throws {
        // The code itself may not be null; the field that refers may.
        let map = try map(["{erp: currency, crm: transactioncurrencyid.isocurrencycode}"])
        let mapped = map.plan(from: .left)?.map(records: Fixtures.rows([[.text("A"), .text("DE"), .null]]))
        #expect(mapped?.failures == [] && mapped?.rows.values(row: 0) == [.text("A"), .text("DE"), .null])
        var crm = References.crm
        crm.entities[0].fields[5].isNullable = false
        let text = References.map(["{erp: currency, crm: transactioncurrencyid.isocurrencycode}"])
        #expect(places(References.compile(text, crm: crm).diagnostics) == ["8:5 LS-MAP-071"])
    }

    @Test func entitiesOnTheWayAreAskedForStepByStep() throws {
        let text = References.map(["{erp: home_currency, crm: companyid.currencyid.symbol, direction: crm-to-erp}"])
        let definition = try #require(MapDefinition.parse(text, file: "m.yaml").definition)
        func missing(_ count: Int) -> [[String]] {
            let known = [References.accounts, References.companies, References.currencies].prefix(count)
            return definition.missingEntities(in: (References.erp, StoreDescription(entities: Array(known))))
        }
        #expect(missing(1) == [[], ["companies"]])
        #expect(missing(2) == [[], ["currencies"]])
        #expect(missing(3) == [[], []])
    }

    @Test func theFingerprintFollowsReferences() throws {
        let pair = "erp: currency, crm: plainid.isocurrencycode"
        func fingerprint(_ pair: String, _ key: String) throws -> String {
            try map(["{\(pair)}"], rest: ["references: [{crm: plainid, to: currencies\(key)}]"]).fingerprint
        }
        let first = try fingerprint(pair, "")
        #expect(try fingerprint(pair, ".currencyid") != first)
        #expect(try fingerprint(pair + ", deferred: true", "") != first)
    }
}
