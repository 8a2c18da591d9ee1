import LockstepContinuity

/// A comparison as programs read it.
struct ComparisonForm: Encodable, Sendable {
    /// What stands on one side; a live store has neither a snapshot nor a cut.
    struct Side: Encodable, Sendable {
        var snapshot: String?
        var cut: String?
        var isLive: Bool

        init(snapshot: String?, cut: String?) {
            self.snapshot = snapshot
            self.cut = cut
            isLive = snapshot == nil
        }
    }

    /// What a restore of one side over the other would do.
    struct Effect: Encodable, Sendable {
        var restored: String
        var over: String
        var inserts: Int64
        var updates: Int64
        var deletes: Int64
    }

    var a: Side
    var b: Side
    var stores: [StoreComparison]
    var storesOnlyInA: [String]
    var storesOnlyInB: [String]
    var isEqual: Bool
    var effect: Effect

    init(a: Side, b: Side, stores: [StoreComparison], storesOnlyInA: [String], storesOnlyInB: [String]) {
        self.a = a
        self.b = b
        self.stores = stores
        self.storesOnlyInA = storesOnlyInA
        self.storesOnlyInB = storesOnlyInB
        isEqual = storesOnlyInA.isEmpty && storesOnlyInB.isEmpty && stores.allSatisfy(\.isEqual)
        let entities = stores.flatMap(\.entities)
        let (onlyInA, onlyInB) = (
            entities.reduce(0) { $0 + $1.onlyInA }, entities.reduce(0) { $0 + $1.onlyInB }
        )
        // What is live is what is restored over.
        effect = Effect(
            restored: a.isLive ? "B" : "A", over: a.isLive ? "A" : "B", inserts: a.isLive ? onlyInB : onlyInA,
            updates: entities.reduce(0) { $0 + $1.different }, deletes: a.isLive ? onlyInA : onlyInB)
    }
}

/// Shows a comparison to people.
struct ComparisonPrinter {
    let output: Output

    func show(_ form: ComparisonForm) {
        output.line("A  \(text(form.a))")
        output.line("B  \(text(form.b))")
        for store in form.stores { show(store) }
        for name in form.storesOnlyInA { output.line("\nstore \(name): only A has it") }
        for name in form.storesOnlyInB { output.line("\nstore \(name): only B has it") }
        output.line()
        output.line(summary(form))
    }

    private func text(_ side: ComparisonForm.Side) -> String {
        guard let snapshot = side.snapshot, let cut = side.cut else { return "the stores as they are now" }
        return "\(snapshot), as of \(cut.dropLast()) UTC"
    }

    private func summary(_ form: ComparisonForm) -> String {
        let entities = form.stores.flatMap(\.entities)
        guard !form.isEqual else {
            let records = Int(entities.reduce(0) { $0 + $1.equal })
            return
                "Equal: \(DisplayText.count(records, "record")) in \(DisplayText.count(entities.count, "entity", "entities"))."
        }
        let effect = form.effect
        return "Restoring \(effect.restored) over \(effect.over) would bring back "
            + "\(DisplayText.count(Int(effect.inserts), "record")) (insert), undo the changes of "
            + "\(DisplayText.count(Int(effect.updates), "record")) (update) and take away "
            + "\(DisplayText.count(Int(effect.deletes), "record")) (delete)."
    }

    private func show(_ store: StoreComparison) {
        output.line()
        output.line(output.styled("store \(store.store)", .bold))
        var table = TextTable([
            .init("entity"), .init("only in A", .right), .init("only in B", .right), .init("different", .right),
            .init("equal", .right),
        ])
        for entity in store.entities {
            table.add([
                entity.name, String(entity.onlyInA), String(entity.onlyInB), String(entity.different),
                String(entity.equal),
            ])
        }
        output.table(table)
        for note in store.notes { output.line(note) }
        for entity in store.entities where !entity.isEqual { show(entity) }
    }

    private func show(_ entity: EntityComparison) {
        output.line()
        let name = output.styled(DisplayText.safe(entity.name), .bold)
        switch entity.presence {
        case .onlyInA: return output.line("\(name): only A has this entity")
        case .onlyInB: return output.line("\(name): only B has this entity")
        case .both: output.line(name + (entity.key.isEmpty ? ": records without a key, compared as a whole" : ""))
        }
        for (side, fields) in [("A", entity.fieldsOnlyInA), ("B", entity.fieldsOnlyInB)] where !fields.isEmpty {
            output.line("  only \(side) has the fields \(DisplayText.safe(fields.joined(separator: ", ")))")
        }
        for record in entity.samples { show(record) }
        let kinds: [(RecordDifference.Kind, Int64, String)] = [
            (.onlyInA, entity.onlyInA, "only in A"), (.different, entity.different, "different"),
            (.onlyInB, entity.onlyInB, "only in B"),
        ]
        for (kind, count, words) in kinds {
            let shown = entity.samples.count { $0.kind == kind }
            if shown > 0, count > shown { output.line("  … and \(count - Int64(shown)) more \(words)") }
        }
    }

    private func show(_ record: RecordDifference) {
        let words =
            switch record.kind {
            case .onlyInA: "only in A"
            case .onlyInB: "only in B"
            case .different: "different"
            }
        let key = record.key.map { "\($0.name)=\(value($0.a ?? $0.b))" }.joined(separator: ", ")
        let names = record.kind == .different ? record.fields.map(\.name).joined(separator: ", ") : ""
        output.line(
            "  \(words)  \(DisplayText.safe(key))\(names.isEmpty ? "" : ": \(DisplayText.safe(names))")")
        for field in record.fields {
            let sides = [("A", field.a), ("B", field.b)].compactMap { side, cell in
                cell.map { "\(side) \(DisplayText.safe(value($0)))" }
            }
            if !sides.isEmpty {
                output.line("      \(DisplayText.safe(field.name)): \(sides.joined(separator: "   "))")
            }
        }
    }

    private func value(_ cell: RecordDifference.Cell?) -> String {
        guard let cell else { return "" }
        return cell.text.map { "\"\($0)\"" } ?? "NULL"
    }
}
