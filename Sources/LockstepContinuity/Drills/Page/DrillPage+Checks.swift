extension DrillPage {
    /// What a rung of the ladder shows.
    func title(_ level: DrillCheck.Level) -> String {
        switch level {
        case .isolation: "Isolation"
        case .digests: "Objects"
        case .signature: "Signature"
        case .chain: "Chain"
        case .restore: "Restore"
        case .engine: "Engine"
        case .schema: "Schema"
        case .rows: "Rows"
        case .sequences: "Sequences"
        case .application: "Application"
        case .sync: "Sync"
        case .failover: "Failover"
        case .cleanup: "Cleanup"
        }
    }

    /// A level with many checks that all passed shows so many of them; the report holds all.
    static let shownChecks = 40

    var ladder: String {
        guard !report.checks.isEmpty else { return "" }
        let rungs = DrillCheck.Level.allCases.compactMap { level -> String? in
            let checks = report.checks.filter { $0.level == level }
            if level == .rows { return rowsRung(checks) }
            guard !checks.isEmpty else { return nil }
            // What did not pass is never left out.
            let passed = checks.filter { $0.result == .pass }
            let others = checks.filter { $0.result != .pass }
            let shown = others + passed.prefix(max(0, Self.shownChecks - others.count))
            let hidden = checks.count - shown.count
            let more =
                hidden > 0
                ? "<tr><td></td><td colspan=\"5\" class=\"why\">and \(DrillHTML.number(Int64(hidden))) more that passed</td></tr>"
                : ""
            let rows = shown.enumerated().map { row($1, title: $0 == 0 ? title(level) : "") }
            return "<tbody class=\"rung\">\(rows.joined())\(more)</tbody>"
        }
        return """
            <h2>The ladder of checks <small>each rung stands on the one above</small></h2>
            <div class="card"><table class="ladder"><thead><tr><th></th><th>Check</th><th>Result</th><th>Expected</th>\
            <th>Found</th><th class="n">Took</th></tr></thead>
            \(rungs.joined(separator: "\n"))</table></div>
            """
    }

    func row(_ check: DrillCheck, title: String) -> String {
        let reason = check.reason.map { "<br><span class=\"why\">\(escaped($0))</span>" } ?? ""
        let store = check.store.map { " <small>\(escaped($0))</small>" } ?? ""
        let optional = check.result == .skipped && !check.required ? "<br><small>not required</small>" : ""
        return """
            <tr><td class="level">\(title)</td><td>\(escaped(check.name))\(store)\(reason)</td>\
            <td>\(badge(check.result.rawValue))\(optional)</td>\
            <td class="mono">\(escaped(check.expected ?? "–"))</td><td class="mono">\(escaped(check.actual ?? "–"))</td>\
            <td class="n">\(check.seconds > 0 ? escaped(DrillHTML.duration(check.seconds)) : "–")</td></tr>
            """
    }

    // MARK: Differences and findings

    var differences: String {
        guard !report.differences.isEmpty else { return "" }
        let rows = report.differences.map { difference in
            """
            <tr><td>\(escaped(difference.store))</td><td>\(difference.table.map(escaped) ?? "–")</td>\
            <td class="mono">\(escaped(difference.expected))</td><td class="mono">\(escaped(difference.actual))</td>\
            <td>\(escaped(difference.classification.rawValue.replacing("-", with: " ")))<br>\
            <small>\(escaped(difference.decidedBy))</small></td></tr>
            """
        }
        return """
            <h2>Differences</h2>
            <div class="card"><table><thead><tr><th>Store</th><th>Table</th><th>Archived</th><th>Restored</th>\
            <th>What it is</th></tr></thead><tbody>\(rows.joined())</tbody></table></div>
            """
    }

    private var closed: String {
        guard !report.closedFindings.isEmpty else { return "" }
        let rows = report.closedFindings.map { closed in
            """
            <tr><td class="id">\(escaped(closed.finding))</td><td>\(badge("met", "mended"))</td>\
            <td>\(escaped(closed.text))<br><small>of drill \(escaped(closed.drill))</small></td></tr>
            """
        }
        return """
            <h2>Mended since the last drill</h2>
            <div class="card"><table><thead><tr><th></th><th></th><th>Finding</th></tr></thead>\
            <tbody>\(rows.joined())</tbody></table></div>
            """
    }

    var findings: String {
        guard !report.findings.isEmpty else { return closed }
        let rows = report.findings.map { finding in
            """
            <tr><td class="id">\(escaped(finding.id))</td><td>\(badge(finding.severity.rawValue))</td>\
            <td>\(escaped(finding.text))</td><td class="id">\(escaped(finding.owner ?? "____________"))</td>\
            <td class="id">\(escaped(finding.due ?? "________"))</td><td>\(escaped(finding.status))</td></tr>
            """
        }
        return """
            <h2>Findings</h2>
            <div class="card"><table><thead><tr><th></th><th></th><th>Finding</th><th>Owner</th><th>Due</th>\
            <th>Status</th></tr></thead><tbody>\(rows.joined())</tbody></table></div>
            \(closed)
            """
    }
}
