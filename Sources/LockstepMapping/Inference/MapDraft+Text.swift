import LockstepModel

/// The draft as a mapping file.
extension MapDraft {
    /// - Returns: the file's text, and which of ``pairs`` stands in which line of it.
    public func text() -> (text: String, lines: [Int: Int]) {
        var lines = head
        lines.append("key:")
        for part in key { lines.append("  - \(Self.flow(part, stores))" + Self.comment(part)) }
        if key.isEmpty { lines.append("  []") }
        let filters = zip(stores, self.filters).compactMap { store, filter in
            filter.map { "\(Self.quoted(store)): \(Self.quoted($0))" }
        }
        if !filters.isEmpty { lines.append("where: {\(filters.joined(separator: ", "))}") }
        lines.append("direction: \(directionText)" + (directionReason.isEmpty ? "" : "   # \(directionReason)"))
        lines.append("fields:")
        var places: [Int: Int] = [:]
        if !pairs.contains(where: { $0.doubt == nil }) { lines[lines.count - 1] = "fields: []" }
        for (index, pair) in pairs.enumerated() where pair.doubt == nil {
            lines.append("  - \(Self.flow(pair, stores))" + Self.comment(pair))
            places[lines.count] = index
            if !pair.alternatives.isEmpty {
                lines.append("  #   or: \(pair.alternatives.joined(separator: ", "))")
            }
        }
        for pair in pairs {
            guard let doubt = pair.doubt else { continue }
            lines.append("  # - \(Self.flow(pair, stores))   # not taken: \(Self.oneLine(doubt))")
        }
        lines += conflicts
        lines += restLines
        return (lines.joined(separator: "\n") + "\n", places)
    }

    private var head: [String] {
        let sampled = joinedCount > 0 ? ", and from \(joinedCount) records that both have" : ""
        return [
            "# yaml-language-server: $schema=../schema/map.schema.json",
            "# A draft, from names, types and keys\(sampled). Behind each pair stands how sure it is, and why.",
            "# Look through it, then: lockstep map lint, lockstep map try \(name) --key …, lockstep plan",
            "map: \(name)",
            "version: 0.1.0",
            "between: {\(Self.quoted(stores[0])): \(Self.quoted(entities[0])), "
                + "\(Self.quoted(stores[1])): \(Self.quoted(entities[1]))}",
            "# \(Self.oneLine(keyReason))",
        ]
    }

    private var directionText: String {
        switch direction {
        case .both: "both"
        case .from(let side): Self.quoted("\(stores[side.rawValue])-to-\(stores[side.opposite.rawValue])")
        }
    }

    private var conflicts: [String] {
        guard direction == .both else { return [] }
        guard let stamps else {
            return [
                "# Both sides changed the same field: a person decides. Others: a store's name, newest(field, field).",
                "conflicts: {overlap: manual, delete: update-wins}",
            ]
        }
        return [
            "# Both sides changed the same field: the record that was modified later wins.",
            "conflicts: {overlap: \(Self.quoted("newest(\(stamps[0]), \(stamps[1]))")), delete: update-wins}",
        ]
    }

    private var restLines: [String] {
        var lines: [String] = []
        for side in Side.allCases {
            let own = rest.filter { $0.side == side }
            guard !own.isEmpty else { continue }
            lines.append("")
            lines.append("# Nothing was found for these fields of \(stores[side.rawValue]):")
            for item in own {
                let must = !item.field.isNullable && !item.field.hasDefault && !item.field.isGenerated
                lines.append(
                    "#   \(item.field.name): \(item.field.type.name)"
                        + (item.note.isEmpty ? "" : ", \(Self.oneLine(item.note))"))
                if must {
                    lines.append(
                        "#     every record must have it: - {\(Self.quoted(stores[side.rawValue])): "
                            + "\(Self.quoted(item.field.name)), constant: …}")
                }
            }
        }
        return lines
    }

    // MARK: Words of YAML

    private static func flow(_ pair: Pair, _ stores: [String]) -> String {
        let names = zip(stores, pair.fields).compactMap { store, field in
            field.map { "\(quoted(store)): \(quoted($0))" }
        }
        return "{\((names + pair.options).joined(separator: ", "))}"
    }

    private static func comment(_ pair: Pair) -> String {
        let percent = "\(Int((pair.confidence * 100).rounded()))%"
        let reasons = pair.reasons.map(oneLine)
        return "   # \(([percent] + reasons).joined(separator: ", "))"
    }

    /// A text as a YAML value inside `{…}`: plain where it can be, quoted where it means something else otherwise.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && !["null", "true", "false", "yes", "no", "on", "off", "~"].contains(text.lowercased())
            && text.utf8.allSatisfy {
                ($0 >= 97 && $0 <= 122) || ($0 >= 65 && $0 <= 90) || ($0 >= 48 && $0 <= 57) || $0 == 95 || $0 == 46
                    || $0 == 45
            } && text.first != "-" && text.first != "."
        if isPlain { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _
            where scalar.value < 0x20 || scalar.value == 0x7F || (0x80..<0xA0).contains(scalar.value)
                || scalar.value == 0x2028 || scalar.value == 0x2029 || scalar.value == 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}
