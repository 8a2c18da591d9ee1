internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

extension ChunkApplier {
    /// A change that cannot be mapped, or whose key waits already.
    func parked(
        _ part: MappedChunk, row: Int, failure: MappingFailure?
    ) -> ParkedRecord {
        parked(
            part, operation: part.operations[row], first: row, last: row,
            code: failure?.code ?? ParkingCode.follows,
            field: failure?.field ?? "", message: failure?.message ?? "an earlier change of the record is parked")
    }

    /// A change that the store refused.
    func parked(_ part: MappedChunk, _ entry: RefusedChange) -> ParkedRecord {
        let change = entry.change
        let keys = [part.sourceBefore(change.first), part.sourceAfter(change.last)].map { image in
            part.plan.sourceKey.compactMap { image?[$0] }
        }
        let reason =
            change.operation == .update && keys[0] != keys[1]
            ? link.reasonOfKeptKey(entry.rejection, part.runtime, on: target) : ParkingReason(entry.rejection)
        return parked(
            part, operation: change.operation, first: change.first, last: change.last, code: reason.code,
            field: reason.field, message: reason.message)
    }

    private func parked(
        _ part: MappedChunk, operation: LockstepModel.Operation, first: Int, last: Int,
        code: String, field: String, message: String
    ) -> ParkedRecord {
        let fields = part.plan.sourceFields
        // Under the key that the record has now: its later changes come with it.
        let offset = operation == .delete ? 0 : fields.count
        let columns = part.plan.sourceKey.map { $0 + offset }
        let (row, values) = (operation == .delete ? first : last, part.source)
        let key = KeyEncoder.encode(values, row: row, columns: columns)
        let before = operation == .insert ? nil : part.sourceBefore(first)
        let after = operation == .delete ? nil : part.sourceAfter(last)
        return ParkedRecord(
            link: link.name, map: part.runtime.map.name, source: side.rawValue, key: key,
            keyText: part.runtime.keyText(side, columns.map { values.value(row, $0) }), operation: operation,
            before: before.map { StoredRow(fields: fields, values: $0) },
            after: after.map { StoredRow(fields: fields, values: $0) }, code: code, field: field, message: message)
    }
}

extension MapRuntime {
    /// The keys that a parked record has in its source and has or had in the target: changes of either wait with it.
    func keys(of record: ParkedRecord) -> Set<[UInt8]> {
        let side = Side(rawValue: record.source) ?? .left
        return Set([record.key] + [record.before, record.after].compactMap { $0.flatMap { key(of: $0, side) } })
    }

    /// The key of a kept image; nil where it was kept without.
    func key(of row: StoredRow, _ side: Side) -> [UInt8]? {
        let values = keyFields[side.rawValue].compactMap { row.value($0) }
        guard values.count == keyFields[side.rawValue].count, !values.isEmpty else { return nil }
        return KeyEncoder.encode(RowBatch(row: values), row: 0, columns: values.indices)
    }

    /// A record whose difference from its like cannot be written: parked as a record that meets it for the first time.
    ///
    /// - Parameter row: the source's record, in its side's shape.
    func parkedDifference(
        link: String, _ row: [Value], _ source: Side, code: String, field: String, message: String
    ) -> [ParkedRecord] {
        guard let plan = map.plan(from: source) else { return [] }
        let values = Projection(from: shape(source), to: plan.sourceFields)(row)
        let key = plan.sourceKey.map { values[$0] }
        return [
            ParkedRecord(
                link: link, map: map.name, source: source.rawValue,
                key: KeyEncoder.encode(RowBatch(row: key), row: 0, columns: key.indices),
                keyText: keyText(source, key), operation: .insert, before: nil,
                after: StoredRow(fields: plan.sourceFields, values: values), code: code, field: field, message: message)
        ]
    }
}

/// Why a store refused a record, as a parked record says it.
struct ParkingReason {
    var code: String
    /// The constraint or field, where there is one.
    var field: String
    var message: String

    init(_ rejection: Rejection) {
        let isCode = rejection.constraint?.hasPrefix("LS-") ?? false
        code = isCode ? rejection.constraint ?? "" : ParkingCode.code(rejection.cause)
        field = isCode ? "" : rejection.constraint ?? ""
        message = rejection.message
    }

    init(code: String, field: String, message: String) {
        self.code = code
        self.field = field
        self.message = message
    }
}

extension SyncLink {
    /// Why a record was not given its new key: where others refer to the old one, what a person has to do.
    ///
    /// The engine does not do it by itself: fields that no map has would be lost with the old record.
    ///
    /// - Parameter target: the side that was written.
    func reasonOfKeptKey(_ rejection: Rejection, _ runtime: MapRuntime, on target: Side) -> ParkingReason {
        var reason = ParkingReason(rejection)
        let entity = runtime.map.entities[target.rawValue]
        let key = runtime.keyFields[target.rawValue]
        let referring = schema(target).entities.flatMap { other in
            other.references.filter { reference in
                reference.targetEntity == entity
                    && (reference.targetFields.isEmpty || reference.targetFields.contains(where: key.contains))
            }.map { "`\(other.name).\($0.fields.joined(separator: "+"))`" }
        }
        guard rejection.cause == .reference, !referring.isEmpty else { return reason }
        reason.message =
            "others refer to the old key: \(referring.joined(separator: ", ")); in `\(store(target))`, and in one "
            + "transaction, insert the record of `\(entity)` again under its new key, let all of them refer to that "
            + "one, and delete the old one; the next sync takes it from there"
        return reason
    }
}

/// Codes of the reasons for which stores refuse records, as people see them in `lockstep parked`.
enum ParkingCode {
    static let follows = "LS-PARK-FOLLOWS"
    static let outsideFilter = "LS-PARK-OUTSIDE-FILTER"
    /// The record is there but for what it defers.
    static let deferred = StateDatabase.deferredCode

    static func outsideFilter(_ store: String) -> String {
        "\(store) has a record of this key outside the map's filter"
    }

    static func code(_ cause: Rejection.Cause) -> String {
        switch cause {
        case .uniqueKey: "LS-PARK-UNIQUE"
        case .reference: "LS-PARK-REFERENCE"
        case .notNull: "LS-PARK-NOT-NULL"
        case .check: "LS-PARK-CHECK"
        case .outOfRange: "LS-PARK-OUT-OF-RANGE"
        case .wrongType: "LS-PARK-WRONG-TYPE"
        case .readOnly: "LS-PARK-READ-ONLY"
        case .other: "LS-PARK-REFUSED"
        }
    }
}

extension ParkedRecord {
    /// The net effect of what waits and a later change of the same record; nil when nothing is left to do.
    ///
    /// The later change's code and message count only where they are a reason of its own.
    func folded(with later: ParkedRecord) -> ParkedRecord? {
        var record = later
        record.before = before
        record.firstSeen = firstSeen
        if later.code == ParkingCode.follows {
            record.code = code
            record.field = field
            record.message = message
            record.attempts = attempts
        }
        switch (operation, later.operation) {
        case (.insert, .delete): return nil
        case (.insert, _):
            record.operation = .insert
        case (.delete, .insert):
            record.operation = .update
        case (_, .delete):
            // It still has its old key on the other side.
            record.operation = .delete
        default:
            record.operation = .update
            // What it lacks stays known, whatever else is wrong with it.
            if code == ParkingCode.deferred { record.code = code }
        }
        return record
    }
}
