import LockstepExpressions
import LockstepModel
import LockstepTesting
import Testing

/// Any text at all: read, checked, translated, evaluated, or refused; never a crash, never long, nothing kept.
@Suite(.serialized) struct ExpressionFuzzTests {
    private static let context = EvaluationContext(now: 1_800_000_000_000_000)

    private static let tokens = [
        "and", "or", "not", "eq", "ne", "gt", "ge", "lt", "le", "in", "has", "add", "sub", "mul", "div", "divby", "mod",
        "(",
        ")", ",", ":", "/", "-", "null", "true", "false", "NaN", "INF", "-INF", "''", "'a'", "'\u{301}'",
        "'[a-z]+(b|c){2,9}$'",
        "0", "1", "-1", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1.5", "1e300", "1e-300",
        "0.1",
        "1e999", "0001-01-01", "9999-12-31", "2026-02-30", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999",
        "23:59:59.999999", "duration'P9999999D'", "duration'-PT0.000001S'", "duration'P'", "name", "number", "double",
        "amount",
        "flag", "status", "day", "clock", "stamp", "moment", "id", "document", "image", "a/b", "a/any(x:x/y eq 1)",
        "$it",
        "contains(", "startswith(", "endswith(", "concat(", "length(", "indexof(", "substring(", "tolower(", "toupper(",
        "trim(", "matchesPattern(", "year(", "month(", "day(", "hour(", "minute(", "second(", "fractionalseconds(",
        "date(",
        "time(", "totalseconds(", "totaloffsetminutes(", "mindatetime()", "maxdatetime()", "now()", "round(", "floor(",
        "ceiling(", "case(", "cast(", "isof(", "Edm.String", "Edm.Int64", "Edm.Byte", "Edm.Decimal", "Edm.Duration",
        "01234567-89ab-cdef-0123-456789abcdef", "Sales.Color'Red'", "\u{0}", "é", "𝄞", "\r\n", "\"", "@p",
    ]

    private static let batch: RowBatch = {
        var batch = RowBatch(columnCount: everyField.count)
        let text = [
            "", "a", "日本𝄞e\u{301}", String(repeating: "a", count: 300), "12", "2026-01-31T00:00:00Z", "P1D", "\u{0}",
        ]
        for (row, text) in text.enumerated() {
            let number = [0, -1, Int64.max, Int64.min, 7][row % 5]
            batch.appendRow([
                .bool(row % 2 == 0), .int64(number), .float64([0, -0.0, .nan, .infinity, 1e300][row % 5]),
                .decimal(["0", "-1.5", "1e200000", "NaN", "0.0000000000000000000000000001"][row % 5]), .text(text),
                .text("Active"), .date([0, -719_162, 2_932_896][row % 3]), .time([0, 86_399_999_999][row % 2]),
                .timestamp([0, -62_135_596_800_000_000][row % 2]), .instant([0, 253_402_300_799_999_999][row % 2]),
                .uuid(Array(0..<16)), .json("{}"), .bytes([0]),
            ])
        }
        batch.appendRow(Array(repeating: .null, count: everyField.count))
        batch.appendRow(Array(repeating: .invalid("?"), count: everyField.count))
        return batch
    }()

    @Test func anyTextIsAnsweredSoonAndKeepsNothing() throws {
        var read = 0
        var checked = 0
        let run = FuzzRun(cases: 1_500)
        let outcome = run.run("expressions") { choices in
            let text = Self.text(&choices)
            guard let expression = try? Expression.parse(text) else { return }
            read += 1
            #expect((try? Expression.parse(expression.description)) == expression, "\(text)")
            _ = expression.pathNames
            guard let whole = try? expression.check(fields: everyField) else { return }
            checked += 1
            for dialect in [Dialect.sqlite, .postgresql] { _ = whole.pushDown(dialect, context: Self.context) }
            let compiled = whole.compile(columns: everyField.map(\.name), context: Self.context)
            for row in 0..<Self.batch.rowCount {
                let value = try? compiled.evaluate(Self.batch, row: row)
                guard whole.isCondition, let value else { continue }
                #expect((try? compiled.matches(Self.batch, row: row)) == (value == .bool(true)), "\(text)")
            }
        }
        print("fuzz expressions: \(read) were expressions, \(checked) of them fit the fields")
        #expect(read > outcome.cases / 20)
        #expect(checked > outcome.cases / 40)
        #expect(outcome.slowest.seconds < 20, "seed \(outcome.slowest.seed)")
        if run.isLong { #expect(outcome.growth < 64 << 20) }
    }

    // MARK: Inputs

    private static func text(_ choices: inout FuzzRun.Choices) -> String {
        switch choices.index(10) {
        case 0: return tokens(&choices, Int(choices.index(12)) + 1)
        case 1: return nested(&choices)
        case 2:
            return String(
                decoding: (0..<choices.index(60)).map { _ in UInt8(truncatingIfNeeded: choices.next()) }, as: UTF8.self)
        case 3, 4:
            let whole = typed(&choices)
            return String(decoding: choices.damaged(Array(whole.utf8), times: 1 + choices.index(4)), as: UTF8.self)
        case 5:
            let (left, right) = (Array(typed(&choices).unicodeScalars), Array(typed(&choices).unicodeScalars))
            let joined = left.prefix(choices.index(left.count)) + right.suffix(choices.index(right.count))
            return String(String.UnicodeScalarView(joined))
        case 6: return "matchesPattern(name,'\(pattern(&choices, 4))')"
        default: return typed(&choices)
        }
    }

    /// A well-typed condition over the fields that ``everyField`` has.
    private static func typed(_ choices: inout FuzzRun.Choices) -> String {
        var generator = ExpressionGenerator(numbers: SeededNumbers(seed: choices.next()))
        generator.fieldNames = [
            .int: ["number"], .double: ["double"], .decimal: ["amount"], .text: ["name"], .bool: ["flag"],
            .date: ["day"],
            .time: ["clock"], .stamp: ["stamp"], .instant: ["moment"], .uuid: ["id"],
        ]
        generator.enumName = "status"
        return generator.condition(1 + choices.index(5))
    }

    private static func tokens(_ choices: inout FuzzRun.Choices, _ count: Int) -> String {
        var text = ""
        for _ in 0..<count {
            text += choices.pick(tokens)
            if choices.chance(80) { text += " " }
        }
        return text
    }

    private static func nested(_ choices: inout FuzzRun.Choices) -> String {
        let opening = choices.pick([
            "(", "not ", "- ", "-", "concat(", "case(flag:", "cast(", "name in (", "name eq ", "1 add ",
        ])
        let count = choices.pick([3, 30, 62, 63, 64, 65, 66, 130, 2_000, 20_000])
        return String(repeating: opening, count: count) + tokens(&choices, 2)
            + String(repeating: choices.pick([")", ",'a')", ":1)", ",Edm.String)", ""]), count: count)
    }

    private static func pattern(_ choices: inout FuzzRun.Choices, _ depth: Int) -> String {
        guard depth > 0, choices.chance(85) else {
            return choices.pick([
                "a", ".", "\\w", "\\W", "\\d", "\\s", "[^a]", "[a-z]", "^", "$", "\\b", "é", "\\u{1F600}", "\\", "[",
                "{2}", "\\1",
            ])
        }
        switch choices.index(5) {
        case 0: return "(\(pattern(&choices, depth - 1))|\(pattern(&choices, depth - 1)))"
        case 1:
            return
                "(\(pattern(&choices, depth - 1)))\(choices.pick(["*", "+", "?", "{20}", "{0,50}", "{1000}", "{3,}", "{2,1}"]))"
        default: return pattern(&choices, depth - 1) + pattern(&choices, depth - 1)
        }
    }
}
