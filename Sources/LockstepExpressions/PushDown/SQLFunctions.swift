import LockstepModel

/// Function calls in SQL.
struct SQLFunctions {
    var translator: SQLTranslator

    /// Larger places and lengths than this fit no text of either store, and PostgreSQL counts in 32 bits.
    private static let largestPlace: Int64 = 1_000_000_000

    private var isSQLite: Bool { translator.dialect == .sqlite }

    func call(
        _ function: Function, _ arguments: [TypedNode]
    ) throws(SQLTranslator.NotTranslatable) -> SQLFragment {
        switch function {
        case .contains, .startswith, .endswith, .indexof, .concat:
            return try pair(function, try text(arguments[0]), try text(arguments[1]))
        case .length:
            let text = try text(arguments[0])
            return isSQLite ? "length(\(text))" : "length(\(text))::bigint"
        case .substring: return try substring(arguments)
        case .tolower: return "lower(\(try text(arguments[0])))"
        case .toupper: return "upper(\(try text(arguments[0])))"
        case .trim:
            let spaces = SQLFragment.bound(.text(TextFunctions.whiteSpace), .text)
            let name = isSQLite ? "trim" : "btrim"
            return "\(sql: name)(\(try text(arguments[0])), \(spaces))"
        case .year, .month, .day, .hour, .minute, .second, .fractionalseconds, .date, .time:
            return try calendar(function, arguments[0])
        case .round, .floor, .ceiling: return try rounding(function, arguments[0])
        case .totalseconds, .matchespattern, .now, .mindatetime, .maxdatetime: throw SQLTranslator.NotTranslatable()
        }
    }

    // MARK: Text

    /// A text argument; a null literal is typed, so that PostgreSQL finds the function.
    private func text(_ node: TypedNode) throws(SQLTranslator.NotTranslatable) -> SQLFragment {
        if node.type == .null { return isSQLite ? "NULL" : "NULL::text" }
        return try translator.value(node).dissected()
    }

    /// Never by LIKE, which has its own rules of case and wildcards.
    private func pair(
        _ function: Function, _ text: SQLFragment, _ part: SQLFragment
    ) throws(SQLTranslator.NotTranslatable) -> SQLFragment {
        switch (function, isSQLite) {
        case (.contains, true): "(instr(\(text), \(part)) > 0)"
        case (.contains, false): "(strpos(\(text), \(part)) > 0)"
        case (.startswith, true): "(substr(\(text), 1, length(\(part))) = \(part) COLLATE BINARY)"
        case (.startswith, false): "starts_with(\(text), \(part))"
        case (.endswith, true):
            """
            (length(\(text)) >= length(\(part)) \
            AND substr(\(text), length(\(text)) - length(\(part)) + 1) = \(part) COLLATE BINARY)
            """
        case (.endswith, false): "(right(\(text), length(\(part))) = \(part))"
        case (.indexof, true): "(instr(\(text), \(part)) - 1)"
        case (.indexof, false): "(strpos(\(text), \(part)) - 1)::bigint"
        default: "(\(text) || \(part))"
        }
    }

    private func substring(_ arguments: [TypedNode]) throws(SQLTranslator.NotTranslatable) -> SQLFragment {
        var numbers: [SQLFragment] = []
        for (index, argument) in arguments.dropFirst().enumerated() {
            guard case .int64(let value) = argument.constant, value.magnitude <= Self.largestPlace else {
                throw SQLTranslator.NotTranslatable()
            }
            if value < 0 { continue }
            let number = SQLFragment.bound(.int64(index == 0 ? value + 1 : value), .int64)
            numbers.append(isSQLite ? number : "\(number)::integer")
        }
        var text = try text(arguments[0])
        if case .int64(let start) = arguments[1].constant, start < 0 {
            // The last characters, or all there are; both stores count the rest from there.
            let count = SQLFragment.bound(.int64(isSQLite ? start : -start), .int64)
            text = isSQLite ? "substr(\(text), \(count))" : "right(\(text), \(count)::integer)"
            if numbers.isEmpty { return text }
            numbers.insert(isSQLite ? "1" : "1::integer", at: 0)
        }
        return "substr(\(list: [text] + numbers, ", "))"
    }

    // MARK: Times and numbers

    private func calendar(
        _ function: Function, _ argument: TypedNode
    ) throws(SQLTranslator.NotTranslatable) -> SQLFragment {
        guard !isSQLite else { throw SQLTranslator.NotTranslatable() }
        var time = try translator.value(argument)
        if argument.type == .value(.instant) { time = "(\(time) AT TIME ZONE 'UTC')" }
        switch function {
        case .date: return "(\(time))::date"
        case .time: return "(\(time))::time"
        default: break
        }
        let part: SQLFragment =
            switch function {
            case .second: "floor(extract(second FROM \(time)))::bigint"
            case .fractionalseconds:
                "((extract(microseconds FROM \(time))::bigint % 1000000)::numeric / 1000000)"
            default: "extract(\(sql: function.rawValue) FROM \(time))::bigint"
            }
        if argument.type == .value(.time) { return part }
        // Infinite dates have no parts, and no integer stands for them.
        return "(CASE WHEN isfinite(\(time)) THEN \(part) END)"
    }

    private func rounding(
        _ function: Function, _ argument: TypedNode
    ) throws(SQLTranslator.NotTranslatable) -> SQLFragment {
        // PostgreSQL rounds doubles half to even; SQLite has these functions only when built with them.
        guard !isSQLite, argument.type == .value(.decimal) || function != .round else {
            throw SQLTranslator.NotTranslatable()
        }
        return "\(sql: function == .ceiling ? "ceil" : function.rawValue)(\(try translator.value(argument)))"
    }
}
