internal import LockstepModel

/// Looks up the records that paths' values stand for, many rows at a time. What was found is kept, within bounds, until
/// somebody says that it may not be so any more.
actor ReferenceResolver {
    /// What one root of some rows is.
    struct Resolved: Sendable {
        static let null: Int32 = -1
        static let unchanged: Int32 = -2
        /// There is no such record.
        static let nothing: Int32 = -3
        static let several: Int32 = -4
        /// Nobody asked for the row.
        static let skipped: Int32 = -5

        /// One a row: a row of `values`, or one of the above.
        var states: [Int32]
        /// The fields that are referred to.
        var values: RowBatch
    }

    /// Which rows are asked for.
    enum Need: Sendable {
        case nothing
        case all
        case rows([Bool])

        @inline(__always)
        func includes(_ row: Int) -> Bool {
            switch self {
            case .nothing: false
            case .all: true
            case .rows(let rows): rows[row]
            }
        }
    }

    /// Found records of one kind of look-up.
    private struct Kept {
        static let pending: Int32 = -9
        static let queued: Int32 = -10

        var keys: DistinctKeys
        /// By key: a row of `values`, a code of ``Resolved``, or ``pending``.
        var places: [Int32] = []
        var values: RowBatch
        /// Keys that were not found, or not one record alone: looked up again by the next who asks.
        var unresolved: [Int32] = []

        init(_ id: RootPlan.ResolverID) {
            keys = DistinctKeys(columnCount: id.keyFields.count)
            values = RowBatch(columnCount: id.results.count)
        }

        var isLarge: Bool {
            keys.count > ReferenceResolver.largestKeptCount
                || keys.byteCount + values.byteCount > ReferenceResolver.largestKeptBytes
        }
    }

    /// As many as fit a few megabytes, and more than most tables that are referred to have.
    private static let largestKeptCount = 65_536
    private static let largestKeptBytes = 8 << 20

    private let finder: RecordFinder
    private var kept: [RootPlan.ResolverID: Kept] = [:]

    init(_ finder: RecordFinder) { self.finder = finder }

    /// The records of an entity may be others now.
    func forget(_ entity: String) {
        for id in kept.keys where id.entity == entity { kept[id] = nil }
    }

    func forgetAll() { kept.removeAll() }

    /// Resolves all roots of one image.
    ///
    /// - Parameters:
    ///   - offset: where the image begins in the rows.
    ///   - fallback: where another image begins that `unchanged` cells are taken from; nil for none.
    ///   - needs: one a root.
    func resolve(
        _ plan: RootPlan, _ batch: RowBatch, offset: Int, fallback: Int?, needs: [Need]
    ) async throws -> [Resolved] {
        var resolved: [Resolved] = []
        for (root, need) in zip(plan.roots, needs) {
            if case .nothing = need {
                let states = [Int32](repeating: Resolved.skipped, count: batch.rowCount)
                resolved.append(Resolved(states: states, values: RowBatch(columnCount: root.node.id.results.count)))
                continue
            }
            let image = Image(batch: batch, offset: offset, fallback: fallback, roots: resolved)
            resolved.append(try await resolve(root.node, image, need))
        }
        return resolved
    }

    /// What a look-up's values are taken from.
    private struct Image {
        var batch: RowBatch
        var offset: Int
        var fallback: Int?
        var roots: [Resolved]

        func cell(_ row: Int, _ column: Int) -> Cell {
            let cell = batch[row, column + offset]
            guard cell.kind == .unchanged, let fallback else { return cell }
            return batch[row, column + fallback]
        }
    }

    private func resolve(_ node: RootPlan.Node, _ image: Image, _ need: Need) async throws -> Resolved {
        if let column = node.simpleColumn {
            return try await look(node.id, image.batch, [column + image.offset], need)
        }
        var children: [Resolved] = []
        for child in node.children { children.append(try await resolve(child, image, need)) }
        var states = (0..<image.batch.rowCount).map { row in
            need.includes(row) ? Self.state(node, image, row, children) : Resolved.skipped
        }
        var keys = RowBatch(columnCount: node.id.keyFields.count, reservingRows: states.count)
        for row in states.indices {
            guard states[row] >= 0 else {
                for _ in node.id.keyFields { keys.appendNull() }
                continue
            }
            Self.appendKey(node, image, row, children, to: &keys)
        }
        let found = try await look(
            node.id, keys, Array(0..<keys.columnCount), .rows(states.map { $0 >= 0 }))
        for row in states.indices where states[row] >= 0 { states[row] = found.states[row] }
        return Resolved(states: states, values: found.values)
    }

    /// 0 where the row can be looked up, otherwise what it is without.
    private static func state(_ node: RootPlan.Node, _ image: Image, _ row: Int, _ children: [Resolved]) -> Int32 {
        var isUnchanged = true
        for column in node.columns {
            let kind = image.batch[row, column + image.offset].kind
            if kind == .null { return Resolved.null }
            if kind != .unchanged { isUnchanged = false }
        }
        if isUnchanged { return Resolved.unchanged }
        for column in node.columns where image.cell(row, column).kind == .unchanged { return Resolved.several }
        for source in node.sources {
            switch source {
            case .column(let column):
                let kind = image.cell(row, column).kind
                if kind == .null { return Resolved.null }
                if kind == .unchanged { return Resolved.several }
            case .root(let root, _):
                let state = image.roots[root].states[row]
                if state < 0 { return state == Resolved.skipped ? Resolved.nothing : state }
            }
        }
        return children.map { $0.states[row] }.first { $0 < 0 } ?? 0
    }

    private static func appendKey(
        _ node: RootPlan.Node, _ image: Image, _ row: Int, _ children: [Resolved], to keys: inout RowBatch
    ) {
        for source in node.sources {
            switch source {
            case .column(let column): keys.append(image.cell(row, column), from: image.batch)
            case .root(let root, let result):
                let resolved = image.roots[root]
                keys.append(resolved.values[Int(resolved.states[row]), result], from: resolved.values)
            }
        }
        for child in children {
            for column in 0..<child.values.columnCount {
                keys.append(child.values[Int(child.states[row]), column], from: child.values)
            }
        }
    }

    // MARK: Looking up

    private func look(
        _ id: RootPlan.ResolverID, _ batch: RowBatch, _ columns: [Int], _ need: Need
    ) async throws -> Resolved {
        // Taken out while it is worked on, so that nothing is copied.
        var kept = kept.removeValue(forKey: id) ?? Kept(id)
        if kept.isLarge { kept = Kept(id) }
        for number in kept.unresolved { kept.places[Int(number)] = Kept.pending }
        kept.unresolved.removeAll()
        var (states, wanted) = Self.number(batch, columns, need, &kept)
        if !wanted.isEmpty {
            let fields = id.results + id.keyFields.filter { !id.results.contains($0) }
            let found = try await finder.records(
                of: id.entity, id.keyFields, kept.keys.keys.rows(wanted.map { Int($0) }), fields: fields)
            for (number, place) in zip(wanted, found.places) { Self.keep(number, place, found.rows, &kept) }
        }
        for row in states.indices where states[row] >= 0 { states[row] = kept.places[Int(states[row])] }
        self.kept[id] = kept
        return Resolved(states: states, values: kept.values)
    }

    /// Each row's key, and the keys that have to be looked up.
    private static func number(
        _ batch: RowBatch, _ columns: [Int], _ need: Need, _ kept: inout Kept
    ) -> (states: [Int32], wanted: [Int32]) {
        var states: [Int32] = []
        states.reserveCapacity(batch.rowCount)
        var wanted: [Int32] = []
        for row in 0..<batch.rowCount {
            guard need.includes(row) else {
                states.append(Resolved.skipped)
                continue
            }
            let number = kept.keys.number(of: columns, row, in: batch, adding: true)
            guard number >= 0 else {
                states.append(state(missing: number))
                continue
            }
            if Int(number) == kept.places.count { kept.places.append(Kept.pending) }
            if kept.places[Int(number)] == Kept.pending {
                kept.places[Int(number)] = Kept.queued
                wanted.append(number)
            }
            states.append(number)
        }
        return (states, wanted)
    }

    private static func state(missing: Int32) -> Int32 {
        switch missing {
        case DistinctKeys.Missing.null: Resolved.null
        case DistinctKeys.Missing.unchanged: Resolved.unchanged
        default: Resolved.nothing
        }
    }

    private static func keep(_ number: Int32, _ place: Int32, _ rows: RowBatch, _ kept: inout Kept) {
        guard place >= 0 else {
            kept.places[Int(number)] = place == RecordFinder.Found.several ? Resolved.several : Resolved.nothing
            kept.unresolved.append(number)
            return
        }
        kept.places[Int(number)] = Int32(kept.values.rowCount)
        for column in 0..<kept.values.columnCount { kept.values.append(rows[Int(place), column], from: rows) }
    }
}
