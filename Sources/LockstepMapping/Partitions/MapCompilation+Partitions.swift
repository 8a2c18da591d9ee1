import LockstepExpressions
import LockstepModel

/// What a partition makes of a map: a part of its key, a condition on either side, a constant.
extension MapCompilation {
    /// Writes the partition into the definition, once the schemas say which side's records have one.
    mutating func settlePartition() {
        guard var partition = definition.partition else { return }
        defer {
            if let settled = definition.partition {
                partitionFields = settled.fields.map { $0?.value }
            }
        }
        guard !partition.isSettled else { return }
        let errorCount = diagnostics.count
        partition.fields = pairedByKey(partition)
        for side in Side.allCases {
            guard let name = partition.fields[side.rawValue] else { continue }
            partition.fields[side.rawValue] = isParted(by: name, partition, side) ? name : nil
        }
        partition.isSettled = true
        guard diagnostics.count == errorCount else { return }
        let bound = Side.allCases.filter { partition.fields[$0.rawValue] != nil }
        definition.partition = bound.isEmpty ? nil : partition
        if bound.count == 2 { addKeyPart(partition) }
        guard let value = partition.value else { return }
        if bound.count == 1, let side = bound.first { checkOneSided(partition, side) }
        for side in bound { restrict(to: value, partition, side) }
    }

    /// Where the map's key pairs a partition field already, its pair is the partition's.
    private mutating func pairedByKey(_ partition: PartitionDefinition) -> [Located<String>?] {
        let fields = partition.fields
        let part = definition.key.first { part in
            Side.allCases.contains { fields[$0.rawValue] == part.fields[$0.rawValue] }
        }
        guard let part else { return fields }
        for side in Side.allCases where !partition.isDefault {
            guard let own = fields[side.rawValue], own != part.fields[side.rawValue] else { continue }
            error(
                .badPartitionField, at: own.location,
                "the key pairs `\(part.fields[side.opposite.rawValue].value)` with "
                    + "`\(part.fields[side.rawValue].value)`, the partition with `\(own.value)`",
                hint: "name the same fields in both, or leave the pair out of `key`")
        }
        return part.fields.map { $0 }
    }

    /// Whether the records of a side say their partition by a field: as the map says, or where the entity has it.
    private mutating func isParted(by name: Located<String>, _ partition: PartitionDefinition, _ side: Side) -> Bool {
        let entity = entities[side.rawValue]
        guard partition.isDefault else { return field(name, side) != nil }
        do throws(PathResolver.Problem) {
            _ = try resolvers[side.rawValue].field(name.value, of: entity)
            return true
        } catch {
            let first = String(name.value.prefix { $0 != "." })
            // No such field: the entity is in no partition. Nor is the one that lists the partitions themselves.
            guard entity.field(first) != nil, !entity.hasKey([first]) else { return false }
            report(error, Located(name.value, at: definition.entities[side.rawValue].location), side)
            return false
        }
    }

    private mutating func addKeyPart(_ partition: PartitionDefinition) {
        guard let left = partition.fields[0], let right = partition.fields[1] else { return }
        guard !definition.key.contains(where: { $0.fields == [left, right] }) else { return }
        let place = definition.key.first?.location ?? left.location
        definition.key.append(
            MapDefinition.KeyPart(
                fields: [Located(left.value, at: place), Located(right.value, at: place)], location: place))
    }

    // MARK: One partition

    /// Adds `and field eq 'value'` to a side's condition.
    private mutating func restrict(to value: String, _ partition: PartitionDefinition, _ side: Side) {
        guard let name = partition.fields[side.rawValue], let field = field(name, side) else { return }
        let spelling = field.path == nil ? name.value : name.value.replacing(".", with: "/")
        guard let literal = literal(value, for: field, at: name.location) else { return }
        let own = "\(spelling) eq \(literal)"
        guard let parsed = try? Expression.parse(own), parsed == (try? Expression.parse("(\(own))")) else {
            return error(
                .badPartitionField, at: name.location, "`\(name.value)` cannot be named in a condition",
                hint: "partition by a field whose name has letters, digits and `_` only")
        }
        guard let filter = definition.filters[side.rawValue] else {
            definition.filters[side.rawValue] = Located(own, at: name.location)
            return
        }
        // What is no condition by itself is reported as it stands, and must not become one in parentheses.
        guard (try? Expression.parse(filter.value)) != nil else { return }
        var place = filter.location
        place.column -= 1
        definition.filters[side.rawValue] = Located("(\(filter.value)) and \(own)", at: place)
    }

    /// A partition as it is written in a condition over a field; nil, reported, where the field cannot hold it.
    private mutating func literal(_ value: String, for field: FieldDescription, at place: SourceLocation) -> String? {
        switch field.type {
        case .text:
            guard field.labels?.contains(value) != false else { break }
            return "'" + value.replacing("'", with: "''") + "'"
        case .int64:
            // One spelling for one number: 1 and 01 are not two partitions.
            guard let number = Int64(value), String(number) == value else { break }
            return value
        case .bool, .float64, .decimal, .bytes, .date, .time, .timestamp, .instant, .uuid, .json: break
        }
        error(
            .badPartitionField, at: place,
            "`\(field.name)` (\(field.nativeType)) does not hold the partition `\(value)`",
            hint: "partitions are texts or whole numbers, written as the field holds them")
        return nil
    }

    // MARK: One side only

    /// Records of one side have a partition, those of the other have none.
    private mutating func checkOneSided(_ partition: PartitionDefinition, _ bound: Side) {
        guard let name = partition.fields[bound.rawValue], let value = partition.value else { return }
        let (parted, whole) = (entities[bound.rawValue].name, entities[bound.opposite.rawValue].name)
        if partition.all.count > 1 {
            let goesBack = definition.direction.includes(from: bound)
            error(
                .partitionsDrift, at: definition.entities[bound.rawValue].location,
                goesBack
                    ? "records of \(partition.all.count) partitions of `\(parted)` would share one of `\(whole)`, which "
                        + "has no partition"
                    : "a record of `\(whole)` has no partition, and \(partition.all.count) would each write their own "
                        + "of `\(parted)` under its key",
                hint:
                    "give the map one partition (`partitions: [\(partition.all[0])]`), or both sides a partition field")
        }
        guard definition.direction.includes(from: bound.opposite) else { return }
        guard !definition.pairs.contains(where: { $0.fields[bound.rawValue]?.value == name.value }) else { return }
        let constant = Located(ScalarText(text: value, isQuoted: true), at: name.location)
        var fields: [Located<String>?] = [nil, nil]
        fields[bound.rawValue] = Located(name.value, at: name.location)
        definition.pairs.append(PairDefinition(fields: fields, constant: constant, at: name.location))
    }
}

extension PairDefinition {
    /// A pair that writes a constant.
    fileprivate init(fields: [Located<String>?], constant: Located<ScalarText>, at location: SourceLocation) {
        self.init(
            location: location, fields: fields, direction: nil, owner: nil, values: [], unmapped: .park,
            defaultValue: nil, constant: constant, expression: nil, loss: nil)
    }
}
