public import LockstepModel

/// Fields of either side that may tell the same records apart.
public struct KeyCandidate: Sendable, Hashable {
    /// Field names by ``Side``, one for one.
    public var fields: [[String]]
    /// How alike the names are, 0 to 1.
    public var likeness: Double

    /// Keys of more fields than this are not tried.
    private static let mostFields = 6

    /// The pairs of unique keys whose types go together, the likeliest by their names first.
    public static func all(_ left: EntityDescription, _ right: EntityDescription) -> [KeyCandidate] {
        var candidates: [KeyCandidate] = []
        for leftKey in left.keys where leftKey.fields.count <= mostFields {
            for rightKey in right.keys where rightKey.fields.count == leftKey.fields.count {
                guard let candidate = candidate(leftKey.fields, rightKey.fields, left, right),
                    !candidates.contains(where: { Set($0.parts) == Set(candidate.parts) })
                else { continue }
                candidates.append(candidate)
            }
        }
        return candidates.sorted { ($1.likeness, $0.parts.count) < ($0.likeness, $1.parts.count) }
    }

    /// The parts of the key, each a field of either side.
    private var parts: [[String]] { zip(fields[0], fields[1]).map { [$0, $1] } }

    private static func candidate(
        _ leftFields: [String], _ rightFields: [String], _ left: EntityDescription, _ right: EntityDescription
    ) -> KeyCandidate? {
        let scores = leftFields.map { leftName in
            rightFields.map { rightName -> Double in
                guard let a = left.field(leftName), let b = right.field(rightName), compare(a.type, b.type) else {
                    return 0
                }
                return 0.05 + NameWords(leftName).similarity(to: NameWords(rightName)) - penalty(a) - penalty(b)
            }
        }
        let assigned = Assignment.best(scores)
        guard !assigned.contains(nil) else { return nil }
        let columns = assigned.compactMap { $0 }
        let total = zip(scores, columns).reduce(0.0) { $0 + $1.0[$1.1] }
        return KeyCandidate(
            fields: [leftFields, columns.map { rightFields[$0] }], likeness: total / Double(leftFields.count))
    }

    /// Numbers that a store gives out itself mean nothing elsewhere.
    private static func penalty(_ field: FieldDescription) -> Double {
        field.isGenerated || field.type == .int64 && NameWords.parts(field.name).last == "id" ? 0.02 : 0
    }

    /// As the map's check asks of key fields.
    private static func compare(_ left: ValueType, _ right: ValueType) -> Bool {
        left == right && left != .json || Set([left, right]) == [.int64, .decimal]
    }
}
