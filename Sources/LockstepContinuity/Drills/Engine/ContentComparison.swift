/// Holds what a scratch store has beside what the archive says, table by table: schema, row counts, row-set hashes,
/// sequences.
struct ContentComparison {
    let store: String
    let expected: StoreContents
    let actual: StoreContents
    /// Only some tables were restored: what belongs to the store as a whole is not compared.
    let isPartial: Bool

    private var isSameEngine: Bool { expected.engine == actual.engine }

    // MARK: Schema

    var schema: DrillCheck {
        var wrong: [String] = []
        for table in expected.tables {
            guard let other = actual.table(table.name) else {
                wrong.append("\(table.name): missing")
                continue
            }
            if other.fields != table.fields {
                wrong.append("\(table.name): other fields")
            } else if isSameEngine, Set(other.shape) != Set(table.shape) {
                let count = Set(other.shape).symmetricDifference(table.shape).count
                wrong.append("\(table.name): \(count) lines of its definition differ")
            }
        }
        let extra = actual.tables.filter { expected.table($0.name) == nil }.map { "\($0.name): not in the archive" }
        if isSameEngine && !isPartial { wrong += extra + looseParts }
        let kind = isSameEngine ? "" : " (names only: another engine)"
        return check(
            "schema", .schema, "The schema is the archive's\(kind)",
            expected: DrillWork.counted(expected.tables.count, "table"),
            actual: "\(expected.tables.count - Set(wrong.map { $0.prefix { $0 != ":" } }).count) tables agree",
            wrong: wrong)
    }

    /// Views, triggers and the like.
    private var looseParts: [String] {
        guard let archived = expected.schema, let restored = actual.schema else { return [] }
        let missing = Set(archived).subtracting(restored).count
        let added = Set(restored).subtracting(archived).count
        return missing + added == 0 ? [] : ["other parts: \(missing) missing, \(added) added"]
    }

    // MARK: Rows

    /// Two checks a table: how many rows, and the hash of all of them.
    var rows: [DrillCheck] { expected.tables.flatMap { [count($0), hash($0)] } }

    private func count(_ table: StoreContents.Table) -> DrillCheck {
        let other = actual.table(table.name)
        return compared(
            "count", table, "Row count of \(table.name)", expected: table.rows.map(String.init),
            actual: other?.rows.map(String.init), note: other == nil ? "the table is missing" : table.note,
            required: true)
    }

    /// Another engine may spell a value in another way, so there a hash that differs proves nothing.
    private func hash(_ table: StoreContents.Table) -> DrillCheck {
        let other = actual.table(table.name)
        let name = "All rows of \(table.name)"
        guard isSameEngine || (table.hash != nil && table.hash == other?.hash) else {
            return check(
                "hash/\(table.name)", .rows, name, expected: table.hash, actual: other?.hash, wrong: [],
                skipped: "the store is of another engine, which spells values in its own way", required: false)
        }
        return compared(
            "hash", table, name, expected: table.hash, actual: other?.hash,
            note: other == nil ? "the table is missing" : table.note ?? other?.note, required: true)
    }

    private func compared(
        _ what: String, _ table: StoreContents.Table, _ name: String, expected: String?, actual: String?,
        note: String?, required: Bool
    ) -> DrillCheck {
        let id = "\(what)/\(table.name)"
        if self.actual.table(table.name) == nil {
            return check(id, .rows, name, expected: expected, actual: nil, wrong: ["the table is missing"])
        }
        guard let expected, let actual else {
            return check(
                id, .rows, name, expected: expected, actual: actual, wrong: [],
                skipped: note ?? "the archive does not say", required: required)
        }
        return check(
            id, .rows, name, expected: expected, actual: actual,
            wrong: expected == actual ? [] : ["what was restored is not what was archived"])
    }

    // MARK: Sequences

    /// A sequence behind the largest key would give a key out a second time.
    var sequences: DrillCheck? {
        guard !expected.sequences.isEmpty || !actual.sequences.isEmpty else { return nil }
        guard isSameEngine else {
            return check(
                "sequences", .sequences, "Sequences are ahead of the keys", expected: nil, actual: nil, wrong: [],
                skipped: "the store is of another engine", required: false)
        }
        var wrong = actual.sequences.filter { $0.largest.map { largest in largest > 0 } ?? false }
            .filter { $0.last < ($0.largest ?? $0.last) }.map { "\($0.name): behind the largest key" }
        for archived in expected.sequences {
            let restored = actual.sequences.first { $0.name == archived.name }
            if restored == nil, !isPartial { wrong.append("\(archived.name): missing") }
            if let restored, restored.last < archived.last { wrong.append("\(archived.name): lower than archived") }
        }
        return check(
            "sequences", .sequences, "Sequences are ahead of the keys",
            expected: DrillWork.counted(expected.sequences.count, "sequence"),
            actual: DrillWork.counted(actual.sequences.count, "sequence"),
            wrong: wrong)
    }

    // MARK: Making checks

    /// Names shown where many are wrong: the report holds the rest as differences.
    private static let shownProblems = 10

    private func check(
        _ id: String, _ level: DrillCheck.Level, _ name: String, expected: String?, actual: String?,
        wrong: [String], skipped: String? = nil, required: Bool = true
    ) -> DrillCheck {
        let more = wrong.count > Self.shownProblems ? " and \(wrong.count - Self.shownProblems) more" : ""
        let problem = wrong.isEmpty ? nil : wrong.prefix(Self.shownProblems).joined(separator: "; ") + more
        return DrillCheck(
            id: "\(level.rawValue).\(store)\(id == level.rawValue ? "" : "/\(id)")", level: level, name: name,
            store: store, expected: expected, actual: actual,
            result: skipped != nil ? .skipped : wrong.isEmpty ? .pass : .fail, reason: skipped ?? problem,
            required: required)
    }

    /// What differs, one by one.
    var differences: [DrillReport.Difference] {
        rows.filter { $0.result == .fail }.map { check in
            DrillReport.Difference(
                check: check.id, store: store, table: check.id.split(separator: "/").last.map(String.init),
                expected: check.expected ?? "-", actual: check.actual ?? "-", classification: .unclassified,
                decidedBy: "nobody yet")
        }
    }
}
