internal import LockstepModel

/// Follows one tree of references from records to the fields that their paths stand for, many records at a time. What was
/// found is kept, within bounds.
actor PathFollower {
    /// The fields at the end of some rows' paths.
    struct Followed: Sendable {
        /// Each row's key.
        fileprivate(set) var numbers: [Int32]
        /// By key, the row of ``values``, or why there is none.
        fileprivate(set) var places: [Int32]
        /// One column a path.
        fileprivate(set) var values: RowBatch
        fileprivate(set) var entity: String

        /// Appends the cell of a path.
        @inline(__always)
        func append(row: Int, path: Int, to batch: inout RowBatch) {
            let number = numbers[row]
            guard number >= 0 else { return appendMissing(number, to: &batch) }
            let place = places[Int(number)]
            guard place >= 0 else { return appendNothing(place, to: &batch) }
            batch.append(values[Int(place), path], from: values)
        }

        private func appendMissing(_ number: Int32, to batch: inout RowBatch) {
            switch number {
            case DistinctKeys.Missing.unchanged: batch.append(Cell.unchanged)
            case DistinctKeys.Missing.invalid: batch.appendInvalid("the reference to \(entity) cannot be read")
            default: batch.appendNull()
            }
        }

        private func appendNothing(_ place: Int32, to batch: inout RowBatch) {
            batch.appendInvalid(
                place == RecordFinder.Found.several
                    ? "several records of \(entity) are what it refers to"
                    : "the record of \(entity) that it refers to is not there")
        }
    }

    /// Records that are kept: as many as fit a few megabytes, and more than most tables that are referred to have.
    private static let largestKeptCount = 65_536
    private static let largestKeptBytes = 8 << 20

    private let tree: ReferenceTree
    private let finder: RecordFinder
    private let children: [PathFollower]
    private let fields: [String]
    private var keys: DistinctKeys
    private var places: [Int32] = []
    private var values: RowBatch

    init(_ tree: ReferenceTree, _ finder: RecordFinder) {
        self.tree = tree
        self.finder = finder
        children = tree.children.map { PathFollower($0, finder) }
        fields = tree.fields
        keys = DistinctKeys(columnCount: tree.hop.targetFields.count)
        values = RowBatch(columnCount: tree.names.count)
    }

    /// - Parameter columns: where the rows have the fields that refer.
    func follow(_ batch: RowBatch, _ columns: [Int]) async throws -> Followed {
        if keys.count > Self.largestKeptCount || keys.byteCount + values.byteCount > Self.largestKeptBytes { forget() }
        let numbers = keys.numbers(of: columns, in: batch)
        if places.count < keys.count { try await find() }
        return Followed(numbers: numbers, places: places, values: values, entity: tree.hop.entity)
    }

    /// What was found may not be so any more.
    func forget() {
        keys.removeAll()
        places.removeAll()
        values.removeAll()
    }

    /// Looks up the keys that are new.
    private func find() async throws {
        let found = try await finder.records(
            of: tree.hop.entity, tree.hop.targetFields, keys.keys.rows(places.count..<keys.count), fields: fields)
        var further: [Followed] = []
        for (child, tree) in zip(children, tree.children) {
            let columns = tree.hop.fields.map { fields.firstIndex(of: $0) ?? 0 }
            further.append(try await child.follow(found.rows, columns))
        }
        let own = tree.leaves.map { leaf in fields.firstIndex(of: leaf.field) ?? 0 }
        let widths = tree.children.map(\.names.count)
        for place in found.places {
            guard place >= 0 else {
                places.append(place)
                continue
            }
            places.append(Int32(values.rowCount))
            for column in own { values.append(found.rows[Int(place), column], from: found.rows) }
            for (followed, width) in zip(further, widths) {
                for path in 0..<width { followed.append(row: Int(place), path: path, to: &values) }
            }
        }
    }
}
