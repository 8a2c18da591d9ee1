import LockstepModel

/// Reads the common expressions of OData 4.01 (its ABNF, section 4) by recursive descent with operator precedence.
struct ExpressionParser {
    private var lexer: ExpressionLexer
    private var token: Token
    private let limits: ExpressionLimits
    private var depth = 0

    init(_ text: String, limits: ExpressionLimits) throws(ExpressionProblem) {
        lexer = ExpressionLexer(text)
        token = try lexer.next()
        self.limits = limits
    }

    mutating func parse() throws(ExpressionProblem) -> SyntaxNode {
        if case .end = token.kind { throw problem("the expression is empty") }
        let root = try condition()
        guard case .end = token.kind else { throw unexpectedAfterOperand() }
        return root
    }

    // MARK: Operators, from the loosest to the tightest

    private mutating func condition() throws(ExpressionProblem) -> SyntaxNode {
        try enter()
        defer { depth -= 1 }
        let offset = token.offset
        var terms = [try conjunction()]
        while isKeyword("or") {
            try advanceOverKeyword()
            terms.append(try conjunction())
        }
        return terms.count == 1 ? terms[0] : try bounded(SyntaxNode(.any(terms), at: offset))
    }

    private mutating func conjunction() throws(ExpressionProblem) -> SyntaxNode {
        let offset = token.offset
        var terms = [try operation(3)]
        while isKeyword("and") {
            try advanceOverKeyword()
            terms.append(try operation(3))
        }
        return terms.count == 1 ? terms[0] : try bounded(SyntaxNode(.all(terms), at: offset))
    }

    /// Operators of at least this precedence; they bind to the left.
    private mutating func operation(_ precedence: Int) throws(ExpressionProblem) -> SyntaxNode {
        var left = try unary()
        while case .word(let word) = token.kind, let sign = BinaryOperator(rawValue: word.lowercased()),
            sign.precedence >= precedence
        {
            let offset = token.offset
            try advanceOverKeyword()
            let right = try operation(sign.precedence + 1)
            left = try bounded(SyntaxNode(.binary(sign, left, right), at: offset))
        }
        return left
    }

    private mutating func unary() throws(ExpressionProblem) -> SyntaxNode {
        try enter()
        defer { depth -= 1 }
        let offset = token.offset
        if case .minus = token.kind {
            try advance()
            if !token.followsSpace, let literal = negated(token.kind) {
                try advance()
                return try membership(SyntaxNode(.literal(literal), at: offset))
            }
            return try bounded(SyntaxNode(.unary(.minus, try unary()), at: offset))
        }
        if isKeyword("not") {
            try advance()
            return try bounded(SyntaxNode(.unary(.not, try unary()), at: offset))
        }
        return try membership(try primary())
    }

    /// A number directly after a minus sign is one literal, so that the smallest integer can be written.
    private func negated(_ kind: Token.Kind) -> Literal? {
        switch kind {
        case .literal(.int64(let value)): .int64(-value)
        case .literal(.float64(let value)): .float64(-value)
        case .literal(.decimal(let text)): text == "9223372036854775808" ? .int64(.min) : .decimal(negated(text))
        case .word("INF"): .float64(-.infinity)
        default: nil
        }
    }

    private func negated(_ text: String) -> String { text == "0" ? text : "-" + text }

    private mutating func membership(_ operand: SyntaxNode) throws(ExpressionProblem) -> SyntaxNode {
        var operand = operand
        while true {
            if isKeyword("has") {
                throw ExpressionProblem(
                    .unsupported, at: token.offset,
                    "the operator 'has' is not supported: an enum of a store has one value, not several flags",
                    hint: "compare with 'eq' or 'in'")
            }
            guard isKeyword("in") else { return operand }
            let offset = token.offset
            try advance()
            guard case .open = token.kind else {
                throw problem("after 'in' a list is missing", hint: "as in country in ('NL','BE')")
            }
            let members = try arguments()
            guard !members.isEmpty else { throw problem("the list after 'in' is empty", at: offset) }
            operand = try bounded(SyntaxNode(.isIn(operand, members), at: offset))
        }
    }

    // MARK: Operands

    private mutating func primary() throws(ExpressionProblem) -> SyntaxNode {
        let offset = token.offset
        switch token.kind {
        case .literal(let literal):
            try advance()
            return SyntaxNode(.literal(literal), at: offset)
        case .open:
            try advance()
            let inner = try condition()
            guard case .close = token.kind else { throw unexpectedAfterOperand(closing: true) }
            try advance()
            return inner
        case .word(let word):
            return try named(word, at: offset)
        case .close, .comma, .colon, .slash, .minus, .end:
            throw problem("a value is missing before \(token.name)")
        }
    }

    private mutating func named(_ word: String, at offset: Int) throws(ExpressionProblem) -> SyntaxNode {
        try advance()
        if case .open = token.kind, !token.followsSpace { return try call(word.lowercased(), at: offset) }
        switch word {
        case "null": return SyntaxNode(.literal(.null), at: offset)
        case "true": return SyntaxNode(.literal(.bool(true)), at: offset)
        case "false": return SyntaxNode(.literal(.bool(false)), at: offset)
        case "NaN": return SyntaxNode(.literal(.float64(.nan)), at: offset)
        case "INF": return SyntaxNode(.literal(.float64(.infinity)), at: offset)
        default: break
        }
        var path = [word]
        while case .slash = token.kind {
            try advance()
            guard case .word(let next) = token.kind else {
                throw problem("after '/' a name is missing, not \(token.name)")
            }
            path.append(next)
            try advance()
            if case .open = token.kind, !token.followsSpace {
                throw collection(path.joined(separator: "/"), at: offset)
            }
        }
        return SyntaxNode(.path(path), at: offset)
    }

    private mutating func call(_ name: String, at offset: Int) throws(ExpressionProblem) -> SyntaxNode {
        if name == "case" { return try choose(at: offset) }
        if name == "cast" || name == "isof" { return try typed(name, at: offset) }
        let arguments = try arguments()
        return try bounded(SyntaxNode(.call(name, arguments), at: offset))
    }

    /// `(a,b,…)`, at the opening parenthesis.
    private mutating func arguments() throws(ExpressionProblem) -> [SyntaxNode] {
        try advance()
        if case .close = token.kind {
            try advance()
            return []
        }
        var arguments = [try condition()]
        while case .comma = token.kind {
            try advance()
            arguments.append(try condition())
        }
        guard case .close = token.kind else { throw unexpectedAfterOperand(closing: true) }
        try advance()
        return arguments
    }

    /// `case(condition:value,…)`.
    private mutating func choose(at offset: Int) throws(ExpressionProblem) -> SyntaxNode {
        var choices: [SyntaxNode.Choice] = []
        repeat {
            try advance()
            let condition = try condition()
            guard case .colon = token.kind else {
                throw problem(
                    "in 'case', ':' and a value are missing after the condition",
                    hint: "as in case(amount gt 100:'large',true:'small')")
            }
            try advance()
            choices.append(SyntaxNode.Choice(condition: condition, value: try self.condition()))
        } while isComma
        guard case .close = token.kind else { throw unexpectedAfterOperand(closing: true) }
        try advance()
        return try bounded(SyntaxNode(.choose(choices), at: offset))
    }

    /// `cast(value,Edm.Type)` or `isof(value,Edm.Type)`.
    private mutating func typed(_ name: String, at offset: Int) throws(ExpressionProblem) -> SyntaxNode {
        try advance()
        let operand = try condition()
        guard isComma else {
            throw problem("'\(name)' needs a value and a type", hint: "as in \(name)(amount,Edm.String)")
        }
        try advance()
        guard case .word(let type) = token.kind else {
            throw problem("the type is missing", hint: "as in \(name)(amount,Edm.String)")
        }
        try advance()
        guard case .close = token.kind else { throw unexpectedAfterOperand(closing: true) }
        try advance()
        return try bounded(SyntaxNode(name == "cast" ? .cast(operand, type) : .isOf(operand, type), at: offset))
    }

    // MARK: Tokens and limits

    private var isComma: Bool { if case .comma = token.kind { true } else { false } }

    private func isKeyword(_ keyword: String) -> Bool {
        if case .word(let word) = token.kind { word.lowercased() == keyword } else { false }
    }

    private mutating func advance() throws(ExpressionProblem) { token = try lexer.next() }

    private mutating func advanceOverKeyword() throws(ExpressionProblem) {
        let name = token.name
        try advance()
        if case .end = token.kind { throw problem("after \(name) a value is missing") }
    }

    private mutating func enter() throws(ExpressionProblem) {
        depth += 1
        // A level of nesting passes here at most twice: as a condition and as an operand.
        guard depth <= 2 * limits.nesting + 2 else { throw tooDeep }
    }

    private func bounded(_ node: SyntaxNode) throws(ExpressionProblem) -> SyntaxNode {
        guard node.height <= limits.nesting else { throw tooDeep }
        return node
    }

    private var tooDeep: ExpressionProblem {
        ExpressionProblem(
            .limit, at: token.offset, "the expression is nested deeper than \(limits.nesting) levels",
            hint: "use 'in' for lists of values, or fewer parentheses")
    }

    // MARK: Problems

    /// Neither a change nor a batch carries the records that refer to a record.
    private func collection(_ path: String, at offset: Int) -> ExpressionProblem {
        ExpressionProblem(
            .unsupported, at: offset,
            "collections ('\(path)') are not supported: what refers to a record does not come with the record",
            hint: "let the store keep the answer in a field of the record (a generated column, a view or a trigger)")
    }

    private func problem(_ message: String, at offset: Int? = nil, hint: String = "") -> ExpressionProblem {
        ExpressionProblem(.syntax, at: offset ?? token.offset, message, hint: hint)
    }

    private func unexpectedAfterOperand(closing: Bool = false) -> ExpressionProblem {
        if case .end = token.kind { return problem("a ')' is missing") }
        guard case .word(let word) = token.kind else {
            return problem("\(token.name) cannot stand here", hint: closing ? "is a ')' missing?" : "")
        }
        let keywords = BinaryOperator.allCases.map(\.rawValue) + ["and", "or", "in"]
        let aliases = [
            "gte": "ge", "lte": "le", "neq": "ne", "equals": "eq", "like": "contains(field,'text')", "is": "eq null",
            "between": "ge … and … le",
        ]
        let hint =
            aliases[word.lowercased()].map { "write \($0)" }
            ?? NearestName.hint(word, among: keywords, otherwise: "operators are " + keywords.joined(separator: " "))
        return problem("an operator is missing before \(token.name)", hint: hint)
    }
}
