import LockstepModel

/// What a part of an expression yields.
enum StaticType: Sendable, Hashable {
    /// The literal `null`, which fits everywhere.
    case null
    /// Only inside an expression: no field holds one.
    case duration
    case value(ValueType)

    var name: String {
        switch self {
        case .null: "null"
        case .duration: "duration"
        case .value(let type): type.name
        }
    }

    /// Whether durations can be added to it.
    var isPointInTime: Bool { self == .value(.date) || self == .value(.timestamp) || self == .value(.instant) }

    var isNumber: Bool { self == .value(.int64) || self == .value(.decimal) || self == .value(.float64) }
}

enum Comparison: Sendable, Hashable { case eq, ne, gt, ge, lt, le }

enum Arithmetic: Sendable, Hashable { case add, sub, mul, div, mod }

/// What yields a duration.
enum DurationOperation: Sendable, Hashable {
    /// Two times of one type.
    case between
    /// Two durations.
    case add, sub
    /// A duration and a number, which is a decimal or a double.
    case mul, div
}

/// The functions that have one answer here and in every store.
enum Function: String, Sendable, Hashable, CaseIterable {
    case contains, startswith, endswith, concat, length, indexof, substring, tolower, toupper, trim
    /// Becomes ``TypedNode/matches(_:_:)``.
    case matchespattern
    case year, month, day, hour, minute, second, fractionalseconds, date, time
    case totalseconds
    case round, floor, ceiling
    case now, mindatetime, maxdatetime
}

/// A field that an expression reads.
struct FieldReference: Sendable, Hashable {
    /// Index into ``CheckedExpression/fieldNames``.
    var index: Int
    var description: FieldDescription
}

/// An expression whose types are right: operands of one operation have one type, conversions are explicit.
indirect enum TypedNode: Sendable {
    case constant(Operand, StaticType)
    case field(FieldReference)
    /// `int64` to `decimal` or `float64`, `decimal` to `float64`, `date` to `timestamp`.
    case widen(TypedNode, ValueType)
    case all([TypedNode])
    case any([TypedNode])
    case not(TypedNode)
    case compare(Comparison, TypedNode, TypedNode)
    case isIn(TypedNode, [TypedNode])
    case arithmetic(Arithmetic, TypedNode, TypedNode, ValueType)
    case negate(TypedNode, ValueType)
    /// A time and a duration; the time's type. True when the duration is taken away.
    case shift(TypedNode, TypedNode, ValueType, backwards: Bool)
    case call(Function, [TypedNode], ValueType)
    /// Two durations, two times, or a duration and a number.
    case duration(DurationOperation, TypedNode, TypedNode)
    case matches(TypedNode, Pattern)
    case cast(TypedNode, CastTarget)
    /// Whether a cast has a value.
    case isOf(TypedNode, CastTarget)
    /// Conditions with values; null where none is true.
    case choose([(condition: TypedNode, value: TypedNode)], StaticType)

    var type: StaticType {
        switch self {
        case .constant(_, let type), .choose(_, let type): type
        case .field(let field): .value(field.description.type)
        case .widen(_, let type), .arithmetic(_, _, _, let type), .negate(_, let type), .shift(_, _, let type, _),
            .call(_, _, let type):
            .value(type)
        case .cast(_, let target): target.type
        case .duration: .duration
        case .all, .any, .not, .compare, .isIn, .matches, .isOf: .value(.bool)
        }
    }

    var children: [TypedNode] {
        switch self {
        case .constant, .field: []
        case .widen(let operand, _), .not(let operand), .negate(let operand, _), .cast(let operand, _),
            .isOf(let operand, _), .matches(let operand, _):
            [operand]
        case .compare(_, let left, let right), .arithmetic(_, let left, let right, _),
            .duration(_, let left, let right),
            .shift(let left, let right, _, _):
            [left, right]
        case .all(let nodes), .any(let nodes), .call(_, let nodes, _): nodes
        case .isIn(let operand, let members): [operand] + members
        case .choose(let choices, _): choices.flatMap { [$0.condition, $0.value] }
        }
    }

    /// The constant's value; nil for anything that is computed.
    var constant: Operand? {
        if case .constant(let operand, _) = self { operand } else { nil }
    }

    /// The same for every record, though perhaps not from one moment to the next.
    var isIndependentOfRecord: Bool {
        if case .field = self { return false }
        return children.allSatisfy(\.isIndependentOfRecord)
    }

    var usesNow: Bool {
        if case .call(.now, _, _) = self { return true }
        return children.contains(where: \.usesNow)
    }
}
