internal import LockstepModel

/// How batches of one shape, some of whose fields are paths, become batches of the store's own fields.
struct WriteTranslation: Sendable {
    struct ID: Hashable {
        var entity: String
        var fields: [String]
        var key: [Int]
        var readFields: [String]

        init(_ batch: WriteBatch) {
            entity = batch.entity
            fields = batch.fields
            key = batch.key
            readFields = batch.readFields
        }
    }

    let hasPaths: Bool
    let roots: RootPlan
    /// A field that a root gives: which root, and which of its results.
    struct Owned: Sendable {
        var root: Int
        var result: Int
    }

    /// One for each inner field behind the plain ones.
    let owned: [Owned]
    /// Indexes into the inner fields.
    let key: [Int]
    /// Whether a root is a part of the key.
    let isKeyRoot: [Bool]
    /// By root: the columns of its paths.
    let pathColumns: [[Int]]
    /// What conflicts report.
    let readLayout: FieldLayout
    /// What is read of records whose image before is in doubt: what conflicts report, then the batch's paths, then the
    /// fields that they begin with.
    let doubtLayout: FieldLayout

    init(_ id: ID, paths: [FieldPath]) {
        let names = Set(paths.map(\.name))
        hasPaths = id.fields.contains(where: names.contains) || id.readFields.contains(where: names.contains)
        let roots = RootPlan(id.fields, paths: paths)
        self.roots = roots
        owned = roots.roots.enumerated().flatMap { index, root in
            root.owned.map { Owned(root: index, result: $0.result) }
        }
        let keyNames = Set(id.key.map { id.fields[$0] })
        isKeyRoot = roots.roots.map { !keyNames.isDisjoint(with: $0.paths) }
        var inner = keyNames.subtracting(names)
        for (root, isKey) in zip(roots.roots, isKeyRoot) where isKey { inner.formUnion(root.fields) }
        key = roots.innerFields.indices.filter { inner.contains(roots.innerFields[$0]) }
        pathColumns = roots.roots.map { root in root.paths.map { id.fields.firstIndex(of: $0) ?? 0 } }
        readLayout = FieldLayout(id.readFields, paths: paths)
        var doubtful = id.readFields
        for field in roots.roots.flatMap({ $0.paths + $0.fields }) where !doubtful.contains(field) {
            doubtful.append(field)
        }
        doubtLayout = FieldLayout(doubtful, paths: paths)
    }
}
