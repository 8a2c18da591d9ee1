import LockstepExpressions
import LockstepModel
import Testing

@Suite struct GrammarTests {
    @Test(arguments: [
        ("a eq 1 or b eq 2 and c eq 3", "a eq 1 or (b eq 2 and c eq 3)"),
        ("a add b mul c eq d", "(a add (b mul c)) eq d"),
        ("a sub b sub c", "(a sub b) sub c"),
        ("a lt b eq c gt d", "(a lt b) eq (c gt d)"),
        ("not a and b", "(not a) and b"),
        ("not a in (1,2)", "not (a in (1,2))"),
        ("- a mul b", "(- a) mul b"),
        ("a eq b or c or d", "((a eq b) or c or d)"),
        ("A EQ 1 AND Not B", "A eq 1 and not B"),
        ("ToLower(a)", "tolower(a)"),
    ])
    func operatorsBindAsTheStandardSays(text: String, same: String) throws {
        #expect(try Expression.parse(text) == Expression.parse(same))
    }

    @Test(arguments: [
        ("a   eq\t1", "a eq 1"),
        ("(a eq 1) and ((b eq 2) or c)", "a eq 1 and (b eq 2 or c)"),
        ("a sub (b sub c)", "a sub (b sub c)"),
        ("-(5)", "- 5"), ("-5", "-5"), ("-9223372036854775808", "-9223372036854775808"),
        ("1.50", "1.5"), ("2.0", "2.0"), ("1e3", "1000.0e0"), ("-INF", "-INF"), ("NaN", "NaN"),
        ("'it''s'", "'it''s'"), ("2026-01-31", "2026-01-31"), ("08:30", "08:30:00"),
        ("2026-01-31T08:00:00.250+01:00", "2026-01-31T07:00:00.25Z"), ("2026-01-31T08:00", "2026-01-31T08:00:00"),
        ("duration'P1DT2H'", "duration'P1DT2H'"), ("duration'-PT0.5S'", "duration'-PT0.5S'"),
        ("01234567-89AB-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"),
        ("case(a eq 12 : 30,true:1)", "case(a eq 12: 30,true: 1)"), ("cast(a,Edm.String)", "cast(a,Edm.String)"),
        ("ISOF( a , Edm.Int32)", "isof(a,Edm.Int32)"), ("matchesPattern(a,'''')", "matchespattern(a,'''')"),
        ("99999999999999999999", "99999999999999999999"),
    ])
    func canonicalTextIsOne(text: String, canonical: String) throws {
        #expect(try Expression.parse(text).description == canonical)
    }

    @Test(arguments: [
        ("a eq", 4), ("a eq 'open", 5), ("a == 1", 2), ("(a eq 1", 7), ("a eq 1)", 6), ("a b", 2), ("", 0),
        ("contains(a,'x'", 14), ("a in 1", 5), ("a in ()", 2), ("2026-02-30", 0), ("ä eq = 1", 5), ("x eq 5abc", 5),
        ("a has 'b'", 2), ("a/", 2), ("a lik 1", 2), ("Sales.Color'Red' eq a", 0), ("1e999", 0),
    ])
    func mistakesHaveTheirPlace(text: String, offset: Int) {
        #expect(problems(text).first?.offset == offset)
    }

    @Test func slipsGetAHint() throws {
        #expect(problems("nmae eq 'x'").first?.hint == "did you mean 'name'?")
        #expect(problems("lenght(name) eq 1").first?.hint == "did you mean 'length'?")
        #expect(problems("number gte 1").first?.hint == "write ge")
        #expect(problems("status eq 'Actve'").first?.hint == "did you mean 'Active'?")
        #expect(problems("number = 1").first?.hint == "comparisons are written eq, ne, gt, ge, lt, le")
    }

    @Test func collectionsAreRefusedWithAWayOut() {
        let found = problems("number gt 1 and contacts/any(c:c/email ne null)").first
        #expect(found?.offset == 16)
        #expect(found?.message.contains("'contacts/any'") == true)
        #expect(found?.hint.contains("field of the record") == true)
    }

    @Test func nestingIsBounded() throws {
        let deep = String(repeating: "(", count: 200) + "1" + String(repeating: ")", count: 200)
        #expect(problems(deep).first?.code == .limit)
        #expect(problems(String(repeating: "not ", count: 100) + "flag").first?.code == .limit)
        #expect(problems("number" + String(repeating: " add 1", count: 100) + " eq 1").first?.code == .limit)
        #expect(problems(String(repeating: "- ", count: 3000) + "1").first?.code == .limit)
        let wide = Array(repeating: "number eq 1", count: 1000).joined(separator: " or ")
        #expect(problems(wide).isEmpty)
    }

    @Test func lengthIsBounded() {
        #expect(problems("name eq '" + String(repeating: "x", count: 20_000) + "'").first?.code == .limit)
    }
}

@Suite struct ParserFuzzTests {
    private static let pieces = [
        "a", "name", "number", "and", "or", "not", "eq", "ne", "gt", "in", "add", "sub", "div", "mod", "(", ")", ",",
        ":",
        "/", "-", "'", "''", "'x'", "1", "1.5", "1e3", "-1", "NaN", "INF", "null", "true", "2026-01-31", "T08:00", "Z",
        "08:30", "duration'P1D'", "01234567-89ab-cdef-0123-456789abcdef", "contains(", "case(", "cast(", "Edm.String",
        "é",
        "e\u{301}", "日", "\u{0}", "\r\n", "$", "=", ".", "..", "has", "matchespattern(", "isof(",
        "name,'^a(b|c)+[^d-f]{2,3}$')", "totalseconds(", "any(c:c/", "stamp", "day", "divby", "mul",
        "9223372036854775808", "\u{10FFFF}",
    ]

    @Test func anyTextIsReadOrRefusedAndReadTextKeepsItsMeaning() throws {
        var numbers = SeededNumbers(seed: 7)
        var readCount = 0
        for _ in 0..<30_000 {
            var text = ""
            for _ in 0..<Int.random(in: 1...9, using: &numbers) {
                text += numbers.pick(Self.pieces)
                if numbers.chance(70) { text += " " }
            }
            guard let expression = try? Expression.parse(text) else { continue }
            readCount += 1
            #expect(try Expression.parse(expression.description) == expression, "\(text)")
            _ = try? expression.check(fields: everyField)
        }
        #expect(readCount > 1_000)
    }

    @Test func damagedExpressionsDoNoHarm() throws {
        let whole = Array(
            """
            contains(tolower(name),'é') and not (number div 2 gt 5 or amount in (1.5,2,null)) and \
            case(day lt 2026-01-31:'x',true:concat(name,'y')) ne null and moment ge now() sub duration'P1DT2H'
            """.unicodeScalars)
        var numbers = SeededNumbers(seed: 11)
        for _ in 0..<7_000 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...4, using: &numbers) {
                let place = Int.random(in: 0..<damaged.count, using: &numbers)
                switch numbers.next() % 3 {
                case 0: damaged.remove(at: place)
                case 1: damaged.insert(numbers.pick(whole), at: place)
                default: damaged[place] = numbers.pick(whole)
                }
            }
            let text = String(String.UnicodeScalarView(damaged))
            guard let expression = try? Expression.parse(text) else { continue }
            #expect(try Expression.parse(expression.description) == expression)
            _ = try? expression.check(fields: everyField)
        }
    }
}
