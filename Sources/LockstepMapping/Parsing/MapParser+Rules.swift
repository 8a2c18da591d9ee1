import Yams

/// Conflicts and deletes.
extension MapParser {
    struct Conflicts {
        var overlap: Located<OverlapRule>?
        var delete: DeleteRule?
    }

    struct Deletes {
        var propagate: Bool?
        var share: Double?
    }

    mutating func conflicts(_ node: Node) -> Conflicts {
        guard let entries = reader.entries(node, of: "`conflicts`") else { return Conflicts() }
        let joined = Self.joiningNewest(entries)
        let fields = reader.fields(
            joined.entries, of: "`conflicts`", known: ["overlap", "delete"], at: reader.location(node))
        var conflicts = Conflicts()
        if let node = fields["overlap"], let text = reader.text(node, of: "`overlap`") {
            let whole = Located(text.value + joined.rest, at: text.location)
            conflicts.overlap = overlap(whole).map { Located($0, at: text.location) }
        }
        if let node = fields["delete"] {
            let choices = [
                ("update-wins", DeleteRule.updateWins), ("delete-wins", .deleteWins), ("manual", .manual),
            ]
            conflicts.delete = reader.word(node, of: "`delete`", among: choices)?.value
        }
        return conflicts
    }

    /// In a flow mapping YAML ends `newest(a, b)` at its comma and takes ` b)` for another key: puts them together.
    private static func joiningNewest(_ entries: [Entry]) -> (entries: [Entry], rest: String) {
        guard let index = entries.firstIndex(where: { $0.key.value == "overlap" }), index + 1 < entries.count,
            let start = entries[index].value.scalar, start.style == .plain, start.string.hasPrefix("newest("),
            !start.string.contains(")")
        else { return (entries, "") }
        let next = entries[index + 1]
        guard next.key.value.hasSuffix(")"), next.value.scalar?.string.isEmpty == true else { return (entries, "") }
        var kept = entries
        kept.remove(at: index + 1)
        return (kept, ", " + next.key.value)
    }

    private mutating func overlap(_ text: Located<String>) -> OverlapRule? {
        if text.value == "manual" { return .manual }
        if text.value.hasPrefix("newest") { return newest(text) }
        guard stores.contains(text.value) else {
            report(
                .unknownStore, at: text.location, "`overlap` cannot be `\(text.value)`",
                hint: Suggestion.hint(for: text.value, among: stores + ["manual", "newest(a, b)"]))
            return nil
        }
        return text.value == stores[0] ? .side(.left) : .side(.right)
    }

    private mutating func newest(_ text: Located<String>) -> OverlapRule? {
        let inside = text.value.dropFirst("newest".count).drop { $0 == " " }
        let names = inside.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false).map { name in
            String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard inside.hasPrefix("("), inside.hasSuffix(")"), names.count == 2, names.allSatisfy({ !$0.isEmpty }) else {
            reader.report(
                .badValue, at: text.location, "`newest` needs one field of either side",
                hint: "write `newest(\(stores[0])-field, \(stores[1])-field)`, in the order of `between`")
            return nil
        }
        return writtenOrder == [.left, .right]
            ? .newest(left: names[0], right: names[1]) : .newest(left: names[1], right: names[0])
    }

    mutating func deletes(_ node: Node) -> Deletes {
        var deletes = Deletes(propagate: nil, share: Self.standardGuard)
        guard let fields = reader.fields(node, of: "`deletes`", known: ["propagate", "guard"]) else { return deletes }
        if let node = fields["propagate"] { deletes.propagate = reader.bool(node, of: "`propagate`") }
        if let node = fields["guard"], let text = reader.text(node, of: "`guard`") {
            deletes.share = share(text)
        }
        return deletes
    }

    private mutating func share(_ text: Located<String>) -> Double? {
        if text.value == "off" { return nil }
        guard text.value.hasSuffix("%"), let percent = Double(text.value.dropLast()), percent > 0, percent <= 100 else {
            reader.report(
                .badValue, at: text.location, "`guard` cannot be `\(text.value)`",
                hint: "write a share such as `20%`, or `off`")
            return nil
        }
        return percent / 100
    }
}
