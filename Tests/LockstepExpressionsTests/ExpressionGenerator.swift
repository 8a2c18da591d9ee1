/// Makes well-typed conditions over the fields of ``AgreementTests``, as text.
struct ExpressionGenerator {
    enum Kind: CaseIterable { case int, double, decimal, text, bool, date, time, stamp, instant, uuid }

    var numbers: SeededNumbers

    static let texts = [
        "", "a", "A", "ab", "B", "b", "ä", "Ä", "e\u{301}", "é", "日本", "𝄞", "\u{FFFF}", "%", "_", " a ",
        "\u{A0}x\u{2003}", "'",
        "10", "9", "Active", "a\u{300}b", "ß",
    ]
    static let integers: [Int64] = [
        0, 1, -1, 2, 7, -7, 100, 2_147_483_647, -2_147_483_648, 9_007_199_254_740_993, .max, .min,
    ]
    static let doubles = [
        "0e0", "-0e0", "1e0", "1.5e0", "-2.5e0", "NaN", "INF", "-INF", "9007199254740992e0", "1e300", "5e-324",
    ]
    static let decimals = ["0.0", "1.5", "-2.5", "0.1", "99.9999", "-0.0001", "12345678901234567890.0", "2.0"]
    static let dates = ["2026-01-31", "1970-01-01", "0001-01-01", "9999-12-31", "2024-02-29"]
    static let times = ["00:00:00", "08:30:15.25", "23:59:59.999999"]
    static let stamps = [
        "2026-01-31T00:00:00", "1969-12-31T23:59:59.999999", "0001-01-01T00:00:00", "9999-12-31T23:59:59",
    ]
    static let uuids = ["01234567-89ab-cdef-0123-456789abcdef", "00000000-0000-0000-0000-000000000000"]

    mutating func condition(_ depth: Int) -> String {
        guard depth > 0 else { return comparison(0) }
        switch Int.random(in: 0..<12, using: &numbers) {
        case 0, 1: return "(\(condition(depth - 1)) and \(condition(depth - 1)))"
        case 2, 3: return "(\(condition(depth - 1)) or \(condition(depth - 1)))"
        case 4, 5: return "not (\(condition(depth - 1)))"
        case 6: return value(.bool, depth)
        case 7: return membership(depth - 1)
        default: return comparison(depth - 1)
        }
    }

    private mutating func comparison(_ depth: Int) -> String {
        let kind = numbers.pick(Kind.allCases)
        let signs = kind == .uuid ? ["eq", "ne"] : ["eq", "ne", "gt", "ge", "lt", "le"]
        let sign = numbers.pick(signs)
        if numbers.chance(8) { return "\(value(kind, depth)) \(sign) null" }
        let other: Kind =
            switch kind {
            case .int, .double, .decimal: numbers.pick([kind, kind, .int, .double, .decimal])
            case .date, .stamp: numbers.pick([.date, .stamp])
            default: kind
            }
        // The enum's labels are its only literals.
        if kind == .text, numbers.chance(10) {
            return "e \(numbers.pick(["eq", "ne"])) '\(numbers.pick(["Active", "Blocked"]))'"
        }
        return "\(value(kind, depth)) \(sign) \(value(other, depth))"
    }

    private mutating func membership(_ depth: Int) -> String {
        let kind = numbers.pick(Kind.allCases)
        var members: [String] = []
        for _ in 0..<Int.random(in: 1...4, using: &numbers) {
            members.append(numbers.chance(10) ? "null" : numbers.chance(80) ? literal(kind) : value(kind, depth))
        }
        return "\(value(kind, depth)) in (\(members.joined(separator: ",")))"
    }

    private mutating func value(_ kind: Kind, _ depth: Int) -> String {
        if depth > 0, numbers.chance(50) { return computed(kind, depth - 1) }
        return numbers.chance(60) ? field(kind) : literal(kind)
    }

    private mutating func field(_ kind: Kind) -> String {
        switch kind {
        case .int: numbers.pick(["i", "j"])
        case .double: numbers.pick(["x", "y"])
        case .decimal: numbers.pick(["n", "m"])
        case .text: numbers.pick(["s", "u"])
        case .bool: numbers.pick(["b", "c"])
        case .date: "d"
        case .time: "k"
        case .stamp: "ts"
        case .instant: "at"
        case .uuid: "g"
        }
    }

    private mutating func literal(_ kind: Kind) -> String {
        switch kind {
        case .int: String(numbers.pick(Self.integers))
        case .double: numbers.pick(Self.doubles)
        case .decimal: numbers.pick(Self.decimals)
        case .text: "'" + (numbers.pick(Self.texts) == "'" ? "''" : numbers.pick(Self.texts.filter { $0 != "'" })) + "'"
        case .bool: numbers.pick(["true", "false"])
        case .date: numbers.pick(Self.dates)
        case .time: numbers.pick(Self.times)
        case .stamp: numbers.pick(Self.stamps)
        case .instant: numbers.pick(Self.stamps) + "Z"
        case .uuid: numbers.pick(Self.uuids)
        }
    }

    private mutating func computed(_ kind: Kind, _ depth: Int) -> String {
        if numbers.chance(10) {
            return "case(\(condition(depth)):\(value(kind, depth)),\(condition(0)): null,b: \(value(kind, depth)))"
        }
        switch kind {
        case .int: return integer(depth)
        case .double:
            return numbers.pick([
                "floor(\(value(kind, depth)))", "(- \(field(kind)))", "(x add \(literal(kind)))", "round(y)",
            ])
        case .decimal: return decimal(depth)
        case .text: return text(depth)
        case .bool:
            let name = numbers.pick(["contains", "startswith", "endswith"])
            return "\(name)(\(value(.text, depth)),\(value(.text, depth)))"
        case .date: return numbers.pick(["date(ts)", "date(at)", "d"])
        case .time: return numbers.pick(["time(ts)", "time(at)", "k"])
        case .stamp, .uuid: return field(kind)
        case .instant:
            return numbers.pick(["(now() sub duration'P1DT1H')", "(at add duration'PT1S')", "mindatetime()", "now()"])
        }
    }

    private mutating func integer(_ depth: Int) -> String {
        switch Int.random(in: 0..<6, using: &numbers) {
        case 0: return "length(\(value(.text, depth)))"
        case 1: return "indexof(\(value(.text, depth)),\(value(.text, depth)))"
        case 2:
            let part = numbers.pick(["year", "month", "day", "hour", "minute", "second"])
            let source = ["year", "month", "day"].contains(part) ? ["d", "ts", "at"] : ["k", "ts", "at"]
            return "\(part)(\(numbers.pick(source)))"
        case 3:
            let sign = numbers.pick(["add", "sub", "mul", "div", "mod"])
            return "(\(value(.int, depth)) \(sign) \(numbers.pick(["1", "7", "-3", "1000"])))"
        case 4:
            return "(\(value(.int, depth)) \(numbers.pick(["add", "sub", "mul", "div", "mod"])) \(value(.int, depth)))"
        default: return "(- \(value(.int, 0)))"
        }
    }

    private mutating func decimal(_ depth: Int) -> String {
        switch Int.random(in: 0..<3, using: &numbers) {
        case 0: "(\(value(.decimal, depth)) \(numbers.pick(["add", "sub", "mul", "div"])) \(value(.decimal, depth)))"
        case 1: "\(numbers.pick(["round", "floor", "ceiling"]))(\(value(.decimal, depth)))"
        default: "(- \(field(.decimal)))"
        }
    }

    private mutating func text(_ depth: Int) -> String {
        switch Int.random(in: 0..<5, using: &numbers) {
        case 0: return "concat(\(value(.text, depth)),\(value(.text, depth)))"
        case 1: return "\(numbers.pick(["tolower", "toupper", "trim"]))(\(value(.text, depth)))"
        case 2: return "substring(\(value(.text, depth)),\(numbers.pick(["0", "1", "3"])))"
        case 3: return "substring(\(value(.text, depth)),\(numbers.pick(["0", "1"])),\(numbers.pick(["0", "1", "2"])))"
        default: return "cast(\(value(.int, depth)),Edm.String)"
        }
    }
}
