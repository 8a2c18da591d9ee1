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
    private var masked: [MaskedShape: Int] = [:]
    private var lastMasked: MaskedShape?
    private var lastMaskedPlace = 0

    private struct MaskedShape: Hashable {
        var operation: Operation
        var mask: UInt64
    }

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

    /// Adds a row whose fields are given as the bits of a mask, which finds its group without making a list of them.
    mutating func add(_ row: Int, _ operation: Operation, mask: UInt64) {
        let key = MaskedShape(operation: operation, mask: mask)
        if let place = key == lastMasked ? lastMaskedPlace : masked[key] {
            groups[place].rows.append(row)
            (lastMasked, lastMaskedPlace) = (key, place)
            return
        }
        let fields = (0..<UInt64.bitWidth).filter { mask & 1 << UInt64($0) != 0 }
        add(row, WriteGroup.Shape(operation: operation, fields: fields, nullKeys: []))
        masked[key] = last
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
