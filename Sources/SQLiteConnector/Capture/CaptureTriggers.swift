internal import LockstepModel

/// The triggers that write one entity's changes into the journal. Plain SQL, so they work under any application.
///
/// `INSERT OR REPLACE` and `UPDATE OR REPLACE` remove records without a delete trigger (unless `recursive_triggers` is
/// on). So a trigger before them notes the records that stand in the way, and the trigger after them writes down as
/// deleted (or, under the same key, as updated) those that are then gone. Whatever did not happen (`OR IGNORE`, upserts)
/// leaves only notes, which count for nothing.
struct CaptureTriggers {
    let table: Table
    let identity: [String]
    let entityID: Int64

    /// Name and text, in the order of their making. SQLite runs the newest first, so each plain `after` trigger comes
    /// last: it decides before the one for replaced records has cleared the notes.
    var statements: [(name: String, sql: String)] {
        var parts: [(String, String, String, [String])] = []
        let event = list(replacing)
        if !conflictIndexes.isEmpty {
            parts.append(("before_insert", "BEFORE INSERT", "EXISTS (\(standingInTheWay(of: nil)))", noteReplaced(nil)))
            parts.append(
                (
                    "before_update", "BEFORE UPDATE OF \(event)",
                    "EXISTS (\(standingInTheWay(of: "OLD")))", noteReplaced("OLD")
                ))
        }
        parts.append(("replacing_insert", "AFTER INSERT", hasNotes, afterReplacingInsert))
        parts.append(("replacing_update", "AFTER UPDATE", hasNotes, afterReplacingUpdate))
        parts.append(("noted_delete", "AFTER DELETE", hasNotes, [forget(matching("OLD", in: "_lockstep_candidate"))]))
        parts.append(("insert", "AFTER INSERT", "NOT " + hasNotes, [journal(.insert, old: false, new: true)]))
        parts.append(("update", "AFTER UPDATE", "NOT " + hasNotes, [journal(.update, old: true, new: true)]))
        parts.append(("delete", "AFTER DELETE", "1", [journal(.delete, old: true, new: false)]))
        return parts.map { name, timing, condition, body in
            let trigger = "_lockstep_\(entityID)_\(name)"
            return (
                trigger,
                """
                CREATE TRIGGER "\(trigger)" \(timing) ON \(quoted(table.name)) FOR EACH ROW
                WHEN (SELECT quiet FROM _lockstep_session WHERE id = 1) = 0 AND \(condition)
                BEGIN \(body.map { $0 + "; " }.joined())END
                """
            )
        }
    }

    // MARK: Pieces

    private var conflictIndexes: [UniqueIndex] { table.uniqueIndexes.filter { !$0.hasExpressions } }

    private var replacing: [String] {
        var seen: Set<String> = []
        return conflictIndexes.flatMap(\.columns).filter { seen.insert($0).inserted }
    }

    private var hasNotes: String {
        "EXISTS (SELECT 1 FROM _lockstep_candidate WHERE entity = \(entityID))"
    }

    /// Records that share a unique key with the new row. A partial index is taken as a whole one: a note too many
    /// counts for nothing, because the record is then still there.
    private func standingInTheWay(of updated: String?) -> String {
        let conflicts = conflictIndexes.map { index in
            "("
                + index.parts.map { part in
                    let column = quoted(part.column ?? "")
                    return "r.\(column) = NEW.\(column) COLLATE \(quoted(part.collation))"
                }.joined(separator: " AND ") + ")"
        }
        var condition = conflicts.joined(separator: " OR ")
        if let updated {
            let same = identity.map { "r.\(quoted($0)) IS \(updated).\(quoted($0))" }.joined(separator: " AND ")
            condition = "(\(condition)) AND NOT (\(same))"
        }
        return "SELECT 1 FROM \(quoted(table.name)) AS r WHERE \(condition)"
    }

    private func noteReplaced(_ updated: String?) -> [String] {
        let columns = table.columns.indices.map { "c\($0)" }
        let values = table.columns.map { "r." + quoted($0.name) }
        let select = standingInTheWay(of: updated)
            .replacing("SELECT 1 FROM", with: "SELECT \(entityID), \(list(raw: values)) FROM", maxReplacements: 1)
        return [
            forget("1"),
            "INSERT INTO _lockstep_candidate(entity, \(list(raw: columns))) \(select)",
        ]
    }

    private var afterReplacingInsert: [String] {
        let count = table.columns.count
        let isSame = matching("NEW", in: "_lockstep_candidate")
        let old = (0..<count).map { "c\($0)" }
        let new = (0..<count).map { "c\(count + $0)" }
        let values = table.columns.map { "NEW." + quoted($0.name) }
        return [
            deleteGone(except: isSame),
            """
            INSERT INTO _lockstep_journal(entity, operation, \(list(raw: old + new))) \
            SELECT \(entityID), \(Operation.update.rawValue), \(list(raw: old + values)) FROM _lockstep_candidate \
            WHERE entity = \(entityID) AND \(isSame) LIMIT 1
            """,
            """
            INSERT INTO _lockstep_journal(entity, operation, \(list(raw: new))) \
            SELECT \(entityID), \(Operation.insert.rawValue), \(list(raw: values)) \
            WHERE NOT EXISTS (SELECT 1 FROM _lockstep_candidate WHERE entity = \(entityID) AND \(isSame))
            """,
            forget("1"),
        ]
    }

    private var afterReplacingUpdate: [String] {
        let wasItself = matching("OLD", in: "_lockstep_candidate")
        let tookItsKey = matching("NEW", in: "_lockstep_candidate")
        return [
            deleteGone(except: wasItself, orWhere: "(\(tookItsKey) AND NOT \(wasItself))"),
            forget("1"),
            journal(.update, old: true, new: true),
        ]
    }

    /// Writes down as deleted the noted records that are no longer there.
    private func deleteGone(except: String, orWhere also: String = "0") -> String {
        let old = list(raw: table.columns.indices.map { "c\($0)" })
        let there = identity.map { "r.\(quoted($0)) IS _lockstep_candidate.\(image($0))" }.joined(separator: " AND ")
        return """
            INSERT INTO _lockstep_journal(entity, operation, \(old)) \
            SELECT \(entityID), \(Operation.delete.rawValue), \(old) FROM _lockstep_candidate \
            WHERE entity = \(entityID) AND (\(also) OR (NOT \(except) \
            AND NOT EXISTS (SELECT 1 FROM \(quoted(table.name)) AS r WHERE \(there))))
            """
    }

    private func forget(_ condition: String) -> String {
        "DELETE FROM _lockstep_candidate WHERE entity = \(entityID) AND \(condition)"
    }

    /// Whether a noted record has the identity of the row: compared as the table's column compares.
    private func matching(_ row: String, in notes: String) -> String {
        "(" + identity.map { "\(row).\(quoted($0)) IS \(notes).\(image($0))" }.joined(separator: " AND ") + ")"
    }

    private func image(_ column: String) -> String {
        "c\(table.columns.firstIndex { $0.name == column } ?? 0)"
    }

    private func journal(_ operation: Operation, old: Bool, new: Bool) -> String {
        let count = table.columns.count
        let oldColumns = old ? (0..<count).map { "c\($0)" } : []
        let newColumns = new ? (0..<count).map { "c\(count + $0)" } : []
        let values =
            (old ? table.columns.map { "OLD." + quoted($0.name) } : [])
            + (new ? table.columns.map { "NEW." + quoted($0.name) } : [])
        return """
            INSERT INTO _lockstep_journal(entity, operation, \(list(raw: oldColumns + newColumns))) \
            VALUES (\(entityID), \(operation.rawValue), \(list(raw: values)))
            """
    }

    private func list(_ names: [String]) -> String { names.map(quoted).joined(separator: ", ") }
    private func list(raw expressions: [String]) -> String { expressions.joined(separator: ", ") }
}
