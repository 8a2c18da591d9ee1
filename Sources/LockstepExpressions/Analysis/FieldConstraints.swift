/// What a condition says of single fields, by its text alone: enough to prove that two conditions never hold for the
/// same record, or that one never holds at all.
public struct FieldConstraints: Sendable, Hashable {
    /// A constant of the condition's text. Numbers are equal however they are written.
    public struct Constant: Sendable, Hashable {
        enum Kind: Sendable, Hashable { case null, bool, number, text, date, time, timestamp, instant, uuid, other }

        var kind: Kind
        /// As people wrote it, without quotes; numbers without needless digits.
        public var text: String

        /// Whether the two certainly differ. A date may be a timestamp's midnight: that is not known from texts.
        func certainlyDiffers(from other: Constant) -> Bool {
            if kind == .null || other.kind == .null { return kind != other.kind }
            return kind == other.kind && kind != .other && text != other.text
        }
    }

    /// By field (paths joined by dots): each record for which the condition is true has one of these values there.
    public var allowed: [String: Set<Constant>] = [:]
    /// By field: no record for which the condition is true has one of these values there.
    public var excluded: [String: Set<Constant>] = [:]
    /// The condition is true for no record.
    public var isNeverTrue = false
    /// The condition says nothing else: each record that ``allowed`` and ``excluded`` let through meets it.
    public var isWhole = true

    init() {}

    static let never: FieldConstraints = {
        var constraints = FieldConstraints()
        constraints.isNeverTrue = true
        return constraints
    }()

    /// Something was said that is not understood here: nothing is known.
    public static let anything: FieldConstraints = {
        var constraints = FieldConstraints()
        constraints.isWhole = false
        return constraints
    }()

    /// Nothing was said: every record is meant.
    public static let everything = FieldConstraints()

    /// Whether no record can meet both conditions.
    public func excludes(_ other: FieldConstraints) -> Bool {
        joined(with: other).isNeverTrue
    }

    /// Whether records that meet the one meet the other, or differ from it only in the constants of the same fields: both
    /// conditions are understood as a whole, and one speaks of no field that the other is silent about.
    public func overlaps(_ other: FieldConstraints) -> Bool {
        guard isWhole, other.isWhole, !excludes(other) else { return false }
        let (own, others) = (Set(allowed.keys).union(excluded.keys), Set(other.allowed.keys).union(other.excluded.keys))
        return own.isSubset(of: others) || others.isSubset(of: own)
    }

    /// Whether the field is never null where the condition is true.
    public func excludesNull(_ field: String) -> Bool {
        if excluded[field]?.contains(where: { $0.kind == .null }) == true { return true }
        guard let values = allowed[field] else { return false }
        return values.allSatisfy { $0.kind != .null && $0.kind != .other }
    }

    // MARK: Joining

    /// What both conditions say together.
    func joined(with other: FieldConstraints) -> FieldConstraints {
        guard !isNeverTrue, !other.isNeverTrue else { return .never }
        var result = self
        result.isWhole = isWhole && other.isWhole
        for (field, values) in other.allowed {
            guard let known = result.allowed[field] else {
                result.allowed[field] = values
                continue
            }
            let left = known.filter { value in values.contains { !value.certainlyDiffers(from: $0) } }
            guard !left.isEmpty else { return .never }
            result.allowed[field] = left
        }
        for (field, values) in other.excluded { result.excluded[field, default: []].formUnion(values) }
        for (field, values) in result.excluded {
            guard let known = result.allowed[field] else { continue }
            result.allowed[field] = known.subtracting(values)
            if result.allowed[field]?.isEmpty == true { return .never }
        }
        return result
    }

    /// What is certain where one of the two conditions is true.
    func either(_ other: FieldConstraints) -> FieldConstraints {
        if isNeverTrue { return other }
        if other.isNeverTrue { return self }
        var result = FieldConstraints()
        for (field, values) in allowed {
            if let others = other.allowed[field] { result.allowed[field] = values.union(others) }
        }
        for (field, values) in excluded {
            let common = values.intersection(other.excluded[field] ?? [])
            if !common.isEmpty { result.excluded[field] = common }
        }
        // `a eq 1 or a eq 2` loses nothing; `a eq 1 or b eq 2` says something that is not kept.
        result.isWhole =
            isWhole && other.isWhole && excluded.isEmpty && other.excluded.isEmpty && allowed.count == 1
            && Set(allowed.keys) == Set(other.allowed.keys)
        return result
    }
}

extension Expression {
    /// What the condition says of single fields.
    public var constraints: FieldConstraints { ConstraintReader.constraints(root) }

    /// The fields that the expression names, each once, in order; the steps of a path are joined by dots.
    public var namedFields: [String] {
        var names: [String] = []
        var seen: Set<String> = []
        ConstraintReader.visit(root) { name in
            if seen.insert(name).inserted { names.append(name) }
        }
        return names
    }
}

/// Reads constraints off a syntax tree.
enum ConstraintReader {
    static func visit(_ node: SyntaxNode, _ found: (String) -> Void) {
        if case .path(let names) = node.kind { found(names.joined(separator: ".")) }
        for child in SyntaxNode.children(of: node.kind) { visit(child, found) }
    }

    static func constraints(_ node: SyntaxNode) -> FieldConstraints {
        if case .all(let terms) = node.kind {
            return terms.map(constraints).reduce(FieldConstraints()) { $0.joined(with: $1) }
        }
        if case .any(let terms) = node.kind {
            return terms.map(constraints).reduce(.never) { $0.either($1) }
        }
        if case .binary(let sign, let left, let right) = node.kind { return comparison(sign, left, right) }
        if case .isIn(let operand, let members) = node.kind { return membership(operand, members) }
        if case .literal(.bool(let value)) = node.kind { return value ? FieldConstraints() : .never }
        if case .path(let names) = node.kind { return truth(names, true) }
        if case .unary(.not, let operand) = node.kind { return negation(operand) }
        return .anything
    }

    private static func truth(_ names: [String], _ value: Bool) -> FieldConstraints {
        var constraints = FieldConstraints()
        constraints.allowed[names.joined(separator: ".")] = [.init(kind: .bool, text: value ? "true" : "false")]
        return constraints
    }

    private static func comparison(
        _ sign: BinaryOperator, _ left: SyntaxNode, _ right: SyntaxNode
    ) -> FieldConstraints {
        if [.gt, .ge, .lt, .le].contains(sign), constant(left)?.kind == .null || constant(right)?.kind == .null {
            return .never
        }
        guard sign == .eq || sign == .ne else { return .anything }
        var found: (names: [String], value: FieldConstraints.Constant)?
        if case .path(let names) = left.kind, let value = constant(right) { found = (names, value) }
        if case .path(let names) = right.kind, let value = constant(left) { found = (names, value) }
        guard let found else { return .anything }
        var constraints = FieldConstraints()
        let name = found.names.joined(separator: ".")
        if sign == .eq {
            constraints.allowed[name] = [found.value]
        } else {
            constraints.excluded[name] = [found.value]
        }
        return constraints
    }

    private static func membership(_ operand: SyntaxNode, _ members: [SyntaxNode]) -> FieldConstraints {
        let values = members.compactMap(constant)
        guard case .path(let names) = operand.kind, values.count == members.count else { return .anything }
        var constraints = FieldConstraints()
        constraints.allowed[names.joined(separator: ".")] = Set(values)
        return constraints
    }

    /// `not` of what is null is null, so that `not (a eq 1)` leaves out no more than `a ne 1` does.
    private static func negation(_ operand: SyntaxNode) -> FieldConstraints {
        if case .path(let names) = operand.kind { return truth(names, false) }
        var result = FieldConstraints.anything
        if case .binary(.eq, let left, let right) = operand.kind {
            result = comparison(.ne, left, right)
        } else if case .binary(.ne, let left, let right) = operand.kind {
            result = comparison(.eq, left, right)
        } else if case .isIn(let inner, let members) = operand.kind {
            let inside = membership(inner, members)
            guard inside.isWhole else { return .anything }
            result = FieldConstraints()
            result.excluded = inside.allowed
        }
        return result
    }

    private static func constant(_ node: SyntaxNode) -> FieldConstraints.Constant? {
        guard case .literal(let literal) = node.kind else { return nil }
        return FieldConstraints.Constant(literal)
    }
}
