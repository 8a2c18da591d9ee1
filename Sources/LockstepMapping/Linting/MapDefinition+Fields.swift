import LockstepExpressions

extension MapDefinition {
    /// The fields of a side that the map touches, each with the first place where it does; of a path its first step.
    public func usedFields(_ side: Side) -> [String: SourceLocation] {
        var fields: [String: SourceLocation] = [:]
        func add(_ name: String, _ location: SourceLocation) {
            for used in [name, String(name.prefix { $0 != "." })] where fields[used] == nil { fields[used] = location }
        }
        for part in key { add(part.fields[side.rawValue].value, part.fields[side.rawValue].location) }
        for pair in pairs {
            if let field = pair.fields[side.rawValue] { add(field.value, field.location) }
            guard let expression = pair.expression, pair.fields[side.rawValue] == nil else { continue }
            for name in Self.fields(in: expression) { add(name, expression.location) }
        }
        if let filter = filters[side.rawValue] {
            for name in Self.fields(in: filter) { add(name, filter.location) }
        }
        if let overlap, case .newest(let left, let right) = overlap.value {
            add(side == .left ? left : right, overlap.location)
        }
        return fields
    }

    private static func fields(in text: Located<String>) -> [String] {
        (try? Expression.parse(text.value))?.namedFields ?? []
    }
}
