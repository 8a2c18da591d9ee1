internal import LockstepModel

/// Paths that begin with the same step, as a tree: what they have in common is followed once.
struct ReferenceTree: Sendable {
    /// A path that ends at this step.
    struct Leaf: Sendable {
        var field: String
        /// The path's name.
        var path: String
    }

    let hop: FieldPath.Hop
    private(set) var leaves: [Leaf] = []
    private(set) var children: [ReferenceTree] = []

    /// One tree for each first step, in the order of the paths.
    static func trees(_ paths: [FieldPath]) -> [ReferenceTree] {
        var trees: [ReferenceTree] = []
        for path in paths { insert(path, step: 0, into: &trees) }
        return trees
    }

    private static func insert(_ path: FieldPath, step: Int, into trees: inout [ReferenceTree]) {
        let hop = path.hops[step]
        let place: Int
        if let known = trees.firstIndex(where: { $0.hop == hop }) {
            place = known
        } else {
            place = trees.count
            trees.append(ReferenceTree(hop: hop))
        }
        if step + 1 < path.hops.count {
            insert(path, step: step + 1, into: &trees[place].children)
        } else {
            trees[place].leaves.append(Leaf(field: path.field, path: path.name))
        }
    }

    private init(hop: FieldPath.Hop) { self.hop = hop }

    /// The names of all paths through the step: its own first, then those of each further step.
    var names: [String] { leaves.map(\.path) + children.flatMap(\.names) }

    /// What has to be read of a record that the step leads to.
    var fields: [String] {
        var fields = hop.targetFields
        for field in leaves.map(\.field) + children.flatMap(\.hop.fields) where !fields.contains(field) {
            fields.append(field)
        }
        return fields
    }

    /// The entities that the paths lead through.
    var entities: Set<String> { children.reduce(into: [hop.entity]) { $0.formUnion($1.entities) } }
}
