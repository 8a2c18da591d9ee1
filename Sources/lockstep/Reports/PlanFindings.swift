import LockstepModel
import LockstepSync

/// The problems of a plan as cards, worst first: what was found, what it means, what to do, and examples.
struct PlanFindings: Sendable {
    let report: SyncReport
    let stores: [String]

    private enum Severity: String { case bad, warn, know }

    /// Conflicts, collisions, parked records, duplicates, values without counterpart, what rules decide.
    var cards: [String] {
        let maps = report.maps
        return maps.compactMap(stopped) + maps.compactMap(open) + maps.flatMap(collisions) + maps.flatMap(parked)
            + maps.flatMap(doubled) + maps.flatMap(within) + maps.flatMap(unmapped) + maps.compactMap(decided)
    }

    private func card(
        _ severity: Severity, _ map: String, _ count: String, _ words: PlanWords.Words, _ body: String
    ) -> String {
        let paragraphs =
            "<p>\(HTMLText.escaped(words.meaning))</p><p class=\"todo\"><b>What to do:</b> \(HTMLText.escaped(words.remedy))</p>"
        return """
            <article class="finding \(severity.rawValue)">
            <h3>\(HTMLText.escaped(words.title)) <span class="how-many">\(count)</span></h3>
            <p class="where">Map <b>\(HTMLText.escaped(map))</b></p>
            \(paragraphs)
            \(body)
            </article>
            """
    }

    private func examples(_ records: [String], of total: Int) -> String {
        guard !records.isEmpty else { return "" }
        let more =
            total > records.count ? "<p class=\"more\">\(records.count) of \(HTMLText.number(total)) shown</p>" : ""
        return "<div class=\"examples\">\(records.joined())</div>\(more)"
    }

    // MARK: Each kind

    private func stopped(_ map: MapReport) -> String? {
        guard map.plan?.wouldStop == true else { return nil }
        let words = PlanWords.Words(
            title: "The map would stop", meaning: map.reason,
            remedy: "Settle this first. Deletes that are meant can be let through with --allow-deletes.")
        return card(.bad, map.map, "", words, "")
    }

    private func open(_ map: MapReport) -> String? {
        guard map.openConflicts > 0 else { return nil }
        let samples = map.samples.filter { $0.action == "conflict" && $0.note == "nobody" }
        let records = samples.map { PlanTables.record($0, first: stores[0], second: stores[1]) }
        return card(
            .warn, map.map, HTMLText.count(map.openConflicts, "conflict"),
            PlanWords.conflicts(map.openConflicts, stores), examples(records, of: map.openConflicts))
    }

    private func collisions(_ map: MapReport) -> [String] {
        (map.plan?.collisions ?? []).map { collision in
            let samples = map.samples.filter { $0.action == "collision" && $0.store == collision.store }
            let records = samples.map { sample in
                PlanTables.record(
                    PlanSample(
                        action: "", store: "", key: sample.fields.first?.field ?? "", details: sample.details,
                        fields: [PlanField(field: "record", first: sample.key, second: sample.note)]),
                    first: "wants it", second: "has it")
            }
            let among =
                collision.amongThemselves > 0
                ? "<p>\(HTMLText.count(collision.amongThemselves, "of them clashes", "of them clash")) with another record of "
                    + "this plan.</p>" : ""
            let fields = collision.fields.map(HTMLText.escaped).joined(separator: ", ")
            return card(
                .bad, map.map, HTMLText.count(collision.records, "record"), PlanWords.collisions(collision.store),
                "<p>Unique in \(HTMLText.escaped(collision.store)): <b>\(fields)</b></p>\(among)"
                    + examples(records, of: collision.records))
        }
    }

    private func parked(_ map: MapReport) -> [String] {
        // Those that a unique value keeps out have a card of their own.
        (map.plan?.parked ?? []).filter { $0.code != "LS-PARK-UNIQUE" || map.plan?.collisions.isEmpty == true }
            .map { parking in
                let target = parking.source == stores[0] ? stores[1] : stores[0]
                let words = PlanWords.parking(
                    parking.code, field: parking.field, source: parking.source, target: target)
                let records = map.samples.filter {
                    $0.action == "park" && $0.note == parking.code && $0.store == parking.source
                        && $0.fields.first.map { parking.field.isEmpty || $0.field == parking.field } ?? true
                }.map { PlanTables.values($0) }
                let unmapped = (map.plan?.unmapped ?? []).filter { parking.isAbout($0) }.map(values).joined()
                return card(
                    .bad, map.map, HTMLText.count(parking.records, "record"), words,
                    "<p class=\"code\">\(HTMLText.escaped(parking.code)): \(HTMLText.escaped(parking.message))</p>"
                        + unmapped + examples(records, of: parking.records))
            }
    }

    private func doubled(_ map: MapReport) -> [String] {
        (map.plan?.duplicates ?? []).filter { $0.doubledRecords > 0 }.map { found in
            let groups = found.samples.filter { Set($0.members.map(\.store)).count > 1 }
            return card(
                .warn, map.map, HTMLText.count(found.doubledRecords, "record"), PlanWords.doubled,
                rule(found) + examples(groups.map(group), of: found.acrossGroups))
        }
    }

    private func within(_ map: MapReport) -> [String] {
        (map.plan?.duplicates ?? []).filter { $0.left.groups + $0.right.groups > 0 }.map { found in
            let counts = zip(stores, [found.left, found.right]).filter { $0.1.groups > 0 }.map { store, within in
                "\(HTMLText.count(within.records, "record")) in \(HTMLText.count(within.groups, "group")) in "
                    + HTMLText.escaped(store)
            }
            let groups = found.samples.filter { group in
                stores.contains { store in group.members.count { $0.store == store } > 1 }
            }
            let total = found.left.groups + found.right.groups
            return card(
                .warn, map.map, HTMLText.count(total, "group"), PlanWords.duplicates,
                "<p>\(counts.joined(separator: "; ")).</p>" + rule(found) + examples(groups.map(group), of: total))
        }
    }

    private func rule(_ found: PlanDuplicates) -> String {
        let pairs = zip(found.leftFields, found.rightFields).map { left, right in
            left == right ? HTMLText.escaped(left) : "\(HTMLText.escaped(left)) / \(HTMLText.escaped(right))"
        }
        let how =
            switch found.rule {
            case "exact": "equal"
            case "normalised": "equal but for case, accents, blanks and punctuation"
            default: "nearly equal"
            }
        let method = found.method.isEmpty ? "" : "<p class=\"code\">\(HTMLText.escaped(found.method))</p>"
        return "<p>Found by: <b>\(pairs.joined(separator: ", "))</b> \(how).</p>\(method)"
    }

    private func group(_ group: PlanDuplicates.Group) -> String {
        let near = group.score < 1 ? "<span class=\"badge\">\(Int(group.score * 100))% alike</span>" : ""
        let rows = group.members.map { member in
            """
            <tr><th scope="row">\(HTMLText.escaped(member.store))</th><td>\(HTMLText.escaped(member.key))\
            \(member.hasCounterpart ? "" : " <span class=\"badge new\">only here</span>")</td>\
            <td>\(member.values.map { PlanTables.value($0) }.joined(separator: "<br>"))</td></tr>
            """
        }
        let more = group.records > group.members.count ? " of \(HTMLText.number(group.records))" : ""
        return """
            <div class="record"><p class="key">\(HTMLText.number(group.members.count))\(more) records \(near)</p>\
            <table class="group"><tbody>\(rows.joined())</tbody></table></div>
            """
    }

    private func unmapped(_ map: MapReport) -> [String] {
        // Where such records cannot go through, the values stand in the card that says so.
        let parked = map.plan?.parked ?? []
        return (map.plan?.unmapped ?? []).filter { unmapped in !parked.contains { $0.isAbout(unmapped) } }
            .map { unmapped in
                let place =
                    "<p><b>\(HTMLText.escaped(unmapped.field))</b> in \(HTMLText.escaped(unmapped.store))</p>"
                return card(
                    unmapped.policy == "park" ? .warn : .know, map.map, HTMLText.count(unmapped.records, "record"),
                    PlanWords.unmapped(unmapped.policy), place + values(unmapped))
            }
    }

    private func values(_ unmapped: PlanUnmapped) -> String {
        let most = max(1, unmapped.values.map(\.records).max() ?? 1)
        var rows = unmapped.values.map { value in
            """
            <tr><th scope="row">\(PlanTables.value(value.value))</th><td class="n">\(HTMLText.number(value.records))</td>\
            <td class="share"><i style="width:\(max(1, value.records * 100 / most))%"></i></td></tr>
            """
        }
        if unmapped.otherRecords > 0 {
            rows.append(
                "<tr><th scope=\"row\"><em class=\"empty\">other values</em></th><td class=\"n\">"
                    + "\(HTMLText.number(unmapped.otherRecords))</td><td></td></tr>")
        }
        return "<table class=\"values\"><tbody>\(rows.joined())</tbody></table>"
    }

    private func decided(_ map: MapReport) -> String? {
        guard map.decidedConflicts > 0, let plan = map.plan else { return nil }
        let rows = plan.decided.map { decision in
            "<li><b>\(HTMLText.escaped(decision.winner))</b> wins \(HTMLText.number(decision.conflicts)) "
                + "<small>rule: \(HTMLText.escaped(decision.rule))</small></li>"
        }
        let samples = map.samples.filter { $0.action == "conflict" && $0.note != "nobody" }
        let records = samples.map { sample in
            PlanTables.record(
                sample, first: stores[0], second: stores[1], winner: stores.firstIndex(of: sample.note))
        }
        return card(
            .know, map.map, HTMLText.count(map.decidedConflicts, "difference"), PlanWords.decided,
            "<ul class=\"tally\">\(rows.joined())</ul>" + examples(records, of: map.decidedConflicts))
    }
}

extension PlanParking {
    /// Whether the records are parked for the values that were counted one by one.
    fileprivate func isAbout(_ unmapped: PlanUnmapped) -> Bool {
        code == "LS-MAP-107" && field == unmapped.field && source == unmapped.store
    }
}
