import Yams

/// References that stores do not declare.
extension MapParser {
    mutating func references(_ node: Node) -> [ReferenceDefinition] {
        guard let items = reader.items(node, of: "`references`") else { return [] }
        return items.compactMap { reference($0) }
    }

    private mutating func reference(_ node: Node) -> ReferenceDefinition? {
        guard let fields = reader.fields(node, of: "a reference", known: stores + ["to", "key"]) else { return nil }
        let sides = Side.allCases.filter { fields[stores[$0.rawValue]] != nil }
        let target = reader.required("to", in: fields).flatMap { reader.text($0, of: "`to`") }
        guard sides.count == 1, let side = sides.first, let given = fields[stores[side.rawValue]] else {
            report(
                .badReference, at: fields.location, "a reference names a field of one store, and where it leads",
                hint: "write `{\(stores[0]): field, to: entity.field}`")
            return nil
        }
        let names = self.names(given, of: "the field of `\(stores[side.rawValue])`")
        let key = fields["key"].map { self.names($0, of: "`key`") }
        guard let target, !names.isEmpty else { return nil }
        if let key, key.count != names.count {
            report(
                .badReference, at: fields.place(of: "key"),
                "\(names.count == 1 ? "one field refers" : "\(names.count) fields refer") to a key of \(key.count)",
                hint: "name as many fields in `key`, in the same order")
            return nil
        }
        return ReferenceDefinition(side: side, fields: names, target: target, key: key, location: fields.location)
    }

    /// One name, or a list of names.
    private mutating func names(_ node: Node, of what: String) -> [Located<String>] {
        guard case .sequence = node else { return reader.text(node, of: what).map { [$0] } ?? [] }
        let items = reader.items(node, of: what) ?? []
        if items.isEmpty {
            reader.report(.badValue, at: reader.location(node), "\(what) is empty", hint: "name a field")
        }
        return items.compactMap { reader.text($0, of: what) }
    }
}
