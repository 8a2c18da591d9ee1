/// A filter asks one thing only: is the condition true? There null is as good as false, wherever no `not` stands above it.
///
/// So a term of an `and` that is false or null leaves the record out, even beside a term that cannot be computed: stores,
/// which are given the terms that they can answer, leave it out as well. Evaluation and push-down both go by this form.
enum FilterForm {
    /// The condition with `not` moved below `and` and `or` (De Morgan's laws, which hold in three-valued logic too).
    static func of(_ node: TypedNode) -> TypedNode {
        switch node {
        case .not(.any(let terms)): .all(terms.map(TypedNode.not))
        case .not(.all(let terms)): .any(terms.map(TypedNode.not))
        case .not(.not(let inner)): of(inner)
        default: node
        }
    }
}
