import LockstepModel

extension ExpressionChecker {
    /// What OData has and Lockstep has not, and why.
    static let refused: [String: String] = [
        "totaloffsetminutes": "stores keep points in time in UTC, without the zone they were written in",
        "hassubset": "stores keep no collections", "hassubsequence": "stores keep no collections",
        "geo.distance": "stores keep no geography", "geo.intersects": "stores keep no geography",
        "geo.length": "stores keep no geography", "substringof": "it is OData 3; write contains(text,part)",
        "coalesce": "OData has no such function; write case(a ne null:a,true:b)",
        "any": "what refers to a record does not come with the record",
        "all": "what refers to a record does not come with the record",
    ]

    /// The problems of arguments come first, so that all are reported.
    mutating func call(_ name: String, _ arguments: [SyntaxNode], _ node: SyntaxNode) -> TypedNode? {
        let typed = arguments.map { check($0) }
        guard let function = Function(rawValue: name) else {
            if let reason = Self.refused[name] {
                return refuse(.unsupported, node, "the function '\(name)' is not supported: \(reason)")
            }
            let known = Function.allCases.map(\.rawValue) + ["case", "cast", "isof"]
            return refuse(
                .unknownFunction, node, "there is no function '\(name)'",
                hint: NearestName.hint(name, among: known, otherwise: "functions are " + known.joined(separator: " ")))
        }
        let counts = Self.argumentCounts(function)
        guard counts.contains(arguments.count) else {
            let expected = counts.count == 1 ? "\(counts.lowerBound)" : "\(counts.lowerBound) or \(counts.upperBound)"
            return refuse(.type, node, "'\(name)' takes \(expected) arguments, not \(arguments.count)")
        }
        let complete = typed.compactMap(\.self)
        guard complete.count == typed.count else { return nil }
        return typedCall(function, zip(arguments, complete).map { ($0, $1) }, node)
    }

    private static func argumentCounts(_ function: Function) -> ClosedRange<Int> {
        switch function {
        case .now, .mindatetime, .maxdatetime: 0...0
        case .contains, .startswith, .endswith, .concat, .indexof, .matchespattern: 2...2
        case .substring: 2...3
        case .length, .tolower, .toupper, .trim, .year, .month, .day, .hour, .minute, .second, .fractionalseconds,
            .date, .time, .totalseconds, .round, .floor, .ceiling:
            1...1
        }
    }

    private mutating func typedCall(
        _ function: Function, _ arguments: [(SyntaxNode, TypedNode)], _ node: SyntaxNode
    ) -> TypedNode? {
        let nodes = arguments.map(\.1)
        switch function {
        case .now: return .call(.now, [], .instant)
        case .mindatetime: return .constant(.instant(TimeRange.first), .value(.instant))
        case .maxdatetime: return .constant(.instant(TimeRange.last), .value(.instant))
        case .contains, .startswith, .endswith:
            return arguments.allSatisfy { accepts($0, [.text], function) } ? .call(function, nodes, .bool) : nil
        case .concat, .tolower, .toupper, .trim:
            return arguments.allSatisfy { accepts($0, [.text], function) } ? .call(function, nodes, .text) : nil
        case .length, .indexof:
            return arguments.allSatisfy { accepts($0, [.text], function) } ? .call(function, nodes, .int64) : nil
        case .substring: return substring(arguments)
        case .matchespattern: return matchesPattern(arguments)
        case .totalseconds:
            guard nodes[0].type == .duration || nodes[0].type == .null else {
                return refuse(
                    .type, node, "'totalseconds' needs a duration, not \(nodes[0].type.name)",
                    hint: "as in totalseconds(closed_at sub opened_at)")
            }
            return .call(function, nodes, .decimal)
        case .year, .month, .day:
            return calendar(function, arguments, [.date, .timestamp, .instant], .int64)
        case .hour, .minute, .second: return calendar(function, arguments, [.time, .timestamp, .instant], .int64)
        case .fractionalseconds: return calendar(function, arguments, [.time, .timestamp, .instant], .decimal)
        case .date: return calendar(function, arguments, [.timestamp, .instant], .date)
        case .time: return calendar(function, arguments, [.timestamp, .instant], .time)
        case .round, .floor, .ceiling: return rounding(function, arguments)
        }
    }

    private mutating func accepts(
        _ argument: (SyntaxNode, TypedNode), _ types: [ValueType], _ function: Function
    ) -> Bool {
        if argument.1.type == .null || types.contains(where: { argument.1.type == .value($0) }) { return true }
        let expected = types.map(\.name).joined(separator: " or ")
        let hint = types == [.text] ? "make it text with cast(…,Edm.String)" : ""
        refuse(
            .type, argument.0, "'\(function.rawValue)' needs \(expected) here, not \(argument.1.type.name)", hint: hint)
        return false
    }

    private mutating func substring(_ arguments: [(SyntaxNode, TypedNode)]) -> TypedNode? {
        guard accepts(arguments[0], [.text], .substring),
            arguments.dropFirst().allSatisfy({ accepts($0, [.int64], .substring) })
        else { return nil }
        if arguments.count > 2, case .int64(let value) = arguments[2].1.constant, value < 0 {
            return refuse(.constant, arguments[2].0, "'substring' takes no negative number of characters")
        }
        return .call(.substring, arguments.map(\.1), .text)
    }

    private mutating func matchesPattern(_ arguments: [(SyntaxNode, TypedNode)]) -> TypedNode? {
        guard accepts(arguments[0], [.text], .matchespattern), accepts(arguments[1], [.text], .matchespattern) else {
            return nil
        }
        let (text, pattern) = (arguments[0].1, arguments[1].1)
        if pattern.constant?.isNull == true { return .constant(.null, .value(.bool)) }
        guard case .text(let bytes) = pattern.constant else {
            return refuse(
                .unsupported, arguments[1].0, "the pattern of 'matchespattern' must be a literal",
                hint: "so that a wrong one is found here, not with some record")
        }
        do throws(PatternProblem) {
            let pattern = try Pattern(String(decoding: bytes, as: UTF8.self))
            return matching(text, pattern)
        } catch {
            return refuse(
                .unsupported, arguments[1].0,
                "the pattern cannot be used: character \(error.offset + 1) of it: \(error.message)",
                hint: "patterns are ECMAScript's, without references back and without looking around")
        }
    }

    /// A pattern that only a plain function's answer is left of becomes that function, which stores know.
    private func matching(_ text: TypedNode, _ pattern: Pattern) -> TypedNode {
        func call(_ function: Function, _ part: String) -> TypedNode {
            .call(function, [text, .constant(.text(part), .value(.text))], .bool)
        }
        return switch pattern.implication {
        case .contains(let part, isExact: true): call(.contains, part)
        case .startsWith(let part, isExact: true): call(.startswith, part)
        case .endsWith(let part): call(.endswith, part)
        case .contains, .startsWith, .equals, .nothing: .matches(text, pattern)
        }
    }

    private mutating func calendar(
        _ function: Function, _ arguments: [(SyntaxNode, TypedNode)], _ types: [ValueType], _ result: ValueType
    ) -> TypedNode? {
        arguments.allSatisfy { accepts($0, types, function) } ? .call(function, arguments.map(\.1), result) : nil
    }

    private mutating func rounding(_ function: Function, _ arguments: [(SyntaxNode, TypedNode)]) -> TypedNode? {
        guard let argument = arguments.first?.1, accepts(arguments[0], [.decimal, .float64, .int64], function) else {
            return nil
        }
        guard case .value(let type) = argument.type else { return argument }
        return type == .int64 ? argument : .call(function, [argument], type)
    }
}
