import LockstepMapping
import LockstepModel
import LockstepTesting
import Testing

/// Paths at random through references of several fields, to oneself and in circles.
@Suite struct RandomPathsTests {

    /// A path of some steps, and the entity and field where it ends; now and then with a word that is none.
    private func walk(_ random: inout SeededGenerator) -> (path: String, ends: (entity: String, field: String)?) {
        var words: [String] = []
        var entity = References.accounts
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            // Those that one reference alone begins with, or that the narrowest does.
            let steps = entity.references.filter { $0.fields.count == 1 || $0.fields.contains("group_no") }
            guard let step = steps.randomElement(using: &random),
                let next = References.crm.entity(step.targetEntity), let word = step.fields.last
            else { break }
            words.append(word)
            entity = next
        }
        guard !words.isEmpty, let field = entity.fields.randomElement(using: &random) else { return ("x.y", nil) }
        let isBroken = Int.random(in: 0..<8, using: &random) == 0
        words.append(isBroken ? "no such field" : field.name)
        return (words.joined(separator: "."), isBroken ? nil : (entity.name, field.name))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func whatCompilesLeadsFromKeyToKey(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var erp = References.erp
        for type in [ValueType.text, .int64, .instant] {
            erp.entities[0].fields.append(Fixtures.field("to_\(type.name)", type))
        }
        for round in 0..<300 {
            let (path, ends) = walk(&random)
            let direction = ["crm-to-erp", "both", "erp-to-crm"].randomElement(using: &random) ?? "both"
            let type = ends.flatMap { References.crm.entity($0.entity)?.field($0.field)?.type } ?? .text
            let text = References.map(["{erp: to_\(type.name), crm: \"\(path)\", direction: \(direction)}"])
            let outcome = Fixtures.compile(text, erp: erp, crm: References.crm)
            let comment: Comment = "seed \(seed), round \(round): \(path) \(direction) \(outcome.diagnostics)"
            guard let map = outcome.map else {
                #expect(outcome.diagnostics.contains { $0.severity == .error }, comment)
                #expect(ends == nil || direction != "crm-to-erp", comment)
                continue
            }
            let ends2 = try #require(ends, comment)
            let found = try #require(map.paths[1].first { $0.name == path }, comment)
            #expect(found.hops.last?.entity == ends2.entity && found.field == ends2.field, comment)
            check(found, isWritten: direction != "crm-to-erp", comment)
        }
    }

    private func check(_ path: FieldPath, isWritten: Bool, _ comment: Comment) {
        var entity = References.accounts
        for hop in path.hops {
            #expect(hop.fields.allSatisfy { entity.field($0) != nil }, comment)
            guard let next = References.crm.entity(hop.entity) else {
                Issue.record("no entity \(hop.entity)")
                return
            }
            #expect(next.hasKey(hop.targetFields) && hop.fields.count == hop.targetFields.count, comment)
            entity = next
        }
        #expect(entity.field(path.field) != nil, comment)
        guard isWritten, path.hops.count == 1 else { return }
        let known = [path.field] + path.root.shared.map(\.referred)
        #expect(
            entity.keys.contains { Set(known).isSuperset(of: $0.fields) } || path.root.fields == ["companyid"], comment)
    }

    @Test func aMapIsTheSameWhereverItsLinesStand() throws {
        var random = SeededGenerator(seed: 7)
        let fields = [
            "{erp: currency, crm: transactioncurrencyid.isocurrencycode}",
            "{erp: grp, crm: groupid.number, within: companyid}",
            "{erp: contact, crm: primarycontactid.number, deferred: true}", "{erp: name, crm: name}",
        ]
        let first = try #require(References.compile(References.map(fields)).map)
        for _ in 0..<10 {
            let map = try #require(References.compile(References.map(fields.shuffled(using: &random))).map)
            #expect(map.fingerprint == first.fingerprint && Set(map.paths[1]) == Set(first.paths[1]))
            #expect(map.deferredFields == first.deferredFields)
        }
    }
}
