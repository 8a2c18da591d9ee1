internal import LockstepMapping
internal import LockstepModel

/// Who wins one overlap, and by which rule.
struct FieldDecision: Sendable, Hashable {
    /// Nil: a person decides.
    var winner: Side?
    /// `direction`, `owner`, a store's name, `newest`, `manual`.
    var rule: String
}

extension CompiledMap {
    /// Decides an overlap of a field that goes from `source` to the opposite side. The answer is the same whichever
    /// direction asks, so that both sides end equal whatever the order of arrival.
    ///
    /// - Parameters:
    ///   - stamps: what `newest` compares, by side; ignored by other rules.
    func decide(_ authority: TargetField.Authority, source: Side, stamps: [Value?]) -> FieldDecision {
        if direction != .both { return FieldDecision(winner: source, rule: "direction") }
        switch authority {
        case .source: return FieldDecision(winner: source, rule: "owner")
        case .target: return FieldDecision(winner: source.opposite, rule: "owner")
        case .rule: break
        }
        switch overlapRule {
        case .side(let side): return FieldDecision(winner: side, rule: stores[side.rawValue])
        case .manual: return FieldDecision(winner: nil, rule: "manual")
        case .newest: return FieldDecision(winner: newer(stamps[0], stamps[1]), rule: "newest")
        }
    }

    /// The side with the later stamp; null is earlier than everything, and a tie goes to the left.
    private func newer(_ left: Value?, _ right: Value?) -> Side {
        func order(_ value: Value?) -> [UInt8] {
            KeyEncoder.encode(RowBatch(row: [comparableStamp(value)]), row: 0, columns: [0])
        }
        return order(left).lexicographicallyPrecedes(order(right)) ? .right : .left
    }
}
