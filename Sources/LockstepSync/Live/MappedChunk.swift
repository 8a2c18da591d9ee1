internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// One map's part of a chunk: the source's rows, and what the plan made of them.
struct MappedChunk {
    let runtime: MapRuntime
    let plan: DirectionPlan
    /// The source's change rows, with the plan's source fields.
    let source: RowBatch
    let mapped: MappedChanges
    let operations: [LockstepModel.Operation]
    let ordinals: [UInt32]
    /// Some image before has a field that could not be mapped.
    private let mayLackBase: Bool

    /// Nil when the chunk has nothing of the map.
    init?(_ chunk: ChangeChunk, runtime: MapRuntime, from side: Side) {
        guard let plan = runtime.map.plan(from: side),
            let changes = chunk.entities.first(where: { $0.entity == plan.sourceEntity }), !changes.operations.isEmpty
        else { return nil }
        self.runtime = runtime
        self.plan = plan
        source = Projection(from: changes.fields, to: plan.sourceFields)(changes.rows)
        operations = changes.operations
        ordinals = changes.ordinals
        mapped = plan.map(rows: source, operations: changes.operations)
        mayLackBase = mapped.rows.cells.contains { $0.kind == .unchanged }
    }

    /// Whether an update gives a field whose image before is not known: there is nothing to compare the target with.
    func lacksBase(_ change: NetChanges.Change) -> Bool {
        guard mayLackBase, change.operation == .update else { return false }
        let width = plan.targetFields.count
        return (0..<width).contains { column in
            mapped.rows[change.first, column].kind == .unchanged
                && mapped.rows[change.last, width + column].kind != .unchanged
        }
    }

    /// Whether the change is of a record that left the filter and is followed on: where the target does not have it,
    /// there is nothing to follow.
    func isFollowedOutside(_ change: NetChanges.Change) -> Bool { mapped.followedOutside.contains(change.last) }

    /// The operation of a row on the target; nil where it does not concern it.
    func operation(_ row: Int) -> LockstepModel.Operation? {
        if operations[row] == .delete, !runtime.map.propagatesDeletes { return nil }
        return mapped.operations[row]
    }

    func keyBefore(_ row: Int) -> [UInt8] { KeyEncoder.encode(mapped.rows, row: row, columns: plan.targetKey) }

    func keyAfter(_ row: Int) -> [UInt8] {
        let width = plan.targetFields.count
        return KeyEncoder.encode(mapped.rows, row: row, columns: plan.targetKey.lazy.map { $0 + width })
    }

    /// The source's own key of a row, from the image that it has: the image before unless it is an insert.
    func sourceKey(_ row: Int) -> (bytes: [UInt8], values: [Value]) {
        let offset = operations[row] == .insert ? plan.sourceFields.count : 0
        let columns = plan.sourceKey.map { $0 + offset }
        return (KeyEncoder.encode(source, row: row, columns: columns), columns.map { source.value(row, $0) })
    }

    func sourceBefore(_ row: Int) -> [Value]? {
        operations[row] == .insert ? nil : source.values(row: row, columns: 0..<plan.sourceFields.count)
    }

    /// The image after, with `unchanged` cells filled from the image before.
    func sourceAfter(_ row: Int) -> [Value]? {
        guard operations[row] != .delete else { return nil }
        let width = plan.sourceFields.count
        let after = source.values(row: row, columns: width..<2 * width)
        guard operations[row] != .insert, after.contains(.unchanged) else { return after }
        let before = source.values(row: row, columns: 0..<width)
        return zip(before, after).map { $1 == .unchanged ? $0 : $1 }
    }

    /// The write rows of net changes: before of the first, after of the last. Their bytes stay where they are.
    func rows(_ changes: [NetChanges.Change]) -> RowBatch {
        let width = plan.targetFields.count
        var rows = RowBatch(columnCount: 2 * width, reservingRows: changes.count, sharingHeapOf: mapped.rows)
        for change in changes {
            for column in 0..<width { rows.append(mapped.rows[change.first, column]) }
            for column in width..<2 * width {
                rows.append(change.operation == .delete ? .null : mapped.rows[change.last, column])
            }
        }
        return rows
    }

    /// Whether an update changes the record's key.
    func changesKey(_ row: Int) -> Bool {
        let width = plan.targetFields.count
        return plan.targetKey.contains { column in
            !RowBatch.areEqual(
                mapped.rows[row, column], in: mapped.rows, mapped.rows[row, width + column], in: mapped.rows)
        }
    }
}
