public import LockstepModel

/// What a store can do of a filter by itself.
public struct PushDown: Sendable, Hashable {
    /// The strongest condition that follows from the expression and that the store answers exactly as the engine does; nil
    /// where there is none. Every record for which the expression is true, or fails, meets it.
    public var predicate: Predicate?
    /// The predicate is the whole expression: what comes back needs no filtering here, apart from records with unreadable
    /// fields, which always come back so that they are parked and not lost.
    public var isExact: Bool
}

extension CheckedExpression {
    /// Translates a condition into a store's SQL, as far as the store gives the very same answers.
    ///
    /// What has no equal there is left out of an `and`, and makes an `or` as a whole untranslatable: the predicate is never
    /// stricter than the expression. Values are always bound: to `?1`, `?2` … (SQLite) or `$1`, `$2` … (PostgreSQL, each
    /// with its type). Booleans are bound to SQLite as 0 and 1.
    ///
    /// - Parameter firstPlaceholder: the number of the first placeholder, for statements that bind values before it.
    public func pushDown(
        _ dialect: Dialect, firstPlaceholder: Int = 1, context: EvaluationContext = EvaluationContext()
    ) -> PushDown {
        guard isCondition else { return PushDown(predicate: nil, isExact: false) }
        let planner = PushDownPlanner(translator: SQLTranslator(dialect: dialect, context: context))
        let strongest = planner.strongest(root)
        guard let fragment = strongest.fragment,
            let predicate = PredicateRenderer(dialect: dialect).render(fragment, firstPlaceholder: firstPlaceholder)
        else { return PushDown(predicate: nil, isExact: false) }
        let mayHoldZero = dialect == .sqlite && fragment.dissectedFields.contains { $0.description.holdsZeroCharacter }
        let isCertain = !mayHoldZero && fragment.fields.allSatisfy { SQLTypes.isCertain($0, dialect) }
        return PushDown(predicate: predicate, isExact: strongest.isExact && isCertain)
    }

    /// The predicate of ``pushDown(_:firstPlaceholder:context:)``.
    public func predicate(
        dialect: Dialect, firstPlaceholder: Int = 1, context: EvaluationContext = EvaluationContext()
    ) -> Predicate? {
        pushDown(dialect, firstPlaceholder: firstPlaceholder, context: context).predicate
    }
}

/// Finds the strongest translatable consequence of a condition.
struct PushDownPlanner {
    var translator: SQLTranslator

    func strongest(_ node: TypedNode) -> (fragment: SQLFragment?, isExact: Bool) {
        let node = FilterForm.of(node)
        switch node {
        case .all(let terms):
            let parts = terms.map(strongest)
            let fragments = parts.compactMap(\.fragment)
            guard !fragments.isEmpty, fragments.count <= SQLTranslator.largestJunction else { return (nil, false) }
            return (SQLFragment.joined(fragments, by: " AND "), parts.allSatisfy(\.isExact))
        case .any(let terms):
            let parts = terms.map(strongest)
            let fragments = parts.compactMap(\.fragment)
            guard fragments.count == terms.count, terms.count <= SQLTranslator.largestJunction else {
                return (nil, false)
            }
            return (SQLFragment.joined(fragments, by: " OR "), parts.allSatisfy(\.isExact))
        case .matches(let operand, let pattern):
            guard let (implied, isExact) = implied(by: pattern, of: operand),
                let fragment = try? translator.condition(implied, nullMayBeFalse: true)
            else { return (nil, false) }
            return (fragment, isExact)
        default:
            guard let fragment = try? translator.condition(node, nullMayBeFalse: true) else { return (nil, false) }
            return (fragment, true)
        }
    }

    /// No two stores have the same regular expressions; but what a match must begin with or contain, all can tell.
    private func implied(by pattern: Pattern, of text: TypedNode) -> (condition: TypedNode, isExact: Bool)? {
        func constant(_ part: String) -> TypedNode { .constant(.text(part), .value(.text)) }
        return switch pattern.implication {
        case .nothing: nil
        case .contains(let part, let isExact): (.call(.contains, [text, constant(part)], .bool), isExact)
        case .startsWith(let part, let isExact): (.call(.startswith, [text, constant(part)], .bool), isExact)
        case .endsWith(let part): (.call(.endswith, [text, constant(part)], .bool), true)
        case .equals(let part): (.compare(.eq, text, constant(part)), true)
        }
    }
}
