internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// One change that met something else in its target than it expected, with all that a decision needs.
struct MetChange {
    var operation: LockstepModel.Operation
    /// Images of the source record in the plan's source fields; nil where there is none.
    var sourceBefore: [Value]?
    var sourceAfter: [Value]?
    /// The same in the plan's target fields.
    var before: [Value]?
    var after: [Value]?
    /// The target's record in the target side's shape; nil where there is none.
    var current: [Value]?
}

/// What to do about a met change.
struct ChangeResolution {
    enum Write {
        case insert([Value])
        /// Before and after, in the plan's target fields.
        case update([Value])
        case delete([Value])
    }
    var write: Write?
    var conflicts: [ConflictRecord] = []
    /// Both sides are to be compared again when the streams are quiet.
    var revisit = false
    /// The change cannot be applied: code, and why.
    var park: (code: String, message: String)?
}

/// Decides what becomes of changes that met something unexpected (DESIGN §7.5): a three-way merge whose base is the
/// image before; fields that only one side changed merge by themselves, overlaps go to the map's rule.
struct ChangeResolver {
    let runtime: MapRuntime
    let link: String
    let source: Side
    let plan: DirectionPlan
    let key: [UInt8]
    let keyText: String

    private var target: Side { source.opposite }
    private var map: CompiledMap { runtime.map }
    private var targetNames: [String] { plan.targetFields.map(\.name) }

    func resolve(_ change: MetChange) -> ChangeResolution {
        guard let current = change.current else { return resolveMissing(change) }
        let readRow = Projection(from: runtime.shape(target), to: plan.targetReadFields)(current)
        guard plan.targetIncludes(RowBatch(row: readRow)).first == true else { return outsideFilter(change) }
        switch change.operation {
        case .insert, .update: return resolveFields(change, current: current)
        case .delete: return resolveDelete(change, current: current)
        case .truncate: return ChangeResolution()
        }
    }

    private func outsideFilter(_ change: MetChange) -> ChangeResolution {
        // What the map does not see it neither overwrites nor deletes.
        if change.operation == .delete { return ChangeResolution() }
        var resolution = ChangeResolution()
        resolution.park = (ParkingCode.outsideFilter, ParkingCode.outsideFilter(map.stores[target.rawValue]))
        return resolution
    }

    // MARK: Fields

    private func resolveFields(_ change: MetChange, current: [Value]) -> ChangeResolution {
        guard let after = change.after else { return ChangeResolution() }
        let now = Projection(from: runtime.shape(target), to: targetNames)(current)
        let reversed = reversedCurrent(current)
        let stamps = stamps(change, current: current)
        var written = now
        var decisions: [(pair: Int, decision: FieldDecision)] = []
        for (index, field) in plan.targetFields.enumerated() {
            let wanted = after[index]
            guard wanted != .unchanged, !now[index].isSame(as: wanted) else { continue }
            if let before = change.before, before[index] != .unchanged {
                guard !before[index].isSame(as: wanted) else { continue }
                if now[index].isSame(as: before[index]) || agrees(reversed, field, change.sourceBefore) {
                    written[index] = wanted
                    continue
                }
            }
            // What the target holds maps back to just what the source has: the difference is the map's own making.
            if agrees(reversed, field, change.sourceAfter) { continue }
            let decision = map.decide(field.authority, source: source, stamps: stamps)
            decisions.append((field.pair, decision))
            if decision.winner == source { written[index] = wanted }
        }
        var resolution = ChangeResolution()
        resolution.conflicts = conflicts(change, current: current, decisions: decisions)
        resolution.revisit = !decisions.isEmpty
        if zip(now, written).contains(where: { !$0.isSame(as: $1) }) { resolution.write = .update(now + written) }
        return resolution
    }

    private func stamps(_ change: MetChange, current: [Value]) -> [Value?] {
        let sourceRow = change.sourceAfter ?? change.sourceBefore
        let sourceStamp = plan.sourceStamp.flatMap { sourceRow?[$0] }
        let targetStamp = plan.targetStamp.map { plan.targetReadFields[$0] }
            .flatMap { runtime.shape(target).firstIndex(of: $0) }.map { current[$0] }
        return source == .left ? [sourceStamp, targetStamp] : [targetStamp, sourceStamp]
    }

    /// The target's record mapped back to the source's fields, by field name; empty where that cannot be.
    private func reversedCurrent(_ current: [Value]) -> [String: Value] {
        guard let reverse = map.plan(from: target), case .success(let image?) = runtime.mapped(current, from: target)
        else {
            return [:]
        }
        return Dictionary(zip(reverse.targetFields.map(\.name), image), uniquingKeysWith: { first, _ in first })
    }

    private func agrees(_ reversed: [String: Value], _ field: TargetField, _ image: [Value]?) -> Bool {
        guard let image, let reverse = map.plan(from: target),
            let back = reverse.targetFields.first(where: { $0.pair == field.pair }),
            let value = reversed[back.name], let index = plan.sourceFields.firstIndex(of: back.name)
        else { return false }
        return value.isSame(as: image[index])
    }

    // MARK: Deletes

    private func resolveMissing(_ change: MetChange) -> ChangeResolution {
        guard change.operation == .update, let before = change.before, let after = change.after else {
            return ChangeResolution()
        }
        let whole = zip(before, after).map { $1 == .unchanged ? $0 : $1 }
        var resolution = ChangeResolution()
        if map.direction != .both {
            resolution.write = .insert(whole)
            return resolution
        }
        let (winner, rule) = deleteWinner(updating: source)
        resolution.conflicts = [conflict(change, kind: .deleted, pairs: [], rule: rule, winner: winner)]
        resolution.revisit = true
        if winner == source { resolution.write = .insert(whole) }
        return resolution
    }

    private func resolveDelete(_ change: MetChange, current: [Value]) -> ChangeResolution {
        guard let before = change.before else { return ChangeResolution() }
        let now = Projection(from: runtime.shape(target), to: targetNames)(current)
        let reversed = reversedCurrent(current)
        let differs = plan.targetFields.indices.contains { index in
            before[index] != .unchanged && !now[index].isSame(as: before[index])
                && !agrees(reversed, plan.targetFields[index], change.sourceBefore)
        }
        var resolution = ChangeResolution()
        if !differs || map.direction != .both {
            resolution.write = .delete(now)
            return resolution
        }
        let (winner, rule) = deleteWinner(updating: target)
        resolution.conflicts = [conflict(change, kind: .deleted, pairs: [], rule: rule, winner: winner)]
        resolution.revisit = true
        if winner == source { resolution.write = .delete(now) }
        return resolution
    }

    private func deleteWinner(updating side: Side) -> (winner: Side?, rule: String) {
        switch map.deleteRule {
        case .updateWins: (side, "update-wins")
        case .deleteWins: (side.opposite, "delete-wins")
        case .manual: (nil, "manual")
        }
    }

    // MARK: Records

    private func conflicts(
        _ change: MetChange, current: [Value], decisions: [(pair: Int, decision: FieldDecision)]
    ) -> [ConflictRecord] {
        let kind: ConflictRecord.Kind = change.before == nil ? .firstMeeting : .overlap
        var records: [ConflictRecord] = []
        for (rule, group) in Dictionary(grouping: decisions, by: \.decision).sorted(by: { $0.key.rule < $1.key.rule }) {
            records.append(
                conflict(change, kind: kind, pairs: group.map(\.pair), rule: rule.rule, winner: rule.winner))
        }
        return records
    }

    private func conflict(
        _ change: MetChange, kind: ConflictRecord.Kind, pairs: [Int], rule: String, winner: Side?
    ) -> ConflictRecord {
        let sourceRow = change.sourceAfter.map { StoredRow(fields: plan.sourceFields, values: $0) }
        let targetRow = change.current.map { StoredRow(fields: runtime.shape(target), values: $0) }
        let base = change.sourceBefore.map { StoredRow(fields: plan.sourceFields, values: $0) }
        return runtime.conflict(
            link: link, kind: kind, key: key, keyText: keyText, pairs: pairs, base: base, baseSide: source,
            left: source == .left ? sourceRow : targetRow, right: source == .left ? targetRow : sourceRow, rule: rule,
            winner: winner)
    }
}

extension MapRuntime {
    /// Who changes a key meets whoever uses the old one or the new one: both are compared again when all is quiet.
    ///
    /// - Parameters:
    ///   - before: and `after`: images of the source record, in the plan's source fields.
    /// - Returns: none where the key stayed.
    func revisits(_ before: [Value], _ after: [Value], of plan: DirectionPlan) -> [RevisitKey] {
        let keys = [before, after].map { image in plan.sourceKey.map { image[$0] } }
        let encoded = keys.map { KeyEncoder.encode(RowBatch(row: $0), row: 0, columns: $0.indices) }
        guard encoded[0] != encoded[1] else { return [] }
        return zip(encoded, keys).map { bytes, values in
            RevisitKey(
                map: map.name, key: bytes,
                row: StoredRow(fields: keyFields[plan.source.rawValue], values: values), side: plan.source.rawValue)
        }
    }

    /// Makes the record of a conflict; open where nobody won.
    func conflict(
        link: String, kind: ConflictRecord.Kind, key: [UInt8], keyText: String, pairs: [Int], base: StoredRow?,
        baseSide: Side, left: StoredRow?, right: StoredRow?, rule: String, winner: Side?
    ) -> ConflictRecord {
        ConflictRecord(
            digest: conflictDigest(key: key, pairs: pairs, left: left, right: right), link: link, map: map.name,
            kind: kind, key: key, keyText: keyText, fields: pairs.map(pairText), pairs: pairs, base: base,
            baseSide: baseSide.rawValue, left: left, right: right, rule: rule, winner: winner?.rawValue,
            status: winner == nil ? .open : .automatic, decidedBy: winner == nil ? "" : "engine")
    }

    private func conflictDigest(key: [UInt8], pairs: [Int], left: StoredRow?, right: StoredRow?) -> String {
        var bytes = key
        bytes += Array(pairs.sorted().map(String.init).joined(separator: ",").utf8)
        for (side, row) in [(Side.left, left), (Side.right, right)] {
            bytes.append(0)
            guard let row else { continue }
            // Only what either direction sees of the side, so that both find the same.
            let read = map.plan(from: side)?.sourceFields
            let fields = (map.plan(from: side.opposite)?.targetFields ?? [])
                .filter { pairs.isEmpty || pairs.contains($0.pair) }.map(\.name)
                .filter { read?.contains($0) ?? true }.sorted()
            for field in fields {
                guard let value = row.value(field) else { continue }
                bytes += RowBatch(row: [value]).encodedRow(0)
            }
        }
        return ConflictRecord.digest(of: bytes)
    }
}
