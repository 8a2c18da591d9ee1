internal import ConnectorKit
internal import LockstepExpressions
internal import LockstepMapping
internal import LockstepModel

extension DataLinter {
    /// Counts the records whose key another record has, too, where the store itself does not keep keys apart.
    func checkKey(
        _ definition: MapDefinition, _ side: Side, _ snapshots: [any Snapshot], _ report: inout DataLintReport
    ) async throws {
        let names = definition.key.map { $0.fields[side.rawValue].value }
        guard let entity = link.schema(side).entity(definition.entities[side.rawValue].value),
            let first = definition.key.first,
            names.allSatisfy({ entity.field($0)?.path == nil && entity.field($0) != nil }),
            Set(names).count == names.count, !entity.keys.contains(where: { Set($0.fields).isSubset(of: names) })
        else { return }
        let filter = condition(definition.filters[side.rawValue].map { [$0.value] } ?? [], entity)
        let fields = names + (filter?.fieldNames ?? []).filter { !names.contains($0) }
        let compiled = filter?.compile(columns: fields)
        var scan = KeyScan(width: names.count)
        let read = try await self.read(
            ReadRequest(
                entity: entity.name, fields: fields,
                predicate: filter.flatMap { filter in
                    link.connector(side).capabilities.dialect.flatMap { filter.predicate(dialect: $0) }
                }, order: .byKey(names)),
            snapshots[side.rawValue], subject: definition.name.value, expected: entity.estimatedCount
        ) { batch in
            for row in 0..<batch.rowCount {
                // What cannot be evaluated is reported where it would be parked.
                if let compiled, (try? compiled.matches(batch, row: row, columnOffset: 0)) == false { continue }
                scan.add(batch, row)
            }
        }
        let store = definition.stores[side.rawValue]
        report.coverage.append(
            DataCoverage(
                map: definition.name.value, store: store, entity: entity.name, purpose: "keys", records: read.records,
                isWhole: read.isWhole))
        guard scan.sharing > 0 else { return }
        report.findings.append(
            DataFinding(
                diagnostic: Diagnostic(
                    .error, MapCode.keyNotUniqueInData.rawValue, at: first.fields[side.rawValue].location,
                    "\(scan.sharing) records of `\(entity.name)` in `\(store)` share \(scan.sharedKeys) "
                        + "\(scan.sharedKeys == 1 ? "key" : "keys") (\(names.joined(separator: ", ")))"
                        + (read.isWhole ? "" : ", among the \(read.records) that were read"),
                    hint: "merge or delete the doubles, or add a field to the key; then add a unique index"),
                map: definition.name.value, records: scan.sharing))
    }

    /// Conditions joined by `and`; nil where there is none, or one that does not fit the entity.
    func condition(_ texts: [String], _ entity: EntityDescription) -> CheckedExpression? {
        guard !texts.isEmpty else { return nil }
        let text = texts.map { "(\($0))" }.joined(separator: " and ")
        return try? Expression.parse(text).checkCondition(fields: entity.fields)
    }
}

/// Counts equal keys among records that come in the order of their keys.
private struct KeyScan {
    let width: Int
    /// Records whose key is not theirs alone.
    private(set) var sharing = 0
    /// Keys that several records have.
    private(set) var sharedKeys = 0
    private var last: [UInt8]?
    private var lastIsShared = false

    init(width: Int) { self.width = width }

    mutating func add(_ batch: RowBatch, _ row: Int) {
        // A record without a key is none that could be taken for another; it is reported where it would be parked.
        guard !(0..<width).contains(where: { batch[row, $0].kind == .null }) else { return }
        let key = KeyEncoder.encode(batch, row: row, columns: 0..<width)
        guard key == last else {
            last = key
            lastIsShared = false
            return
        }
        sharing += lastIsShared ? 1 : 2
        sharedKeys += lastIsShared ? 0 : 1
        lastIsShared = true
    }
}
