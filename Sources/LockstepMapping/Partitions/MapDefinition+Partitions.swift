extension MapDefinition {
    /// The file's name for the map, and the partition that this one is for.
    public var mapName: MapName { MapName(name.value) }

    /// The maps that a file's map stands for in a link: one for each partition where partitions are listed, itself
    /// otherwise.
    ///
    /// Whether an entity has a field that is only a store's rule is known when schemas are:
    /// ``MapCompiler/settle(_:schemas:)`` makes one map again of those whose records are in no partition.
    func parted(by link: LinkConfiguration) -> (definitions: [MapDefinition], diagnostics: [Diagnostic]) {
        var whole = self
        let fields: [Located<String>?]
        var isDefault = false
        switch setting?.fields {
        case .some(.none): return ([self], [])
        case .some(.fields(let own)): fields = own
        case nil:
            fields = link.partitionFields
            isDefault = true
        }
        let listed = setting?.partitions ?? link.partitions
        guard fields.contains(where: { $0 != nil }) else {
            guard let setting, setting.partitions != nil else { return ([self], []) }
            let diagnostic = Diagnostic(
                .error, MapCode.badPartitions.rawValue, at: setting.location,
                "the map lists partitions, and nothing says which field they are in",
                hint: "add `partition: {\(stores[0]): field, \(stores[1]): field}`, or `partition` to the stores")
            return ([self], [diagnostic])
        }
        let all = listed.map(\.value)
        whole.partition = PartitionDefinition(fields: fields, isDefault: isDefault, all: all)
        guard !listed.isEmpty else { return ([whole], []) }
        return (all.map { whole.part($0) }, [])
    }

    private func part(_ value: String) -> MapDefinition {
        var part = self
        part.name.value = MapName(base: name.value, partition: value).description
        part.partition?.value = value
        return part
    }
}
