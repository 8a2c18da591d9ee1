/// Makes well-typed conditions over the fields of ``AgreementTests``, as text.
struct ExpressionGenerator {
    enum Kind: CaseIterable { case int, double, decimal, text, bool, date, time, stamp, instant, uuid }

    var numbers: SeededNumbers
    var fieldNames: [Kind: [String]] = [
        .int: ["i", "j"], .double: ["x", "y"], .decimal: ["n", "m"], .text: ["s", "u"], .bool: ["b", "c"], .date: ["d"],
        .time: ["k"], .stamp: ["ts"], .instant: ["at"], .uuid: ["g"],
    ]
    /// The field of an enum.
    var enumName = "e"

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

    static let patterns = [
        "a", "^a", "b$", "^ab$", "", "^$", "^.$", "^..$", "[a-c]+", "^[^a]*$", "\\s", "\\d+", "^\\w+$", "(a|b|Ä)$",
        "\\bb",
        "a{2,3}", "日.", "\\u{1D11E}", "e\\u0301", "^a.*b", "x\\B", "%", "_", "^(?:A|Ac.*)",
    ]
    static let types = ["Edm.Int64", "Edm.Byte", "Edm.Decimal", "Edm.Double", "Edm.String"]

    mutating func condition(_ depth: Int) -> String {
        guard depth > 0 else { return comparison(0) }
        switch Int.random(in: 0..<12, using: &numbers) {
        case 0, 1: return "(\(condition(depth - 1)) and \(condition(depth - 1)))"
        case 2, 3: return "(\(condition(depth - 1)) or \(condition(depth - 1)))"
        case 4, 5: return "not (\(condition(depth - 1)))"
        case 6: return numbers.chance(60) ? value(.bool, depth) : duration(depth)
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
            return "\(enumName) \(numbers.pick(["eq", "ne"])) '\(numbers.pick(["Active", "Blocked"]))'"
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

    private mutating func duration(_ depth: Int) -> String {
        let spans = [
            "(\(field(.instant)) sub 1970-01-01T00:00:00Z)", "(\(field(.date)) sub 2024-02-29)",
            "(\(field(.stamp)) sub \(field(.date)))", "duration'P1DT1H'",
            "duration'-PT0.5S'",
            "(duration'PT1S' mul \(value(.int, depth - 1)))", "(duration'P1D' div \(value(.decimal, depth - 1)))",
        ]
        return "(\(numbers.pick(spans)) \(numbers.pick(["eq", "ne", "gt", "le"])) \(numbers.pick(spans)))"
    }

    private mutating func field(_ kind: Kind) -> String { numbers.pick(fieldNames[kind] ?? ["d"]) }

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
            return
                "case(\(condition(depth)):\(value(kind, depth)),\(condition(0)): null,\(field(.bool)): \(value(kind, depth)))"
        }
        switch kind {
        case .int: return integer(depth)
        case .double:
            return numbers.pick([
                "floor(\(value(kind, depth)))", "(- \(field(kind)))", "(\(field(kind)) add \(literal(kind)))",
                "round(\(field(kind)))",
                "(\(value(kind, depth)) mod \(literal(kind)))", "cast(\(value(.int, depth)),Edm.Double)",
                "cast(\(value(kind, depth)),Edm.Single)", "cast(\(value(.decimal, depth)),Edm.Double)",
                "ceiling(\(value(kind, depth)))", "(\(value(kind, depth)) divby \(value(.int, depth)))",
            ])
        case .decimal: return decimal(depth)
        case .text: return text(depth)
        case .bool:
            if numbers.chance(30) { return "matchesPattern(\(value(.text, depth)),'\(numbers.pick(Self.patterns))')" }
            if numbers.chance(20) {
                return
                    "isof(\(value(numbers.pick([.text, .int, .decimal, .double]), depth)),\(numbers.pick(Self.types)))"
            }
            let name = numbers.pick(["contains", "startswith", "endswith"])
            return "\(name)(\(value(.text, depth)),\(value(.text, depth)))"
        case .date:
            return numbers.pick([
                "date(\(field(.stamp)))", "date(\(field(.instant)))", field(.date),
                "(\(field(.date)) sub duration'PT1H')", "cast(\(value(.text, 0)),Edm.Date)",
            ])
        case .time: return numbers.pick(["time(\(field(.stamp)))", "time(\(field(.instant)))", field(.time)])
        case .stamp: return numbers.pick([field(.stamp), "(\(field(.stamp)) add duration'P1DT0.5S')"])
        case .uuid: return field(kind)
        case .instant:
            return numbers.pick([
                "(now() sub duration'P1DT1H')", "(\(field(.instant)) add duration'PT1S')", "mindatetime()", "now()",
            ])
        }
    }

    private mutating func integer(_ depth: Int) -> String {
        switch Int.random(in: 0..<7, using: &numbers) {
        case 0: return "length(\(value(.text, depth)))"
        case 1: return "indexof(\(value(.text, depth)),\(value(.text, depth)))"
        case 2:
            let part = numbers.pick(["year", "month", "day", "hour", "minute", "second"])
            let source =
                ["year", "month", "day"].contains(part)
                ? [field(.date), field(.stamp), field(.instant)] : [field(.time), field(.stamp), field(.instant)]
            return "\(part)(\(numbers.pick(source)))"
        case 3:
            let sign = numbers.pick(["add", "sub", "mul", "div", "mod"])
            return "(\(value(.int, depth)) \(sign) \(numbers.pick(["1", "7", "-3", "1000"])))"
        case 4:
            return "(\(value(.int, depth)) \(numbers.pick(["add", "sub", "mul", "div", "mod"])) \(value(.int, depth)))"
        case 5:
            return
                "cast(\(value(numbers.pick([.text, .decimal, .double]), depth)),\(numbers.pick(["Edm.Int64", "Edm.Int16"])))"
        default: return "(- \(value(.int, 0)))"
        }
    }

    private mutating func decimal(_ depth: Int) -> String {
        let spans = [
            "\(field(.instant)) sub now()", "\(field(.stamp)) sub 2026-01-31T00:00:00",
            "\(field(.date)) sub 1970-01-01",
        ]
        return arithmetic(depth, spans)
    }

    private mutating func arithmetic(_ depth: Int, _ spans: [String]) -> String {
        switch Int.random(in: 0..<7, using: &numbers) {
        case 0:
            "(\(value(.decimal, depth)) \(numbers.pick(["add", "sub", "mul", "div", "mod"])) \(value(.decimal, depth)))"
        case 3: "(\(value(.decimal, depth)) mod \(numbers.pick(["0.7", "-2.5", "3", "0.0001"])))"
        case 4: "fractionalseconds(\(numbers.pick([field(.time), field(.stamp), field(.instant)])))"
        case 5: "cast(\(value(numbers.pick([.int, .double, .text]), depth)),Edm.Decimal)"
        case 6: "totalseconds(\(numbers.pick(spans)))"
        case 1: "\(numbers.pick(["round", "floor", "ceiling"]))(\(value(.decimal, depth)))"
        default: "(- \(field(.decimal)))"
        }
    }

    private mutating func text(_ depth: Int) -> String {
        switch Int.random(in: 0..<7, using: &numbers) {
        case 5:
            let start = numbers.pick(["-1", "-2", "-100"])
            return "substring(\(value(.text, depth)),\(start)\(numbers.pick(["", ",0", ",1", ",2"])))"
        case 6: return "cast(\(value(numbers.pick([.date, .instant, .uuid, .decimal, .double]), depth)),Edm.String)"
        case 0: return "concat(\(value(.text, depth)),\(value(.text, depth)))"
        case 1: return "\(numbers.pick(["tolower", "toupper", "trim"]))(\(value(.text, depth)))"
        case 2: return "substring(\(value(.text, depth)),\(numbers.pick(["0", "1", "3"])))"
        case 3: return "substring(\(value(.text, depth)),\(numbers.pick(["0", "1"])),\(numbers.pick(["0", "1", "2"])))"
        default: return "cast(\(value(.int, depth)),Edm.String)"
        }
    }
}
