internal import LockstepModel

/// Which fields of the store a batch's columns become, where some of them are paths: each path's first step gives fields
/// that refer, looked up by all of its paths together.
struct RootPlan: Sendable {
    /// Where a value that takes part in a look-up comes from.
    enum Source: Sendable {
        /// A column of the batch.
        case column(Int)
        /// A field that an earlier root gives: the root, and the place among its results.
        case root(Int, Int)
    }

    /// One step of a path, to be resolved from its end.
    struct Node: Sendable {
        var id: ResolverID
        /// By the first of the resolver's key fields.
        var sources: [Source]
        /// They give the resolver's other key fields, each its results.
        var children: [Node]
        /// The batch's columns of all paths through here.
        var columns: [Int]

        /// A column of the batch is the key as it is.
        var simpleColumn: Int? {
            guard children.isEmpty, sources.count == 1, case .column(let column)? = sources.first else { return nil }
            return column
        }
    }

    /// What is looked up where, by what: look-ups of one shape share what they found.
    struct ResolverID: Sendable, Hashable {
        var entity: String
        var keyFields: [String]
        var results: [String]
    }

    struct Root: Sendable {
        var node: Node
        /// The fields that the root gives: names, and where they are among the node's results.
        var owned: [(field: String, result: Int)]
        /// Columns and earlier roots that it depends on beside its paths.
        var constraints: [Source]
        /// All fields that refer, also those that other columns give.
        var fields: [String]
        /// The names of its paths.
        var paths: [String]
    }

    /// Columns of the batch that are fields of the store.
    let plain: [Int]
    let roots: [Root]
    let innerFields: [String]

    init(_ fields: [String], paths: [FieldPath]) {
        let used = paths.filter { fields.contains($0.name) }
        let names = Set(used.map(\.name))
        plain = fields.indices.filter { !names.contains(fields[$0]) }
        var given: [String: Source] = [:]
        for column in plain { given[fields[column]] = .column(column) }
        var inner = plain.map { fields[$0] }
        var roots: [Root] = []
        // What one field says alone is there for those that need several.
        let trees = ReferenceTree.trees(used).enumerated().sorted {
            ($0.element.hop.fields.count, $0.offset) < ($1.element.hop.fields.count, $1.offset)
        }
        for tree in trees.map(\.element) {
            let root = Self.root(tree, fields: fields, given: given)
            for (field, result) in root.owned {
                given[field] = .root(roots.count, result)
                inner.append(field)
            }
            roots.append(root)
        }
        self.roots = roots
        innerFields = inner
    }

    private static func root(_ tree: ReferenceTree, fields: [String], given: [String: Source]) -> Root {
        var known: [(field: String, source: Source)] = []
        for shared in tree.hop.shared {
            if let source = given[shared.own] { known.append((shared.referred, source)) }
        }
        var owned: [(field: String, result: Int)] = []
        for (index, field) in tree.hop.fields.enumerated() {
            if let source = given[field] {
                known.append((tree.hop.targetFields[index], source))
            } else {
                owned.append((field, index))
            }
        }
        return Root(
            node: node(tree, known: known, fields: fields), owned: owned, constraints: known.map(\.source),
            fields: tree.hop.fields, paths: tree.names)
    }

    /// - Parameter known: fields of the record that is looked for, whose values come from elsewhere.
    private static func node(
        _ tree: ReferenceTree, known: [(field: String, source: Source)], fields: [String]
    ) -> Node {
        var given: [(field: String, source: Source)] = []
        func add(_ field: String, _ source: Source) {
            if !given.contains(where: { $0.field == field }) { given.append((field, source)) }
        }
        for leaf in tree.leaves { add(leaf.field, .column(fields.firstIndex(of: leaf.path) ?? 0)) }
        for (field, source) in known { add(field, source) }
        var children: [Node] = []
        var childFields: [String] = []
        for child in tree.children {
            let shared = child.hop.shared.compactMap { shared in
                given.first { $0.field == shared.own }.map { (field: shared.referred, source: $0.source) }
            }
            children.append(node(child, known: shared, fields: fields))
            childFields += child.hop.fields
        }
        let id = ResolverID(
            entity: tree.hop.entity, keyFields: given.map(\.field) + childFields, results: tree.hop.targetFields)
        return Node(
            id: id, sources: given.map(\.source), children: children,
            columns: tree.names.map { fields.firstIndex(of: $0) ?? 0 })
    }

    /// The entities that look-ups ask.
    var entities: Set<String> {
        func entities(_ node: Node) -> Set<String> {
            node.children.reduce(into: [node.id.entity]) { $0.formUnion(entities($1)) }
        }
        return roots.reduce(into: []) { $0.formUnion(entities($1.node)) }
    }
}
