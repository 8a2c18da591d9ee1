internal import LockstepModel

/// How fields that were asked for, paths among them, are made of fields that the store has.
struct FieldLayout: Sendable {
    enum Column: Sendable {
        /// A field of the store: where it stands among ``FieldLayout/innerFields``.
        case inner(Int)
        /// A path: its tree, and its place among the tree's names.
        case path(tree: Int, leaf: Int)
    }

    /// What is asked for.
    let fields: [String]
    /// What is read for it: the store's own fields, and the fields that refer.
    let innerFields: [String]
    let trees: [ReferenceTree]
    /// One for each of ``fields``.
    let columns: [Column]

    init(_ fields: [String], paths: [FieldPath]) {
        let used = paths.filter { fields.contains($0.name) }
        let names = Set(used.map(\.name))
        let trees = ReferenceTree.trees(used)
        var inner = fields.filter { !names.contains($0) }
        for root in trees.flatMap(\.hop.fields) where !inner.contains(root) { inner.append(root) }
        var places: [String: Column] = [:]
        for (index, field) in inner.enumerated() { places[field] = .inner(index) }
        for (tree, names) in trees.map(\.names).enumerated() {
            for (leaf, name) in names.enumerated() { places[name] = .path(tree: tree, leaf: leaf) }
        }
        self.fields = fields
        self.trees = trees
        innerFields = inner
        columns = fields.map { places[$0] ?? .inner(0) }
    }

    var hasPaths: Bool { !trees.isEmpty }

    /// Where an inner row has a tree's referring fields.
    func rootColumns(_ tree: ReferenceTree) -> [Int] {
        tree.hop.fields.map { innerFields.firstIndex(of: $0) ?? 0 }
    }
}
