/// One thing that is wrong in an expression, with its place and a remedy. Never holds a field's value.
public struct ExpressionProblem: Sendable, Hashable, CustomStringConvertible {
    /// Stable names of what can be wrong.
    public struct Code: Sendable, Hashable, RawRepresentable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The text is no expression.
        public static let syntax = Code(rawValue: "LS-EXP-SYNTAX")
        /// The text is longer, or nested deeper, than the limits allow.
        public static let limit = Code(rawValue: "LS-EXP-LIMIT")
        /// A field that the entity does not have.
        public static let unknownField = Code(rawValue: "LS-EXP-FIELD")
        /// A function that OData does not have.
        public static let unknownFunction = Code(rawValue: "LS-EXP-FUNCTION")
        /// Operands of the wrong type, or of types that cannot be compared.
        public static let type = Code(rawValue: "LS-EXP-TYPE")
        /// Part of OData that is not supported, because no exact answer exists in every store.
        public static let unsupported = Code(rawValue: "LS-EXP-UNSUPPORTED")
        /// A constant part that has no value (`1 div 0`).
        public static let constant = Code(rawValue: "LS-EXP-CONSTANT")
    }

    public var code: Code
    /// Characters from the start of the text to the place, from 0.
    public var offset: Int
    /// What is wrong.
    public var message: String
    /// How to mend it; empty where the message says it all.
    public var hint: String

    public init(_ code: Code, at offset: Int, _ message: String, hint: String = "") {
        self.code = code
        self.offset = offset
        self.message = message
        self.hint = hint
    }

    /// The place counted from 1, as editors do.
    public var column: Int { offset + 1 }

    /// `column 7: there is no field 'nmae' — did you mean 'name'?`
    public var description: String { "column \(column): \(message)\(hint.isEmpty ? "" : " — \(hint)")" }
}

/// What is wrong in an expression: at least one problem, in the order of their places.
public struct ExpressionError: Error, Sendable, Hashable, CustomStringConvertible {
    public var problems: [ExpressionProblem]

    public init(_ problems: [ExpressionProblem]) { self.problems = problems }

    public var description: String { problems.map(\.description).joined(separator: "; ") }
}

/// Why an expression has no value for one record. The record is parked, the others go on. Never holds a field's value.
public struct EvaluationFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// The store holds something that the field's declared type does not explain.
        case invalidField = "LS-EXP-EVAL-INVALID"
        /// The store did not send the field because it did not change, and no earlier image has it.
        case unchangedField = "LS-EXP-EVAL-UNCHANGED"
        /// A number or a time outside what its type can hold.
        case outOfRange = "LS-EXP-EVAL-RANGE"
        case divisionByZero = "LS-EXP-EVAL-ZERO"
        /// A function got an argument that it is not defined for.
        case argument = "LS-EXP-EVAL-ARGUMENT"
        /// `now()` in a place that was given no time.
        case noTime = "LS-EXP-EVAL-NOW"
    }

    public var code: Code
    public var message: String
    /// The field that could not be read; nil where it is the computation that failed.
    public var field: String?

    public init(_ code: Code, _ message: String, field: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
    }

    public var description: String { "\(code.rawValue): \(message)" }
}
