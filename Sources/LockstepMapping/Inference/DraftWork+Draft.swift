import LockstepModel

/// Turns what was found into a draft.
extension DraftWork {
    func draft(name: String) -> MapDraft {
        var draft = MapDraft(
            name: name, stores: stores, entities: samples.map(\.entity.name), key: keyPairs, keyReason: keyReason,
            pairs: [], confidence: 0)
        draft.joinedCount = comparison.joined.count
        draft.pairs = chosen.map { pair($0) }
        if let stamps { draft.stamps = Side.allCases.map { field($0, stamps[$0.rawValue]).name } }
        var told: [Set<Int>] = [[], []]
        let views = Side.allCases.filter { samples[$0.rawValue].entity.kind == .view }
        if let side = views.first, views.count == 1 {
            draft.direction = .from(side)
            draft.directionReason = "\(samples[side.rawValue].entity.name) is a view, which is only read"
        }
        for side in Side.allCases {
            for found in composed[side.rawValue] {
                told[side.rawValue].insert(found.index)
                draft.pairs.append(found.pair)
            }
            for found in constants(side) where !told[side.rawValue].contains(found.index) {
                told[side.rawValue].insert(found.index)
                draft.pairs.append(found.pair)
                if let filter = found.filter { draft.filters[side.rawValue] = filter }
            }
        }
        let doubted = doubtful.filter { !told[0].contains($0.left) && !told[1].contains($0.right) }
        draft.pairs += doubted.map { unsure in
            var pair = pair(unsure)
            pair.doubt =
                "\(Int((unsure.evidence.score * 100).rounded()))% only, \(pair.reasons.joined(separator: ", "))"
            return pair
        }
        for side in Side.allCases {
            draft.rest += free(side).filter { !told[side.rawValue].contains($0) }.map { rest(side, $0) }
        }
        draft.confidence = confidence
        return draft
    }

    /// How likely the two entities are about the same things.
    private var confidence: Double {
        let fields = samples.map { sample in Double(sample.fields.count { $0.path == nil }) }
        let names = samples.map { NameWords($0.entity.name) }
        let strength = chosen.reduce(0.0) { $0 + $1.evidence.score } + (key == nil ? 0 : 1)
        let share = strength / max(1, min(fields[0], fields[1]))
        let joined = comparison.joined.isEmpty ? 0.0 : 0.25
        return min(1, 0.4 * names[0].similarity(to: names[1]) + 0.45 * min(1, share) + joined)
    }

    private var keyPairs: [MapDraft.Pair] {
        guard let key else { return [] }
        return zip(key.candidate.fields[0], key.candidate.fields[1]).map { left, right in
            let likeness = NameWords(left).similarity(to: NameWords(right))
            let confidence = key.proof.map { min(0.99, 0.5 + $0 / 2) } ?? likeness
            return MapDraft.Pair(
                fields: [left, right], confidence: confidence,
                reasons: [Self.nameReason(likeness), "unique on both sides"])
        }
    }

    private var keyReason: String {
        guard let key else {
            return "No key: no unique fields of the one side go with unique fields of the other. Write them here."
        }
        let sampled = samples.map(\.rowCount).reduce(0, +)
        if key.proof == nil && key.isGivenOut {
            return
                "Doubtful: both keys are numbers that stores give out themselves, and no record shows that they agree."
        }
        if sampled == 0 { return "By names and types only: no records were there to look at." }
        guard let proof = key.proof else {
            return "By names: only \(key.joinedCount) sampled records have the same key on both sides."
        }
        guard !comparison.joined.isEmpty else {
            return "Doubtful: \(key.joinedCount) records meet by it, and agree in nothing else."
        }
        return "\(key.joinedCount) sampled records meet by it, and their likeliest fields agree in "
            + "\(Int((proof * 100).rounded()))%."
    }

    // MARK: Pairs

    func pair(_ found: (left: Int, right: Int, evidence: PairEvidence)) -> MapDraft.Pair {
        let evidence = found.evidence
        var pair = MapDraft.Pair(
            fields: [field(.left, found.left).name, field(.right, found.right).name],
            confidence: min(0.99, evidence.score), reasons: reasons(found))
        pair.alternatives = alternatives(found)
        transform(found, &pair)
        for side in Side.allCases {
            let index = side == .left ? found.left : found.right
            guard field(side, index).isGenerated else { continue }
            pair.options.append(
                "direction: \(MapDraft.quoted("\(stores[side.rawValue])-to-\(stores[side.opposite.rawValue])"))")
            pair.reasons.append("\(stores[side.rawValue]) computes it itself")
        }
        return pair
    }

    private func reasons(_ found: (left: Int, right: Int, evidence: PairEvidence)) -> [String] {
        let evidence = found.evidence
        var reasons = [Self.nameReason(evidence.name)]
        if evidence.hasJoin {
            if !evidence.code.isEmpty {
                reasons.append("codes stand for each other in \(evidence.comparedRows) records")
            } else {
                let percent = Int((evidence.agreement * 100).rounded())
                reasons.append("\(percent)% of \(evidence.comparedRows) records agree")
            }
        } else if let overlap = evidence.overlap, overlap >= 0.2 {
            reasons.append("\(Int((overlap * 100).rounded()))% of the values are on both sides")
        }
        let profile = profiles[0][found.left]
        if let form = profile.form, form == profiles[1][found.right].form, !evidence.hasJoin {
            let text: String? =
                switch form {
                case .email: "both hold e-mail addresses"
                case .link: "both hold links"
                case .phone: "both hold phone numbers"
                case .date: "both hold dates"
                case .code2: "both hold codes of two letters"
                case .code3: "both hold codes of three letters"
                case .number: "both hold digits"
                case .words: nil
                }
            if let text { reasons.append(text) }
        }
        let types = [field(.left, found.left).type, field(.right, found.right).type]
        if types[0] != types[1] { reasons.append("\(types[0].name) and \(types[1].name)") }
        return reasons
    }

    static func nameReason(_ likeness: Double) -> String {
        switch likeness {
        case 1...: "same name"
        case 0.95..<1: "names mean the same"
        case 0.6..<0.95: "names are alike"
        case 0.25..<0.6: "names share a word"
        default: "names differ"
        }
    }

    private func rest(_ side: Side, _ index: Int) -> MapDraft.Rest {
        let field = field(side, index)
        let sample = samples[side.rawValue]
        var notes: [String] = []
        if field.isGenerated { notes.append("computed by the store") }
        if isOwnNumber(sample, field) { notes.append("a number of this store's own") }
        if composed[side.opposite.rawValue].contains(where: { $0.sources.contains(index) }) {
            notes.append("part of a `from` above")
        }
        if let reference = sample.entity.references.first(where: { $0.fields.contains(field.name) }) {
            notes.append("refers to \(reference.targetEntity)")
        }
        let profile = profiles[side.rawValue][index]
        if sample.rowCount > 0 && profile.valueCount == 0 { notes.append("always empty") }
        if profile.isConstant && profile.valueCount > 1 { notes.append("always the same value") }
        return MapDraft.Rest(side: side, field: field, note: notes.joined(separator: ", "))
    }

    private func isOwnNumber(_ sample: EntitySample, _ field: FieldDescription) -> Bool {
        [.int64, .uuid].contains(field.type)
            && sample.entity.keys.contains { $0.isPrimary && $0.fields == [field.name] }
    }
}
