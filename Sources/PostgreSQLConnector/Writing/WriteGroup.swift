import LockstepModel

/// Rows of a batch that one statement can apply: same operation, same fields, nulls in the same key fields.
struct WriteGroup {
    struct Shape: Hashable {
        var operation: Operation
        /// Inserts: the fields given. Updates: the fields that change. Deletes: the fields compared.
        var fields: [Int]
        /// Key fields that are null: `=` finds no null, and `is not distinct from` uses no index.
        var nullKeys: [Int]
    }

    var shape: Shape
    var rows: [Int]
}

/// Sorts a batch's rows into groups: deletes first, as they make room for unique values, then updates, then inserts.
struct WriteGrouping {
    private(set) var groups: [WriteGroup] = []
    private var places: [WriteGroup.Shape: Int] = [:]
    private var last: Int?

    mutating func add(_ row: Int, _ shape: WriteGroup.Shape) {
        if let last, groups[last].shape == shape {
            groups[last].rows.append(row)
            return
        }
        let place = places[shape] ?? groups.count
        if place == groups.count {
            groups.append(WriteGroup(shape: shape, rows: []))
            places[shape] = place
        }
        groups[place].rows.append(row)
        last = place
    }

    var inOrder: [WriteGroup] {
        func rank(_ operation: Operation) -> Int {
            switch operation {
            case .delete: 0
            case .update: 1
            case .insert: 2
            case .truncate: 3
            }
        }
        return groups.enumerated().sorted { left, right in
            let (leftRank, rightRank) = (rank(left.element.shape.operation), rank(right.element.shape.operation))
            return leftRank == rightRank ? left.offset < right.offset : leftRank < rightRank
        }.map(\.element)
    }
}
