import LockstepModel

/// Finds the fields and types of an expression, and everything that is wrong with it.
struct ExpressionChecker {
    private let fields: [FieldDescription]
    private(set) var used: [FieldDescription] = []
    private(set) var problems: [ExpressionProblem] = []

    init(fields: [FieldDescription]) { self.fields = fields }

    /// Nil where a problem was found inside.
    mutating func check(_ node: SyntaxNode) -> TypedNode? {
        guard let typed = checkKind(node) else { return nil }
        if let decided = ConstantRules.decided(typed) { return decided }
        guard typed.constant == nil, typed.isIndependentOfRecord, !typed.usesNow else { return typed }
        do {
            return .constant(try Evaluator.constant(typed, context: EvaluationContext()), typed.type)
        } catch {
            return refuse(.constant, node, error.message)
        }
    }

    private mutating func checkKind(_ node: SyntaxNode) -> TypedNode? {
        switch node.kind {
        case .literal(let literal): literalNode(literal, node)
        case .path(let names): field(names, node)
        case .unary(.not, let operand): condition(operand, of: "'not'", isNot: true).map(TypedNode.not)
        case .unary(.minus, let operand): negation(operand)
        case .binary(let sign, let left, let right): binary(sign, left, right, node)
        case .all(let terms): conditions(terms, of: "'and'").map(TypedNode.all)
        case .any(let terms): conditions(terms, of: "'or'").map(TypedNode.any)
        case .isIn(let operand, let members): membership(operand, members)
        case .call(let name, let arguments): call(name, arguments, node)
        case .cast(let operand, let type): cast(operand, to: type, node)
        case .isOf(let operand, let type): isOf(operand, type, node)
        case .choose(let choices): choose(choices, node)
        }
    }

    @discardableResult
    mutating func refuse(
        _ code: ExpressionProblem.Code, _ node: SyntaxNode, _ message: String, hint: String = ""
    ) -> TypedNode? {
        problems.append(ExpressionProblem(code, at: node.offset, message, hint: hint))
        return nil
    }

    // MARK: Operands

    private mutating func literalNode(_ literal: Literal, _ node: SyntaxNode) -> TypedNode? {
        switch literal {
        case .null: .constant(.null, .null)
        case .bool(let value): .constant(.bool(value), .value(.bool))
        case .int64(let value): .constant(.int64(value), .value(.int64))
        case .decimal(let text):
            DecimalNumber(Array(text.utf8)).map { .constant(.decimal($0), .value(.decimal)) }
        case .float64(let value): .constant(.float64(value), .value(.float64))
        case .text(let text): .constant(.text(text), .value(.text))
        case .date(let days): .constant(.date(days), .value(.date))
        case .time(let microseconds): .constant(.time(microseconds), .value(.time))
        case .timestamp(let microseconds): .constant(.timestamp(microseconds), .value(.timestamp))
        case .instant(let microseconds): .constant(.instant(microseconds), .value(.instant))
        case .duration(let microseconds): .constant(.duration(microseconds), .duration)
        case .uuid(let bytes): .constant(.uuid(bytes[...]), .value(.uuid))
        }
    }

    private mutating func field(_ names: [String], _ node: SyntaxNode) -> TypedNode? {
        let name = names.joined(separator: ".")
        // Compared scalar by scalar, as stores compare names.
        guard
            let description = fields.first(where: {
                $0.name.utf8.elementsEqual(name.utf8) && (names.count == 1 || $0.path != nil)
            })
        else { return names.count == 1 ? unknownField(name, node) : unknownPath(names, node) }
        if let index = used.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            return .field(FieldReference(index: index, description: description))
        }
        used.append(description)
        return .field(FieldReference(index: used.count - 1, description: description))
    }

    private mutating func unknownField(_ name: String, _ node: SyntaxNode) -> TypedNode? {
        let otherwise =
            name.contains(".")
            ? "a path over references is written with '/', as in \(name.split(separator: ".").joined(separator: "/"))"
            : "text stands in single quotes"
        return refuse(
            .unknownField, node, "there is no field '\(name)'",
            hint: NearestName.hint(name, among: fields.map(\.name), otherwise: otherwise))
    }

    /// A path is a field of its own among the given ones: whoever gives the fields has followed the references.
    private mutating func unknownPath(_ names: [String], _ node: SyntaxNode) -> TypedNode? {
        let written = names.joined(separator: "/")
        let paths = fields.filter { $0.path != nil }.map { $0.name.split(separator: ".").joined(separator: "/") }
        let otherwise =
            fields.contains { $0.name.utf8.elementsEqual(names[0].utf8) }
            ? "'\(names[0])' must be a reference that the store or the map declares, with the names after '/' in the record "
                + "it leads to" : "there is no field '\(names[0])' in this record"
        return refuse(
            .unknownField, node, "there is no path '\(written)' over references here",
            hint: NearestName.hint(written, among: paths, otherwise: otherwise))
    }

    // MARK: Logic

    mutating func condition(_ node: SyntaxNode, of place: String, isNot: Bool = false) -> TypedNode? {
        guard let typed = check(node) else { return nil }
        guard typed.type == .value(.bool) || typed.type == .null else {
            let hint = isNot ? "'not' binds tightest: write not (a eq b)" : "compare it with something"
            return refuse(.type, node, "\(place) needs a condition, not \(typed.type.name)", hint: hint)
        }
        return typed
    }

    private mutating func conditions(_ nodes: [SyntaxNode], of place: String) -> [TypedNode]? {
        let typed = nodes.map { condition($0, of: place) }
        let complete = typed.compactMap(\.self)
        return complete.count == typed.count ? complete : nil
    }

    private mutating func choose(_ choices: [SyntaxNode.Choice], _ node: SyntaxNode) -> TypedNode? {
        let conditions = choices.map { condition($0.condition, of: "'case'") }
        let values = choices.map { check($0.value) }
        let complete = values.compactMap(\.self)
        guard complete.count == values.count, conditions.allSatisfy({ $0 != nil }) else { return nil }
        var common = StaticType.null
        for (value, choice) in zip(complete, choices) {
            guard let type = TypeRules.common(common, value.type) else {
                return refuse(
                    .type, choice.value,
                    "the values of 'case' are of different types: \(common.name), \(value.type.name)",
                    hint: "make them one type with cast")
            }
            common = type
        }
        let typed = zip(conditions.compactMap(\.self), complete).map {
            (condition: $0, value: TypeRules.widen($1, to: common))
        }
        return .choose(typed, common)
    }

    // MARK: Comparisons

    private mutating func binary(
        _ sign: BinaryOperator, _ left: SyntaxNode, _ right: SyntaxNode, _ node: SyntaxNode
    ) -> TypedNode? {
        let leftNode = check(left)
        let rightNode = check(right)
        guard let leftNode, let rightNode else { return nil }
        switch sign {
        case .eq: return comparison(.eq, leftNode, rightNode, node)
        case .ne: return comparison(.ne, leftNode, rightNode, node)
        case .gt: return comparison(.gt, leftNode, rightNode, node)
        case .ge: return comparison(.ge, leftNode, rightNode, node)
        case .lt: return comparison(.lt, leftNode, rightNode, node)
        case .le: return comparison(.le, leftNode, rightNode, node)
        case .add, .sub: return addition(sign, leftNode, rightNode, node)
        case .mul: return scaled(.mul, leftNode, rightNode, node) ?? arithmetic(.mul, leftNode, rightNode, node)
        case .div, .divby: return division(sign, leftNode, rightNode, node)
        case .mod: return remainder(leftNode, rightNode, node)
        }
    }

    private mutating func comparison(
        _ comparison: Comparison, _ left: TypedNode, _ right: TypedNode, _ node: SyntaxNode
    ) -> TypedNode? {
        guard let common = comparable(left, right, node, ordered: comparison != .eq && comparison != .ne) else {
            return nil
        }
        return .compare(comparison, TypeRules.widen(left, to: common), TypeRules.widen(right, to: common))
    }

    private mutating func membership(_ operand: SyntaxNode, _ members: [SyntaxNode]) -> TypedNode? {
        let typedOperand = check(operand)
        let typedMembers = members.map { check($0) }
        guard let typedOperand else { return nil }
        var common = typedOperand.type
        var complete: [TypedNode] = []
        for (member, typed) in zip(members, typedMembers) {
            guard let typed, let type = comparable(typedOperand, typed, member, ordered: false) else { continue }
            common = TypeRules.common(common, type) ?? common
            complete.append(typed)
        }
        guard complete.count == members.count else { return nil }
        return .isIn(TypeRules.widen(typedOperand, to: common), complete.map { TypeRules.widen($0, to: common) })
    }

    /// The type that both are compared in; nil, with a problem, where they cannot be compared.
    private mutating func comparable(
        _ left: TypedNode, _ right: TypedNode, _ node: SyntaxNode, ordered: Bool
    ) -> StaticType? {
        guard let common = TypeRules.common(left.type, right.type) else {
            refuse(
                .type, node, "\(left.type.name) and \(right.type.name) cannot be compared",
                hint: TypeRules.comparisonHint(left.type, right.type))
            return nil
        }
        let isNullTest = left.type == .null || right.type == .null
        switch common {
        case .value(.bytes), .value(.json):
            guard isNullTest && !ordered else {
                refuse(.unsupported, node, "\(common.name) can only be compared with null")
                return nil
            }
        case .value(.uuid):
            guard !ordered || isNullTest else {
                refuse(.type, node, "a uuid has no order", hint: "compare with eq, ne or in")
                return nil
            }
        case .null, .duration, .value: break
        }
        return hasKnownLabel(left, right, node) && hasKnownLabel(right, left, node) ? common : nil
    }

    /// A literal beside an enum must be one of its labels: anything else is a slip of the pen.
    private mutating func hasKnownLabel(_ field: TypedNode, _ other: TypedNode, _ node: SyntaxNode) -> Bool {
        guard case .field(let reference) = field, let labels = reference.description.labels,
            case .text(let bytes) = other.constant, !labels.contains(where: { $0.utf8.elementsEqual(bytes) })
        else { return true }
        let written = String(decoding: bytes, as: UTF8.self)
        refuse(
            .type, node, "'\(reference.description.name)' has no value '\(written)'",
            hint: NearestName.hint(
                written, among: labels, otherwise: "its values are " + labels.prefix(12).joined(separator: ", ")))
        return false
    }
}
