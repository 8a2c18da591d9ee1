import LockstepMapping
import LockstepModel
import Testing

@Suite struct PathsAreCheckedTests {
    @Test(
        arguments: [
            (["{erp: currency, crm: nowhere.isocurrencycode}"], [], "8:26 LS-MAP-061"),
            (["{erp: currency, crm: transactioncurrencyid.iso}"], [], "8:26 LS-MAP-061"),
            (["{erp: currency, crm: transactioncurrencyid.}"], [], "8:26 LS-MAP-061"),
            (["{erp: currency, crm: transactioncurrencyid.symbol.x}"], [], "8:26 LS-MAP-073"),
            (["{erp: currency, crm: plainid.isocurrencycode}"], [], "8:26 LS-MAP-073"),
            (["{erp: name, crm: name}"], ["references: [{crm: groupid, to: nothing}]"], "10:33 LS-MAP-060"),
            (["{erp: grp, crm: groupid.title}"], [], "8:5 LS-MAP-075"),
            (["{erp: currency, crm: transactioncurrencyid.symbol}"], [], "8:5 LS-MAP-075"),
            (["{erp: home_currency, crm: companyid.currencyid.symbol, default: x}"], [], "8:5 LS-MAP-075"),
            (["{erp: rank, crm: transactioncurrencyid.isocurrencycode}"], [], "8:5 LS-MAP-070 8:5 LS-MAP-076"),
            (
                [
                    "{erp: currency, crm: transactioncurrencyid.isocurrencycode}",
                    "{erp: rank, crm: transactioncurrencyid}",
                ],
                [], "8:5 LS-MAP-077"
            ),
            (["{erp: name, crm: name, within: companyid}"], [], "8:36 LS-MAP-033"),
            (["{erp: grp, crm: groupid.number, within: title}"], [], "8:5 LS-MAP-075 8:45 LS-MAP-078"),
            (
                ["{erp: currency, crm: transactioncurrencyid.isocurrencycode, default: EUR, deferred: true}"], [],
                "8:5 LS-MAP-034"
            ),
            (["{crm: name, constant: x, deferred: true}"], [], "8:5 LS-MAP-034"),
            (["{erp: company, crm: companyid.code, deferred: true}"], [], "8:5 LS-MAP-034"),
            (["{erp: name, crm: name}"], ["where: {crm: \"plainid/code eq 'x'\"}"], "10:15 LS-MAP-073"),
            (["{erp: name, crm: name}"], ["where: {crm: \"groupid/number eq 3\"}"], "10:30 LS-MAP-069"),
            (["{erp: name, crm: name}"], ["references: [{crm: plainid, to: groups.title}]"], "10:33 LS-MAP-036"),
            (["{erp: name, crm: name}"], ["references: [{crm: name, to: groups.groupid}]"], "10:14 LS-MAP-036"),
            (["{erp: name, crm: name}"], ["references: [{crm: gone, to: groups.groupid}]"], "10:20 LS-MAP-061"),
        ] as [([String], [String], String)])
    func eachProblemHasItsCodeAndPlace(fields: [String], rest: [String], expected: String) {
        let outcome = References.compile(References.map(fields, rest: rest))
        #expect(places(outcome.diagnostics).joined(separator: " ") == expected, "\(outcome.diagnostics)")
        #expect(outcome.map == nil)
    }

    private func hint(_ fields: String..., crm: StoreDescription = References.crm) -> String? {
        References.compile(References.map(fields), crm: crm).diagnostics.first?.hint
    }

    @Test func hintsSayWhatToAdd() {
        #expect(
            hint("{erp: currency, crm: plainid.isocurrencycode}")
                == "say where it leads: `references: [{crm: plainid, to: entity.field}]`")
        #expect(
            hint("{erp: grp, crm: groupid.number}")
                == "add `within: companyid`, or add a pair for `groupid.companyid`")
        #expect(
            hint("{erp: currency, crm: transactioncurrencyid.iso}")
                == "known are `currencyid`, `isocurrencycode`, `symbol`")
    }

    @Test func newestRefusesPaths() {
        let text = References.map(rest: []).replacing(
            "overlap: erp", with: "overlap: newest(modified_at, companyid.code)")
        #expect(places(References.compile(text).diagnostics) == ["9:22 LS-MAP-035"])
    }

    @Test func aFieldOfSeveralReferencesNeedsOneThatIsNarrower() {
        var crm = References.crm
        crm.entities[0].references.append(References.reference("groupid", to: "contacts", "contactid"))
        let outcome = References.compile(References.map(["{erp: grp, crm: groupid.number}"]), crm: crm)
        #expect(places(outcome.diagnostics) == ["8:21 LS-MAP-074"])
        let declared = References.map(
            ["{erp: grp, crm: groupid.number, within: companyid}"], rest: ["references: [{crm: groupid, to: groups}]"])
        #expect(References.compile(declared, crm: crm).diagnostics == [])
    }

    @Test func theKeyOfTheRecordsIsThatOfTheFieldsThatRefer() {
        var crm = References.crm
        crm.entities[0].keys.remove(at: 1)
        #expect(places(References.compile(References.map(), crm: crm).diagnostics) == ["5:5 LS-MAP-062"])
        crm = References.crm
        crm.entities[1].keys.removeLast()
        #expect(places(References.compile(References.map(), crm: crm).diagnostics) == ["6:5 LS-MAP-075"])
    }

    @Test func keyFieldsCompareByTheLastField() {
        var crm = References.crm
        crm.entities[1].fields[1].type = .int64
        #expect(places(References.compile(References.map(), crm: crm).diagnostics) == ["6:5 LS-MAP-063"])
    }

    @Test func whatMustHaveAValueIsFilledByAPath() {
        var crm = References.crm
        crm.entities[0].fields[5].isNullable = false
        let filled = References.map(["{erp: currency, crm: transactioncurrencyid.isocurrencycode, default: EUR}"])
        #expect(References.compile(filled, crm: crm).diagnostics == [])
        #expect(places(References.compile(References.map(), crm: crm).diagnostics) == ["3:32 LS-MAP-064"])
        let deferred = References.map(["{erp: currency, crm: transactioncurrencyid.isocurrencycode, deferred: true}"])
        #expect(
            places(References.compile(deferred, crm: crm).diagnostics) == ["8:5 LS-MAP-034", "8:5 LS-MAP-071"])
    }

    @Test func whatTheStoreComputesIsNotWrittenByAPath() {
        var crm = References.crm
        crm.entities[0].fields[5].isGenerated = true
        let text = References.map(["{erp: currency, crm: transactioncurrencyid.isocurrencycode}"])
        #expect(places(References.compile(text, crm: crm).diagnostics) == ["8:5 LS-MAP-066"])
    }

    @Test func whatIsLookedUpWithinMustBeFilled() {
        let text = References.map(["{erp: grp, crm: groupid.number, within: companyid}"])
            .replacing("  - {erp: company, crm: companyid.code}\n", with: "")
        let found = places(References.compile(text).diagnostics)
        #expect(found.contains("7:45 LS-MAP-078"), "\(found)")
    }

    @Test func pathsAreNotLookedUpWithinEachOther() {
        var crm = References.crm
        crm.entities[4].fields.append(References.number("transactioncurrencyid"))
        crm.entities[4].keys.append(
            KeyDescription(name: "n", fields: ["transactioncurrencyid", "number"], isPrimary: false))
        crm.entities[3].fields.append(References.number("groupid"))
        let fields = [
            "{erp: grp, crm: groupid.number, within: transactioncurrencyid}",
            "{erp: currency, crm: transactioncurrencyid.isocurrencycode, within: groupid}",
        ]
        #expect(places(References.compile(References.map(fields), crm: crm).diagnostics) == ["8:5 LS-MAP-078"])
    }

    @Test func aPathInCirclesHasAnEnd() {
        let long = "billingaccountid." + String(repeating: "billingaccountid.", count: 40) + "name"
        let outcome = References.compile(References.map(["{erp: name, crm: \(long), direction: crm-to-erp}"]))
        #expect(places(outcome.diagnostics) == ["8:22 LS-MAP-073"])
        let circle = "primarycontactid.accountid.primarycontactid.number"
        #expect(
            References.compile(References.map(["{erp: contact, crm: \(circle), direction: crm-to-erp}"])).diagnostics
                == [])
    }
}
