/// One part of a regular expression.
indirect enum PatternNode: Sendable, Hashable {
    /// One character of a set.
    case character(ScalarSet)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    /// As often as this; without a maximum, any number of times.
    case repeated(PatternNode, minimum: Int, maximum: Int?)
    case assertion(Assertion)

    /// What consumes no character.
    enum Assertion: Sendable, Hashable { case start, end, wordBoundary, noWordBoundary }

    /// States that the node becomes, at least.
    var size: Int {
        switch self {
        case .character, .assertion: 1
        case .sequence(let nodes), .alternatives(let nodes): nodes.reduce(1) { min($0 + $1.size + 1, 1 << 30) }
        case .repeated(let node, let minimum, let maximum):
            min((node.size + 2) * max(1, maximum ?? minimum + 1), 1 << 30)
        }
    }
}

/// What is wrong in a pattern.
struct PatternProblem: Error {
    var message: String
    /// Characters of the pattern before the place.
    var offset: Int
}
