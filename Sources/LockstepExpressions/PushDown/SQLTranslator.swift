import LockstepModel

/// Translates expressions into SQL that gives the same answers, or refuses.
struct SQLTranslator {
    /// The dialect has no exact equal.
    struct NotTranslatable: Error {}

    var dialect: Dialect
    var context: EvaluationContext

    /// Terms of one `and` or `or`: SQLite allows expressions of depth 1,000, and a chain of n terms is n deep.
    static let largestJunction = 400

    /// A condition, with three-valued logic; where null may be false, in the shape that indexes serve best.
    func condition(_ node: TypedNode, nullMayBeFalse: Bool = false) throws(NotTranslatable) -> SQLFragment {
        let node = try resolved(node)
        switch node {
        case .constant(let operand, _): return truth(operand)
        case .all(let terms): return try junction(terms, " AND ", nullMayBeFalse)
        case .any(let terms): return try junction(terms, " OR ", nullMayBeFalse)
        case .not(let operand): return "(NOT \(try condition(operand)))"
        case .compare(let comparison, let left, let right):
            return try compare(comparison, left, right, nullMayBeFalse)
        case .isIn(let operand, let members): return try membership(operand, members, nullMayBeFalse)
        case .field, .call, .choose: return try value(node)
        case .widen, .arithmetic, .negate, .shift, .cast, .isOf, .matches, .duration: throw NotTranslatable()
        }
    }

    private func junction(
        _ terms: [TypedNode], _ separator: String, _ nullMayBeFalse: Bool
    ) throws(NotTranslatable) -> SQLFragment {
        guard terms.count <= Self.largestJunction else { throw NotTranslatable() }
        var fragments: [SQLFragment] = []
        for term in terms { fragments.append(try condition(term, nullMayBeFalse: nullMayBeFalse)) }
        return SQLFragment.joined(fragments, by: separator)
    }

    /// Parts that read no field become the constants they are at this moment.
    private func resolved(_ node: TypedNode) throws(NotTranslatable) -> TypedNode {
        guard node.constant == nil, node.isIndependentOfRecord else { return node }
        guard let operand = try? Evaluator.constant(node, context: context) else { throw NotTranslatable() }
        return .constant(operand, node.type)
    }

    private func truth(_ operand: Operand) -> SQLFragment {
        switch (operand, dialect) {
        case (.bool(let value), .sqlite): value ? "1" : "0"
        case (.bool(let value), .postgresql): value ? "TRUE" : "FALSE"
        case (_, .sqlite): "NULL"
        case (_, .postgresql): "NULL::boolean"
        }
    }

    // MARK: Comparisons

    private func compare(
        _ comparison: Comparison, _ left: TypedNode, _ right: TypedNode, _ nullMayBeFalse: Bool
    ) throws(NotTranslatable) -> SQLFragment {
        let (left, right) = (try resolved(left), try resolved(right))
        if let constant = left.constant ?? right.constant {
            let other = left.constant == nil ? left : right
            if constant.isNull { return try nullTest(comparison, other) }
        }
        let isDouble = left.constant == nil && right.constant == nil
        let (leftSQL, rightSQL) = (try operand(left), try operand(right))
        switch comparison {
        case .eq:
            if isDouble { return try equality(left, leftSQL, rightSQL, isEqual: true) }
            return twoValued(indexed(left, right, "\(leftSQL) = \(rightSQL)"), nullMayBeFalse)
        case .ne: return try equality(left, leftSQL, rightSQL, isEqual: false, isBeside: isDouble)
        case .gt, .ge:
            let sign = comparison == .gt ? ">" : ">="
            return twoValued("\(leftSQL) \(sql: sign) \(rightSQL)\(try exceptNaN(left))", nullMayBeFalse)
        case .lt, .le:
            let sign = comparison == .lt ? "<" : "<="
            return twoValued("\(leftSQL) \(sql: sign) \(rightSQL)\(try exceptNaN(right))", nullMayBeFalse)
        }
    }

    /// Equality where null equals null. NaN equals nothing, though PostgreSQL finds it equal to itself.
    private func equality(
        _ left: TypedNode, _ leftSQL: SQLFragment, _ rightSQL: SQLFragment, isEqual: Bool, isBeside: Bool = true
    ) throws(NotTranslatable) -> SQLFragment {
        guard dialect == .postgresql else { return "(\(leftSQL) \(sql: isEqual ? "IS" : "IS NOT") \(rightSQL))" }
        let sign = isEqual ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM"
        guard isBeside, let nan = notANumber(left.type) else { return "(\(leftSQL) \(sql: sign) \(rightSQL))" }
        return isEqual
            ? "(\(leftSQL) IS NOT DISTINCT FROM \(rightSQL) AND \(leftSQL) IS DISTINCT FROM \(sql: nan))"
            : "(\(leftSQL) IS DISTINCT FROM \(rightSQL) OR \(leftSQL) IS NOT DISTINCT FROM \(sql: nan))"
    }

    /// True or false, never null; where null may be false, as it is.
    private func twoValued(_ fragment: SQLFragment, _ nullMayBeFalse: Bool) -> SQLFragment {
        nullMayBeFalse ? "(\(fragment))" : "((\(fragment)) IS TRUE)"
    }

    /// Adds, to an equality by bytes, the plain equality that follows from it and that an index serves.
    private func indexed(_ left: TypedNode, _ right: TypedNode, _ equality: SQLFragment) -> SQLFragment {
        guard dialect == .postgresql else { return equality }
        for (side, other) in [(left, right), (right, left)] {
            guard case .field(let field) = side, field.description.type == .text, SQLTypes.isPlainText(field),
                let constant = other.constant
            else { continue }
            return "\(sql: SQLTypes.quoted(field)) = \(.bound(constant.value, .text)) AND \(equality)"
        }
        return equality
    }

    /// In PostgreSQL NaN is greater than everything; here it has no order.
    private func exceptNaN(_ greater: TypedNode) throws(NotTranslatable) -> SQLFragment {
        guard dialect == .postgresql, greater.constant == nil, let nan = notANumber(greater.type) else { return "" }
        return " AND \(try value(greater)) <> \(sql: nan)"
    }

    private func notANumber(_ type: StaticType) -> String? {
        switch type {
        case .value(.float64): "'NaN'::double precision"
        case .value(.decimal): "'NaN'::numeric"
        case .null, .duration, .value: nil
        }
    }

    private func nullTest(_ comparison: Comparison, _ node: TypedNode) throws(NotTranslatable) -> SQLFragment {
        let sign: String
        switch comparison {
        case .eq: sign = "IS NULL"
        case .ne: sign = "IS NOT NULL"
        case .gt, .ge, .lt, .le: return truth(.bool(false))
        }
        // Whether a field is null is one question everywhere, whatever its type.
        if case .field(let field) = node, field.description.path == nil, !SQLTypes.isComparable(field, dialect) {
            return "(\(sql: SQLTypes.quoted(field)) \(sql: sign))"
        }
        return "(\(try value(node)) \(sql: sign))"
    }

    private func membership(
        _ operand: TypedNode, _ members: [TypedNode], _ nullMayBeFalse: Bool
    ) throws(NotTranslatable) -> SQLFragment {
        let operand = try resolved(operand)
        var constants: [SQLFragment] = []
        var others: [SQLFragment] = []
        for member in members {
            let member = try resolved(member)
            if operand.constant == nil, let constant = member.constant, !constant.isNull {
                constants.append(try self.operand(member))
            } else {
                others.append(try compare(.eq, operand, member, nullMayBeFalse))
            }
        }
        guard others.count <= Self.largestJunction else { throw NotTranslatable() }
        if !constants.isEmpty {
            others.append(twoValued("\(try self.operand(operand)) IN (\(list: constants, ", "))", nullMayBeFalse))
        }
        return SQLFragment.joined(others, by: " OR ")
    }

    /// An operand of a comparison, which SQLite must compare by bytes whatever the column says.
    private func operand(_ node: TypedNode) throws(NotTranslatable) -> SQLFragment {
        let sql = try value(node)
        guard dialect == .sqlite, case .field = node, node.type == .value(.text) else { return sql }
        return "\(sql) COLLATE BINARY"
    }

    // MARK: Values

    /// An expression that yields any type, in parentheses where it needs them.
    func value(_ node: TypedNode) throws(NotTranslatable) -> SQLFragment {
        let node = try resolved(node)
        switch node {
        case .constant(let operand, let type): return try constant(operand, type)
        case .field(let field): return try self.field(field)
        case .widen(let operand, let type): return try widen(operand, type)
        case .all, .any, .not, .compare, .isIn: return try condition(node)
        case .arithmetic(let operation, let left, let right, let type):
            return try arithmetic(operation, left, right, type, node)
        case .negate(let operand, let type):
            guard type == .float64 || NumberBounds.isSafe(node), dialect == .postgresql || type == .float64 else {
                throw NotTranslatable()
            }
            guard dialect == .postgresql else { return "(- \(try value(operand)))" }
            return "(- (\(try value(operand)))::\(sql: SQLTypes.postgreSQLName(type)))"
        case .shift, .duration, .matches, .isOf: throw NotTranslatable()
        case .call(let function, let arguments, _):
            return try SQLFunctions(translator: self).call(function, arguments)
        case .cast(let operand, let target): return try cast(operand, target)
        case .choose(let choices, let type): return try choose(choices, type)
        }
    }

    private func constant(_ operand: Operand, _ type: StaticType) throws(NotTranslatable) -> SQLFragment {
        guard case .value(let valueType) = type else { throw NotTranslatable() }
        if operand.isNull {
            return dialect == .sqlite ? "NULL" : "NULL::\(sql: SQLTypes.postgreSQLName(valueType))"
        }
        // No store's functions see beyond this character, and PostgreSQL cannot be sent it.
        if case .text(let bytes) = operand, bytes.contains(0) { throw NotTranslatable() }
        guard dialect == .sqlite else { return .bound(operand.value, valueType) }
        switch operand {
        case .bool(let value): return .bound(.int64(value ? 1 : 0), .int64)
        // SQLite turns NaN into null.
        case .float64(let value) where value.isNaN: throw NotTranslatable()
        case .int64, .float64, .text: return .bound(operand.value, valueType)
        default: throw NotTranslatable()
        }
    }

    private func field(_ field: FieldReference) throws(NotTranslatable) -> SQLFragment {
        // What stands in another entity is not among the columns of this one.
        guard field.description.path == nil, SQLTypes.isComparable(field, dialect) else { throw NotTranslatable() }
        let name = SQLFragment(pieces: [.text(SQLTypes.quoted(field))], fields: [field])
        guard dialect == .postgresql else { return name }
        return switch field.description.type {
        case .text: "(\(name)::text COLLATE \"C\")"
        default: name
        }
    }

    private func widen(_ operand: TypedNode, _ type: ValueType) throws(NotTranslatable) -> SQLFragment {
        let inner = try value(operand)
        switch (operand.type, type, dialect) {
        // PostgreSQL compares a date with a timestamp as it is, also where it could not convert it.
        case (.value(.date), .timestamp, .postgresql): return inner
        case (.value(.int64), .float64, .sqlite): return "CAST(\(inner) AS REAL)"
        case (.value(.int64), .float64, .postgresql), (.value(.int64), .decimal, .postgresql):
            return "(\(inner))::\(sql: SQLTypes.postgreSQLName(type))"
        case (.value(.decimal), .float64, .postgresql):
            // Beyond the range of doubles PostgreSQL fails.
            guard NumberBounds.isBounded(operand) else { throw NotTranslatable() }
            return "(\(inner))::double precision"
        default: throw NotTranslatable()
        }
    }

    private func cast(_ operand: TypedNode, _ target: CastTarget) throws(NotTranslatable) -> SQLFragment {
        guard operand.type == .value(.int64), target.isWhole, case .value(let type) = target.type else {
            throw NotTranslatable()
        }
        guard type == .text else { return try widen(operand, type) }
        let inner = try value(operand)
        return dialect == .sqlite ? "CAST(\(inner) AS TEXT)" : "((\(inner))::text COLLATE \"C\")"
    }

    /// Only where neither dialect could overflow, round or fail.
    private func arithmetic(
        _ operation: Arithmetic, _ left: TypedNode, _ right: TypedNode, _ type: ValueType, _ node: TypedNode
    ) throws(NotTranslatable) -> SQLFragment {
        guard dialect == .postgresql, NumberBounds.isSafe(node) else { throw NotTranslatable() }
        let sign =
            switch operation {
            case .add: "+"
            case .sub: "-"
            case .mul: "*"
            case .div: "/"
            case .mod: "%"
            }
        let name = SQLTypes.postgreSQLName(type)
        return "((\(try value(left)))::\(sql: name) \(sql: sign) (\(try value(right)))::\(sql: name))"
    }

    private func choose(
        _ choices: [(condition: TypedNode, value: TypedNode)], _ type: StaticType
    ) throws(NotTranslatable) -> SQLFragment {
        // Dates are converted only in comparisons, see `widen`.
        guard type != .null, type != .value(.timestamp) else { throw NotTranslatable() }
        var text: SQLFragment = "(CASE"
        for choice in choices {
            let result: SQLFragment
            if choice.value.type == .null, case .value(let valueType) = type {
                result = try constant(.null, .value(valueType))
            } else {
                result = try value(choice.value)
            }
            text = "\(text) WHEN \(try condition(choice.condition, nullMayBeFalse: true)) THEN \(result)"
        }
        return "\(text) END)"
    }
}
