import LockstepModel
import LockstepSync

/// One link's part of a plan page: the numbers map by map, the findings, what would change, and how to do exactly this.
struct PlanSectionPage: Sendable {
    let section: PlanPage.Section
    let isOnly: Bool

    private var stores: [String] { section.stores }
    private func escaped(_ text: String) -> String { HTMLText.escaped(text) }

    var text: String {
        let kinds = zip(stores, section.kinds).map { name, kind in
            "<b>\(escaped(name))</b>\(kind.isEmpty ? "" : " <span class=\"kind\">\(escaped(kind))</span>")"
        }
        let title = isOnly ? "What would happen" : "Link \(escaped(section.link))"
        let head = """
            <section class="link">
            <div class="linkhead"><h2>\(title)</h2><p>\(kinds.joined(separator: " <span class=\"sep\">⇄</span> "))</p></div>
            """
        guard let report = section.outcome.report else {
            let failure = section.outcome.failure
            return head
                + "<article class=\"finding bad\"><h3>This link cannot be planned</h3><p>\(escaped(failure?.message ?? ""))</p>"
                + "<p class=\"todo\">\(escaped(failure?.hint ?? ""))</p></article></section>"
        }
        let findings = PlanFindings(report: report, stores: stores).cards
        return head + numbers(report)
            + (findings.isEmpty ? "" : "<h2>What to look at</h2>\(findings.joined())") + changes(report)
            + exactly(report) + "</section>"
    }

    // MARK: Numbers

    private func numbers(_ report: SyncReport) -> String {
        let rows = report.maps.map { row($0, of: report) }.joined()
        return """
            \(legend)
            <div class="scroll"><table class="numbers">
            <thead><tr><th>Map</th><th class="n">To \(escaped(stores[0]))</th><th class="n">To \(escaped(stores[1]))</th>\
            <th class="n">Same already</th><th class="n">Rule decides</th><th class="n">Ask a person</th>\
            <th class="n">Cannot go</th></tr></thead>
            <tbody>\(rows)</tbody></table></div>
            """
    }

    private static let outcomes: [(style: String, name: String)] = [
        ("same", "same already"), ("new", "created"), ("changed", "changed"), ("gone", "deleted"),
        ("ask", "ask a person"), ("stuck", "cannot go through"),
    ]

    private var legend: String {
        let items = Self.outcomes.map { "<li><i class=\"\($0.style)\"></i>\($0.name)</li>" }.joined()
        return "<ul class=\"legend\" aria-hidden=\"true\">\(items)</ul>"
    }

    private func row(_ map: MapReport, of report: SyncReport) -> String {
        let entities = "\(escaped(map.leftEntity)) ⇄ \(escaped(map.rightEntity))"
        let outside = map.plan?.survey.map { survey -> String in
            let count = survey.leftOutside + survey.rightOutside
            return count == 0
                ? "" : " <span class=\"sep\">·</span> \(HTMLText.count(count, "record")) outside the filters"
        }
        return """
            <tr><th scope="row">\(escaped(map.map))<small>\(entities)\(outside ?? "")</small></th>\
            <td class="n" data-name="To \(escaped(stores[0]))">\(counts(map.toLeft))</td>\
            <td class="n" data-name="To \(escaped(stores[1]))">\(counts(map.toRight))</td>\
            <td class="n" data-name="Same already">\(number(map.equal))</td>\
            <td class="n" data-name="Rule decides">\(number(map.decidedConflicts))</td>\
            <td class="n\(map.openConflicts > 0 ? " warn" : "")" data-name="Ask a person">\(number(map.openConflicts))</td>\
            <td class="n\(map.parked > 0 ? " bad" : "")" data-name="Cannot go">\(number(map.parked))</td></tr>
            <tr class="barrow"><td colspan="7">\(bar(map))</td></tr>
            """
    }

    private func number(_ number: Int) -> String {
        number == 0 ? "<span class=\"zero\">–</span>" : HTMLText.number(number)
    }

    private func counts(_ counts: WriteCounts) -> String {
        let parts = [
            ("new", "+", counts.inserts, "created"), ("changed", "~", counts.updates, "changed"),
            ("gone", "−", counts.deletes, "deleted"),
        ].filter { $0.2 > 0 }
        guard !parts.isEmpty else { return number(0) }
        let texts = parts.map { style, sign, count, name in
            "<span class=\"count \(style)\" title=\"\(name)\">\(sign)\(HTMLText.number(count))</span>"
        }
        return "<span>\(texts.joined(separator: " "))</span>"
    }

    /// The outcomes as one bar: each part as wide as its share, and never too narrow to be seen.
    private func bar(_ map: MapReport) -> String {
        let values = [
            map.equal, map.toLeft.inserts + map.toRight.inserts, map.toLeft.updates + map.toRight.updates,
            map.toLeft.deletes + map.toRight.deletes, map.openConflicts, map.parked,
        ]
        let total = values.reduce(0, +)
        guard total > 0 else { return "<div class=\"bar\"><i class=\"none\">nothing to do</i></div>" }
        let parts = zip(Self.outcomes, values).filter { $0.1 > 0 }.map { outcome, value in
            "<i class=\"\(outcome.style)\" style=\"flex-grow:\(value)\" title=\"\(HTMLText.number(value)) \(outcome.name)\"></i>"
        }
        let words = zip(Self.outcomes, values).filter { $0.1 > 0 }.map { "\($0.1) \($0.0.name)" }
        return "<div class=\"bar\" role=\"img\" aria-label=\"\(words.joined(separator: ", "))\">\(parts.joined())</div>"
    }

    // MARK: What would change

    private func changes(_ report: SyncReport) -> String {
        let groups = report.maps.flatMap { map -> [String] in
            ["delete", "update", "insert"].flatMap { action in
                stores.compactMap { store in changes(map, action, store) }
            }
        }
        guard !groups.isEmpty else { return "" }
        return "<h2>What would be written, for example</h2><div class=\"changes\">\(groups.joined())</div>"
    }

    private func changes(_ map: MapReport, _ action: String, _ store: String) -> String? {
        let samples = map.samples.filter { $0.action == action && $0.store == store }
        guard !samples.isEmpty else { return nil }
        let written = store == stores[0] ? map.toLeft : map.toRight
        let (word, style, count) =
            switch action {
            case "delete": ("deleted", "gone", written.deletes)
            case "update": ("changed", "changed", written.updates)
            default: ("created", "new", written.inserts)
            }
        let records = samples.map { sample in
            action == "update"
                ? PlanTables.record(sample, first: "now", second: "then")
                : PlanTables.values(sample)
        }
        return """
            <details open><summary><span class="count \(style)">\(HTMLText.count(count, "record"))</span> \
            \(word) in <b>\(escaped(store))</b> <small>map \(escaped(map.map))\
            \(count > samples.count ? ", \(samples.count) shown" : "")</small></summary>\
            <div class="examples">\(records.joined())</div></details>
            """
    }

    // MARK: The digest

    private func exactly(_ report: SyncReport) -> String {
        guard let digest = PlanDigest(report) else { return "" }
        let how: String
        if let arguments = section.syncArguments {
            how = """
                <p>This does what is written here, or nothing at all if the maps or the data have moved since:</p>
                <pre>\(escaped(arguments)) --plan \(escaped(digest.description))</pre>
                """
        } else {
            how = "<p>Only a part of the link was planned; a sync is always of all its maps.</p>"
        }
        return """
            <section class="exactly"><h2>Do exactly this</h2>\(how)
            <p class="digest">Digest of this plan <code>\(escaped(report.digest ?? ""))</code></p></section>
            """
    }
}
