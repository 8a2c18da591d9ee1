/// Looks for the differences between two versions of a map, part by part.
struct ComparisonWork {
    typealias Difference = MapComparison.Difference
    let old: MapDefinition
    let new: MapDefinition

    /// - Precondition: both were read with their stores in the same order, where they have the same stores.
    init(old: MapDefinition, new: MapDefinition) {
        self.old = old
        self.new = new
    }

    func differences() -> [Difference] {
        let found = head() + key() + filters() + pairs() + rules()
        guard found.isEmpty, MapFingerprint.of(old) != MapFingerprint.of(new) else { return found }
        return [
            Difference(
                kind: .changed, subject: "map", name: new.name.value,
                meaning: "the map means something else now: all records are compared again", step: .major)
        ]
    }

    func store(_ side: Side) -> String { new.stores[side.rawValue] }

    func changed(_ subject: String, _ name: String, _ meaning: String, _ step: MapComparison.Step) -> Difference {
        Difference(kind: .changed, subject: subject, name: name, meaning: meaning, step: step)
    }

    // MARK: Head

    private func head() -> [Difference] {
        var found: [Difference] = []
        if old.name.value != new.name.value {
            found.append(
                changed(
                    "map", new.name.value,
                    "it was `\(old.name.value)`: the engine takes it for another map, begins anew, and forgets what the "
                        + "old one had parked or in conflict", .major))
        }
        if old.stores != new.stores {
            found.append(
                changed(
                    "between", new.stores.joined(separator: ", "),
                    "other stores: \(old.stores.joined(separator: ", ")) before", .major))
        }
        for side in Side.allCases where old.entities[side.rawValue] != new.entities[side.rawValue] {
            found.append(
                changed(
                    "between", store(side),
                    "records of \(new.entities[side.rawValue].value) instead of \(old.entities[side.rawValue].value): "
                        + "all are compared again, and what was in the old entity stays there", .major))
        }
        if old.direction != new.direction { found.append(direction()) }
        return found
    }

    private func direction() -> Difference {
        let meaning =
            switch new.direction {
            case .both: "changes go both ways from now on; before they went \(text(old.direction)) only"
            case .from(let side):
                "changes of \(store(side.opposite)) are no longer brought to \(store(side))"
                    + (old.direction == .both
                        ? "" : "; changes of \(store(side)) go to \(store(side.opposite)) instead")
            }
        return changed("direction", text(new.direction), meaning, new.direction == .both ? .minor : .major)
    }

    func text(_ direction: Direction) -> String {
        switch direction {
        case .both: "both ways"
        case .from(let side): "from \(store(side)) to \(store(side.opposite))"
        }
    }

    private func key() -> [Difference] {
        let before = Set(old.key.map { $0.fields.map(\.value) })
        let after = Set(new.key.map { $0.fields.map(\.value) })
        guard before != after else { return [] }
        func text(_ parts: Set<[String]>) -> String {
            parts.map { $0[0] == $0[1] ? $0[0] : "\($0[0]) ~ \($0[1])" }.sorted().joined(separator: ", ")
        }
        return [
            changed(
                "key", text(after),
                "the key was \(text(before)): all records are matched anew, so run `lockstep plan` first, then "
                    + "`lockstep sync --resync`", .major)
        ]
    }

    private func filters() -> [Difference] {
        Side.allCases.compactMap { side in
            let (before, after) = (old.filters[side.rawValue]?.value, new.filters[side.rawValue]?.value)
            guard before != after else { return nil }
            switch (before, after) {
            case (nil, let after?):
                return Difference(
                    kind: .added, subject: "where", name: store(side),
                    meaning: "only records where \(after): others leave the map, and \(leaving)", step: .major)
            case (let before?, nil):
                return Difference(
                    kind: .removed, subject: "where", name: store(side),
                    meaning: "all records, not only those where \(before): the others are taken in", step: .minor)
            case (let before?, let after?):
                return changed("where", store(side), Self.narrowing(before, after, leaving), .major)
            case (nil, nil): return nil
            }
        }
    }

    /// What becomes of records that leave the filter, by the new rule.
    private var leaving: String {
        switch new.leaveRule {
        case .unlink: "stay on the other side, followed no longer"
        case .delete: "are deleted on the other side"
        case .keep: "stay on the other side, followed on"
        }
    }

    private static func narrowing(_ before: String, _ after: String, _ leaving: String) -> String {
        if covers(before, after) {
            return "narrower (\(before) before, \(after) now): some records leave, and \(leaving)"
        }
        if covers(after, before) { return "wider (\(before) before, \(after) now): more records are taken in" }
        return "other records (\(before) before, \(after) now): some may leave, and \(leaving); others are taken in"
    }

    /// Whether the narrow condition is the wide one with more behind `and`, or one branch of its `or`.
    private static func covers(_ wide: String, _ narrow: String) -> Bool {
        let lower = narrow.lowercased()
        let hasOr = lower.contains(" or ") || wide.lowercased().contains(" or ")
        if !hasOr { return narrow.hasPrefix(wide + " and ") || narrow.hasSuffix(" and " + wide) }
        return narrow.hasPrefix("(\(wide)) and ") || narrow.hasSuffix(" and (\(wide))")
            || (!lower.contains(" and ") && !wide.lowercased().contains(" and ")
                && (wide.hasPrefix(narrow + " or ") || wide.hasSuffix(" or " + narrow)))
    }

    // MARK: Rules

    private func rules() -> [Difference] {
        var found: [Difference] = []
        if old.overlap?.value ?? .manual != new.overlap?.value ?? .manual {
            found.append(
                changed(
                    "conflicts", "overlap",
                    "where both sides changed the same field, \(winner(new.overlap?.value ?? .manual)); before, "
                        + winner(old.overlap?.value ?? .manual), .major))
        }
        if old.deleteRule != new.deleteRule {
            let meaning =
                switch new.deleteRule {
                case .updateWins: "a record that one side deleted and the other changed comes back"
                case .deleteWins: "a record that one side deleted and the other changed is deleted"
                case .manual: "a record that one side deleted and the other changed waits for a person"
                }
            found.append(changed("conflicts", "delete", meaning, .major))
        }
        if old.propagatesDeletes != new.propagatesDeletes {
            let meaning =
                new.propagatesDeletes
                ? "records that one side deletes are deleted on the other from now on"
                : "records that one side deletes stay on the other from now on"
            found.append(changed("deletes", "propagate", meaning, .major))
        }
        if old.deleteGuard != new.deleteGuard {
            let meaning =
                new.deleteGuard.map { "a run stops above deletes of \(Self.percent($0)) of the entity" }
                ?? "no number of deletes stops a run any more"
            found.append(changed("deletes", "guard", meaning, .patch))
        }
        if old.leaveRule != new.leaveRule {
            found.append(changed("leave", "leave", "records that leave the filter \(leaving)", .major))
        }
        return found
    }

    private static func percent(_ share: Double) -> String {
        let percent = share * 100
        return percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
    }

    private func winner(_ rule: OverlapRule) -> String {
        switch rule {
        case .side(let side): "\(store(side)) wins"
        case .newest(let left, let right):
            "the record with the later \(left == right ? left : "\(left) or \(right)") wins"
        case .manual: "a person decides"
        }
    }
}
