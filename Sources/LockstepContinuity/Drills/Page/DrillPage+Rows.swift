/// A table whose rows are the archive's: its count and its hash in one line.
private struct EqualTable {
    var name: String
    var store: String
    var count = ""
    var hash = ""
    var seconds = 0.0

    /// The tables of checks that passed, in their order, and how many of Lockstep's own there are beside them.
    static func all(_ checks: [DrillCheck]) -> (tables: [EqualTable], own: Int) {
        var tables: [EqualTable] = []
        var own = 0
        for check in checks {
            // `rows.erp/count/customers`
            let parts = check.id.split(separator: "/", maxSplits: 2).map(String.init)
            guard parts.count == 3 else { continue }
            let store = check.store ?? ""
            if parts[2].hasPrefix("_lockstep_") || parts[2].hasPrefix("lockstep.") {
                own += parts[1] == "count" ? 1 : 0
                continue
            }
            if tables.last?.name != parts[2] || tables.last?.store != store {
                tables.append(EqualTable(name: parts[2], store: store))
            }
            tables[tables.count - 1].add(check, isCount: parts[1] == "count")
        }
        return (tables, own)
    }

    private mutating func add(_ check: DrillCheck, isCount: Bool) {
        if isCount { count = check.actual ?? "" } else { hash = check.actual ?? "" }
        seconds += check.seconds
    }
}

extension DrillPage {
    /// Every check that did not pass, then a line for each table that is the archive's.
    func rowsRung(_ checks: [DrillCheck]) -> String? {
        guard !checks.isEmpty else { return nil }
        let others = checks.filter { $0.result != .pass }
        let (tables, own) = EqualTable.all(checks.filter { $0.result == .pass })
        let shown = tables.prefix(max(0, Self.shownChecks - others.count))
        var lines = others.enumerated().map { row($1, title: $0 == 0 ? title(.rows) : "") }
        lines += shown.enumerated().map { row($1, title: lines.isEmpty && $0 == 0 ? title(.rows) : "") }
        var rest: [String] = []
        if tables.count > shown.count { rest.append("\(DrillHTML.count(tables.count - shown.count, "table")) more") }
        if own > 0 { rest.append("\(DrillHTML.count(own, "table")) of Lockstep's own") }
        if !rest.isEmpty {
            let text = "and \(rest.joined(separator: ", ")), which passed"
            lines.append("<tr><td></td><td colspan=\"5\" class=\"why\">\(text)</td></tr>")
        }
        return "<tbody class=\"rung\">\(lines.joined())</tbody>"
    }

    private func row(_ table: EqualTable, title: String) -> String {
        let count = Int64(table.count).map { DrillHTML.count(Int($0), "row") } ?? ""
        let hash = table.hash.isEmpty ? "" : ", hash \(table.hash)"
        return """
            <tr><td class="level">\(title)</td><td>\(escaped(table.name)) <small>\(escaped(table.store))</small></td>\
            <td>\(badge("pass"))</td><td class="mono" colspan="2">\(count)\(escaped(hash))</td>\
            <td class="n">\(escaped(DrillHTML.duration(table.seconds)))</td></tr>
            """
    }
}
