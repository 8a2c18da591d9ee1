internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// One map during one run: its plans, its record, what is parked, and what was counted. Used by the run's task only.
final class MapRuntime {
    let index: Int
    let map: CompiledMap
    /// By side: the fields that are read of a record for any purpose, whichever way it goes.
    let shapes: [[String]]
    /// By side: the key's fields.
    let keyFields: [[String]]
    /// By the side that is written: what may be written after its record.
    private let deferrals: [Deferral]
    var record: MapRecord
    /// The state that the run found.
    let stateBefore: MapState
    /// By the side that changes come from: the keys that are parked.
    var parkedKeys: [Set<[UInt8]>] = [[], []]
    var hasLoadedParkedKeys = [false, false]
    /// While it is copied, by the side that records come from: keys of those that lacked something before.
    var rests: [Set<[UInt8]>] = [[], []]
    var report: MapReport
    /// The run is about other maps: this one stays where it stands.
    var isLeftOut = false
    /// By the side that is written: deletes in this run, and the entity's size that the guard is measured by.
    var deletes = [0, 0]
    var guardedCounts: [Int64?] = [nil, nil]

    init(index: Int, map: CompiledMap, record: MapRecord, deferrals: [Deferral]) {
        self.index = index
        self.map = map
        self.deferrals = deferrals
        self.record = record
        stateBefore = record.state
        shapes = Side.allCases.map { side in
            var fields = map.plan(from: side)?.sourceFields ?? []
            for field in map.plan(from: side.opposite)?.targetReadFields ?? [] where !fields.contains(field) {
                fields.append(field)
            }
            return fields
        }
        keyFields = Side.allCases.map { side in
            if let plan = map.plan(from: side) { return plan.sourceKey.map { plan.sourceFields[$0] } }
            guard let plan = map.plan(from: side.opposite) else { return [] }
            return plan.targetKey.map { plan.targetFields[$0].name }
        }
        report = MapReport(
            map: map.name, leftEntity: map.entities[0], rightEntity: map.entities[1])
    }

    func deferral(writing side: Side) -> Deferral { deferrals[side.rawValue] }

    func shape(_ side: Side) -> [String] { shapes[side.rawValue] }

    /// Where a side's shape has its key fields.
    func keyIndexes(_ side: Side) -> [Int] {
        keyFields[side.rawValue].compactMap { shape(side).firstIndex(of: $0) }
    }

    /// Counts records that were changed on a side.
    func count(_ operation: LockstepModel.Operation, _ count: Int, writing side: Side) {
        let path: WritableKeyPath<MapReport, WriteCounts> = side == .left ? \.toLeft : \.toRight
        switch operation {
        case .insert: report[keyPath: path].inserts += count
        case .update: report[keyPath: path].updates += count
        case .delete:
            report[keyPath: path].deletes += count
            deletes[side.rawValue] += count
        case .truncate: break
        }
    }

    /// Nothing counts as written on a side.
    func forgetCounts(writing side: Side) {
        let path: WritableKeyPath<MapReport, WriteCounts> = side == .left ? \.toLeft : \.toRight
        report[keyPath: path] = WriteCounts()
        deletes[side.rawValue] = 0
    }

    /// `account=C-17, company=DE`: a key for people.
    func keyText(_ side: Side, _ values: [Value]) -> String {
        zip(keyFields[side.rawValue], values).map { "\($0)=\($1.displayText)" }.joined(separator: ", ")
    }

    /// The pair's fields for people: one name, or both where they differ.
    func pairText(_ pair: Int) -> String {
        let right = map.plan(from: .left)?.targetFields.first { $0.pair == pair }?.name
        let left = map.plan(from: .right)?.targetFields.first { $0.pair == pair }?.name
        return switch (left, right) {
        case (let left?, let right?): left == right ? left : "\(left) ~ \(right)"
        case (let name?, nil), (nil, let name?): name
        case (nil, nil): "pair \(pair)"
        }
    }
}
