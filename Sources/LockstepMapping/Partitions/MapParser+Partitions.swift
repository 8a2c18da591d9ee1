import Yams

/// What a map says of partitions.
extension MapParser {
    mutating func partition(_ fields: Fields) -> PartitionSetting? {
        guard fields["partition"] != nil || fields["partitions"] != nil else { return nil }
        let place = fields["partition"] == nil ? "partitions" : "partition"
        var setting = PartitionSetting(location: fields.place(of: place))
        if let node = fields["partition"] { setting.fields = partitionFields(node) }
        setting.partitions = fields["partitions"].flatMap {
            reader.partitions($0, code: MapCode.badPartitions.rawValue)
        }
        if setting.fields == PartitionSetting.Fields.none, fields["partitions"] != nil {
            report(
                .badPartitions, at: fields.place(of: "partitions"),
                "a map without a partition has no list of partitions",
                hint: "leave `partitions` or `partition: none` out")
        }
        return setting
    }

    private mutating func partitionFields(_ node: Node) -> PartitionSetting.Fields? {
        if case .scalar = node {
            return reader.word(node, of: "`partition`", among: [("none", PartitionSetting.Fields.none)])?.value
        }
        guard let fields = reader.fields(node, of: "`partition`", known: stores) else { return nil }
        let names = stores.map { store in fields[store].flatMap { fieldName($0, store: store) } }
        guard names.contains(where: { $0 != nil }) else {
            reader.report(
                .badValue, at: fields.location, "`partition` names no field",
                hint: "write `{\(stores[0]): field, \(stores[1]): field}`, or `none`")
            return nil
        }
        return .fields(names)
    }
}
