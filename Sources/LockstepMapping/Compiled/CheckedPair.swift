import LockstepModel

/// A pair whose fields were found.
struct CheckedPair {
    /// What the file says; nil for a key part that `fields` does not list.
    var definition: PairDefinition?
    var location: SourceLocation
    /// By side; nil where there is none.
    var fields: [FieldDescription?]
    /// Whether the pair goes from a side, by side.
    var goes: [Bool]
    var isKey: Bool
    /// Source and target values, typed, by side.
    var values: [(left: Value, right: Value)] = []
    /// By target side.
    var defaults: [Value?] = [nil, nil]
    var constant: Value?
    var formula: CheckedFormula?
    /// Typed, by side.
    var sentinels: [[Value]] = [[], []]
    var zone: LocalZone?
    /// By side: whether the fields behind a path can be null, whatever its last field can.
    var nullableRoots: [Bool] = [true, true]

    var options: ConversionOptions {
        ConversionOptions(loss: definition?.loss, digits: definition?.digits, zone: zone)
    }

    var textForm: TextForm {
        TextForm(trims: definition?.trims ?? false, letterCase: definition?.letterCase)
    }

    /// Whether what is read from a side may be null, also where it only stands for it.
    func mayBeNull(_ side: Side) -> Bool {
        field(side)?.isNullable == true || !sentinels[side.rawValue].isEmpty
    }

    func field(_ side: Side) -> FieldDescription? { fields[side.rawValue] }

    /// A side's field as what is written there: a path can be null where the fields that refer can.
    func target(_ side: Side) -> FieldDescription? {
        guard var field = field(side), field.path != nil else { return field(side) }
        field.isNullable = nullableRoots[side.rawValue]
        return field
    }

    func goes(from side: Side) -> Bool { goes[side.rawValue] }
}
