import LockstepModel

/// A constant as it was written.
enum Literal: Sendable, Hashable {
    case null
    case bool(Bool)
    case int64(Int64)
    /// Exact, in plain notation as ``DecimalText`` writes it.
    case decimal(String)
    case float64(Double)
    case text(String)
    case date(Int64)
    case time(Int64)
    case timestamp(Int64)
    case instant(Int64)
    /// Microseconds.
    case duration(Int64)
    case uuid([UInt8])

    /// As ``Hashable`` would have it, but NaN equals itself, and text is compared scalar by scalar.
    static func == (left: Literal, right: Literal) -> Bool {
        switch (left, right) {
        case (.float64(let left), .float64(let right)): left.bitPattern == right.bitPattern
        case (.text(let left), .text(let right)): left.utf8.elementsEqual(right.utf8)
        default: left.text == right.text
        }
    }

    func hash(into hasher: inout Hasher) { hasher.combine(Array(text.utf8)) }
}

/// Operators between two operands, as OData spells them.
enum BinaryOperator: String, Sendable, Hashable, CaseIterable {
    case eq, ne, gt, ge, lt, le, add, sub, mul, div, divby, mod

    /// Higher binds tighter (OData 4.01 URL Conventions, section 5.1.1.14 "Operator Precedence").
    var precedence: Int {
        switch self {
        case .eq, .ne: 3
        case .gt, .ge, .lt, .le: 4
        case .add, .sub: 5
        case .mul, .div, .divby, .mod: 6
        }
    }
}

enum UnaryOperator: Sendable, Hashable { case not, minus }

/// One node of what was parsed, with its place. Places do not count when nodes are compared.
struct SyntaxNode: Sendable, Hashable {
    indirect enum Kind: Sendable, Hashable {
        case literal(Literal)
        case path([String])
        case unary(UnaryOperator, SyntaxNode)
        case binary(BinaryOperator, SyntaxNode, SyntaxNode)
        /// Two or more conditions joined by `and`.
        case all([SyntaxNode])
        /// Two or more conditions joined by `or`.
        case any([SyntaxNode])
        case isIn(SyntaxNode, [SyntaxNode])
        /// The name in lower case.
        case call(String, [SyntaxNode])
        /// The type as it was written.
        case cast(SyntaxNode, String)
        /// As above.
        case isOf(SyntaxNode, String)
        case choose([Choice])
    }

    struct Choice: Sendable, Hashable {
        var condition: SyntaxNode
        var value: SyntaxNode
    }

    var kind: Kind
    /// Characters from the start of the text.
    var offset: Int
    /// How many nodes stand above one another, this one included: bounds every recursion over the tree.
    var height: Int

    init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
        self.height = 1 + (Self.children(of: kind).map(\.height).max() ?? 0)
    }

    static func == (left: SyntaxNode, right: SyntaxNode) -> Bool { left.kind == right.kind }

    func hash(into hasher: inout Hasher) { hasher.combine(kind) }

    static func children(of kind: Kind) -> [SyntaxNode] {
        switch kind {
        case .literal, .path: []
        case .unary(_, let operand), .cast(let operand, _), .isOf(let operand, _): [operand]
        case .binary(_, let left, let right): [left, right]
        case .all(let terms), .any(let terms), .call(_, let terms): terms
        case .isIn(let operand, let members): [operand] + members
        case .choose(let choices): choices.flatMap { [$0.condition, $0.value] }
        }
    }
}
