import LockstepModel

extension Expression: CustomStringConvertible {
    /// The expression as text in one canonical form, which is also valid in an OData request's `$filter` or `$compute`:
    /// reading it gives an equal expression, and equal expressions give equal texts.
    public var description: String {
        var text = ""
        root.append(to: &text, tighterThan: 0)
        return text
    }
}

extension SyntaxNode {
    /// How tight the node's own operator binds; operands bind tightest.
    private var precedence: Int {
        switch kind {
        case .any: 1
        case .all: 2
        case .binary(let sign, _, _): sign.precedence
        case .unary: 7
        case .isIn: 8
        case .literal, .path, .call, .cast, .isOf, .choose: 9
        }
    }

    fileprivate func append(to text: inout String, tighterThan limit: Int) {
        let needsParentheses = precedence <= limit
        if needsParentheses { text += "(" }
        switch kind {
        case .literal(let literal): text += literal.text
        case .path(let names): text += names.joined(separator: "/")
        case .unary(.not, let operand):
            text += "not "
            operand.append(to: &text, tighterThan: 6)
        case .unary(.minus, let operand):
            text += "- "
            operand.append(to: &text, tighterThan: 6)
        case .binary(let sign, let left, let right):
            left.append(to: &text, tighterThan: sign.precedence - 1)
            text += " \(sign.rawValue) "
            right.append(to: &text, tighterThan: sign.precedence)
        case .all(let terms): append(terms, joinedBy: " and ", to: &text, tighterThan: 2)
        case .any(let terms): append(terms, joinedBy: " or ", to: &text, tighterThan: 1)
        case .isIn(let operand, let members):
            operand.append(to: &text, tighterThan: 7)
            text += " in ("
            append(members, joinedBy: ",", to: &text, tighterThan: 0)
            text += ")"
        case .call(let name, let arguments):
            text += name + "("
            append(arguments, joinedBy: ",", to: &text, tighterThan: 0)
            text += ")"
        case .cast(let operand, let type): append("cast", operand, type, to: &text)
        case .isOf(let operand, let type): append("isof", operand, type, to: &text)
        case .choose(let choices): append(choices, to: &text)
        }
        if needsParentheses { text += ")" }
    }

    private func append(
        _ nodes: [SyntaxNode], joinedBy separator: String, to text: inout String, tighterThan limit: Int
    ) {
        for (index, node) in nodes.enumerated() {
            if index > 0 { text += separator }
            node.append(to: &text, tighterThan: limit)
        }
    }

    private func append(_ function: String, _ operand: SyntaxNode, _ type: String, to text: inout String) {
        text += function + "("
        operand.append(to: &text, tighterThan: 0)
        text += ",\(type))"
    }

    private func append(_ choices: [Choice], to text: inout String) {
        text += "case("
        for (index, choice) in choices.enumerated() {
            if index > 0 { text += "," }
            choice.condition.append(to: &text, tighterThan: 0)
            // The blank keeps `12:30` from being read as a time of day.
            text += ": "
            choice.value.append(to: &text, tighterThan: 0)
        }
        text += ")"
    }
}

extension Literal {
    /// The literal in OData's notation.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int64(let value): String(value)
        case .decimal(let text): text.contains(".") || Int64(text) == nil ? text : text + ".0"
        case .float64(let value): Self.text(value)
        case .text(let text): Self.quoted(text)
        case .date(let days): ISOText.formatDate(days)
        case .time(let microseconds): ISOText.formatTime(microseconds)
        case .timestamp(let microseconds): Self.text(timestamp: microseconds)
        case .instant(let microseconds): Self.text(timestamp: microseconds) + "Z"
        case .duration(let microseconds): "duration'\(DurationText.format(microseconds))'"
        case .uuid(let bytes): UUIDText.format(bytes)
        }
    }

    /// Always with an exponent: that is what tells a double from a decimal.
    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-INF" : "INF" }
        let text = value.description
        return text.contains("e") ? text : text + "e0"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = String.UnicodeScalarView("'".unicodeScalars)
        for scalar in text.unicodeScalars {
            quoted.append(scalar)
            if scalar == "'" { quoted.append(scalar) }
        }
        quoted.append("'")
        return String(quoted)
    }

    private static func text(timestamp microseconds: Int64) -> String {
        var text = Array(ISOText.formatTimestamp(microseconds).utf8)
        text[10] = 84
        return String(decoding: text, as: UTF8.self)
    }
}
