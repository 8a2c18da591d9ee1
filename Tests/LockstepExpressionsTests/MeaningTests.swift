import LockstepExpressions
import LockstepModel
import Testing

@Suite struct NullMeaningTests {
    @Test(arguments: [
        ("null eq null", true), ("null ne null", false), ("number eq null", true), ("number ne null", false),
        ("number eq 5", false), ("number ne 5", true), ("number gt 5", false), ("number le 5", false),
        ("not (number gt 5)", true), ("number in (1,null)", true), ("number in (1,2)", false),
        ("not (number in (1,2))", true), ("number eq double", true), ("(number add 1) eq null", true),
        ("length(name) eq null", true), ("contains(name,'x') eq null", true), ("flag eq null", true),
    ])
    func comparisonsOfNullAreTrueOrFalse(text: String, expected: Bool) throws {
        #expect(try evaluate(text) == .bool(expected))
    }

    @Test(arguments: [
        "flag", "not flag", "not null", "null", "contains(name,'x')", "not contains(name,'x')", "number add 1",
        "- number",
        "concat(name,'x')", "flag and true", "flag or false", "flag and null", "case(flag:1)", "case(false:1)",
    ])
    func whatIsUnknownIsNull(text: String) throws {
        #expect(try evaluate(text) == .null)
    }

    @Test func andOrNotFollowThreeValuedLogic() throws {
        let values: [(String, Bool?)] = [("true", true), ("false", false), ("flag", nil)]
        for (left, leftValue) in values {
            for (right, rightValue) in values {
                let both: Bool? =
                    leftValue == false || rightValue == false
                    ? false : leftValue == nil || rightValue == nil ? nil : true
                let either: Bool? =
                    leftValue == true || rightValue == true ? true : leftValue == nil || rightValue == nil ? nil : false
                #expect(try evaluate("\(left) and \(right)") == (both.map(Value.bool) ?? .null))
                #expect(try evaluate("\(left) or \(right)") == (either.map(Value.bool) ?? .null))
            }
        }
    }
}

@Suite struct MeaningTests {
    @Test(arguments: [
        ("7 div 2", Value.int64(3)), ("-7 div 2", .int64(-3)), ("-7 mod 2", .int64(-1)), ("7 divby 2", .decimal("3.5")),
        ("0.1 add 0.2", .decimal("0.3")), ("1.5 mul -2", .decimal("-3")), ("1.0 sub 1", .decimal("0")),
        ("1 divby 3", .decimal("0.3333333333333333333333333333333333")),
        ("2.0 div 3", .decimal("0.6666666666666666666666666666666667")), ("1000 divby 8", .decimal("125")),
        ("100.01 sub 99.99", .decimal("0.02")), ("99.99 add 0.01", .decimal("100")), ("0.5 div 0.25", .decimal("2")),
        ("round(2.5)", .decimal("3")), ("round(-2.5)", .decimal("-3")), ("floor(-0.1)", .decimal("-1")),
        ("ceiling(-0.9)", .decimal("0")), ("round(0.49)", .decimal("0")), ("round(9.5)", .decimal("10")),
        ("round(2.5e0)", .float64(3)), ("1e0 div 0", .float64(.infinity)), ("5 add 1e0", .float64(6)),
        ("length('日本𝄞')", .int64(3)), ("indexof('日本','本')", .int64(1)), ("indexof('a','b')", .int64(-1)),
        ("substring('日本語',1)", .text("本語")), ("substring('日本語',1,1)", .text("本")), ("substring('a',5)", .text("")),
        ("tolower('ÄB')", .text("Äb")), ("trim(' \u{A0}x ')", .text("x")), ("concat('a','b')", .text("ab")),
        ("endswith('abc','bc')", .bool(true)), ("startswith('abc','')", .bool(true)), ("contains('a','')", .bool(true)),
        ("'é' eq 'e\u{301}'", .bool(false)), ("'a' lt 'B'", .bool(false)), ("'\u{FFFF}' lt '\u{10000}'", .bool(true)),
        ("NaN eq NaN", .bool(false)), ("NaN ne NaN", .bool(true)), ("NaN gt 1", .bool(false)),
        ("1 eq 1.0", .bool(true)),
        ("9007199254740993 eq 9007199254740992e0", .bool(true)),
        ("9007199254740993 eq 9007199254740992.0", .bool(false)),
        ("year(2026-01-31)", .int64(2026)), ("month(2026-01-31T23:00:00-05:00)", .int64(2)),
        ("second(08:30:15.75)", .int64(15)), ("fractionalseconds(08:30:15.75)", .decimal("0.75")),
        ("date(2026-01-31T23:00:00)", .date(20484)), ("2026-01-31 eq 2026-01-31T00:00:00", .bool(true)),
        ("cast('12',Edm.Int64)", .int64(12)), ("cast('x',Edm.Int64)", .null), ("cast(1.5,Edm.Int64)", .null),
        ("cast(12,Edm.String)", .text("12")), ("true gt false", .bool(true)),
        ("case(1 gt 2:'a',true:'b')", .text("b")), ("case(true:1,true:2.5)", .decimal("1")),
    ])
    func constantsHaveTheirValue(text: String, expected: Value) throws {
        let value = try evaluate(text)
        #expect(value == expected, "\(text) is \(value)")
    }

    @Test(arguments: [
        ("number add 1", EvaluationFailure.Code.outOfRange), ("- (0 sub number sub 1)", .outOfRange),
        ("number div 0", .divisionByZero),
        ("totalseconds((9999-12-31 sub 0001-01-01) mul number)", .outOfRange),
        ("day add duration'P99D'", .outOfRange),
        ("totalseconds(duration'P1D' div (number sub number))", .divisionByZero),
        ("1.5 mod (number sub number)", .divisionByZero), ("double mod (number sub number)", .divisionByZero),
        ("number mod (number sub number)", .divisionByZero),
        ("substring('abc',0,0 sub number)", .argument), ("now()", .noTime),
    ])
    func whatHasNoValueFails(text: String, code: EvaluationFailure.Code) throws {
        let record: [String: Value] = ["number": .int64(.max), "day": .date(2_932_896), "double": .float64(1)]
        #expect(throws: EvaluationFailure.self) { try evaluate(text, record) }
        do { _ = try evaluate(text, record) } catch let error as EvaluationFailure {
            #expect(error.code == code)
        }
    }

    @Test func nowIsPassedIn() throws {
        let moment = Value.instant(1_000_000_000)
        #expect(try evaluate("moment lt now()", ["moment": moment], now: 1_000_000_001) == .bool(true))
        #expect(try evaluate("now() sub duration'PT1S'", now: 5_000_000) == .instant(4_000_000))
    }

    @Test func aDecidingTermDecidesBesideOneThatFails() throws {
        let record: [String: Value] = ["number": .int64(0)]
        #expect(try evaluate("1 div number eq 1 and number ne 0", record) == .bool(false))
        #expect(try evaluate("1 div number eq 1 or number eq 0", record) == .bool(true))
        #expect(throws: EvaluationFailure.self) { try evaluate("1 div number eq 1 and number eq 0", record) }
    }

    @Test func unreadableFieldsFailAndNameTheField() throws {
        let filter = try Expression.parse("name eq 'x'").check(fields: everyField).compile(columns: ["name"])
        var batch = RowBatch(columnCount: 1)
        batch.appendRow([.invalid("blob")])
        batch.appendRow([.text("x")])
        batch.appendRow([.unchanged])
        batch.appendRow([.null])
        let rows = filter.matches(batch)
        #expect(rows.isMatch == [false, true, false, false])
        #expect(rows.failures.map(\.row) == [0, 2])
        #expect(rows.failures.map(\.failure.field) == ["name", "name"])
        #expect(rows.failures.map(\.failure.code) == [.invalidField, .unchangedField])
    }

    @Test func eitherImageOfAChangeCanBeRead() throws {
        let fields = everyField.filter { ["name", "amount"].contains($0.name) }
        let filter = try Expression.parse("name eq 'new'").check(fields: fields).compile(columns: ["amount", "name"])
        let copy = try Expression.parse("amount").check(fields: fields).compile(columns: ["amount", "name"])
        var batch = RowBatch(columnCount: 4)
        batch.appendRow([.decimal("1.50"), .text("old"), .unchanged, .text("new")])
        #expect(try !filter.matches(batch, row: 0))
        #expect(try filter.matches(batch, row: 0, columnOffset: 2))
        #expect(try copy.evaluate(batch, row: 0, columnOffset: 2, unchangedOffset: 0) == .decimal("1.50"))
    }
}

@Suite struct CheckingTests {
    @Test(arguments: [
        ("number eq '5'", "LS-EXP-TYPE"), ("name eq 5", "LS-EXP-TYPE"), ("day eq '2026-01-31'", "LS-EXP-TYPE"),
        ("moment gt 2026-01-31", "LS-EXP-TYPE"), ("stamp gt 2026-01-31T00:00:00Z", "LS-EXP-TYPE"),
        ("not number eq 5", "LS-EXP-TYPE"), ("number and flag", "LS-EXP-TYPE"), ("length(number)", "LS-EXP-TYPE"),
        ("name add 'x'", "LS-EXP-TYPE"), ("id gt id", "LS-EXP-TYPE"), ("document eq document", "LS-EXP-UNSUPPORTED"),
        ("customer/name eq 'x'", "LS-EXP-FIELD"), ("contacts/any(c:c/email ne null)", "LS-EXP-UNSUPPORTED"),
        ("contacts/all(c:c/email ne null)", "LS-EXP-UNSUPPORTED"), ("status has 'Active'", "LS-EXP-UNSUPPORTED"),
        ("hassubset(name,name)", "LS-EXP-UNSUPPORTED"), ("totaloffsetminutes(moment) eq 0", "LS-EXP-UNSUPPORTED"),
        ("foo(name)", "LS-EXP-FUNCTION"), ("nothing eq 1", "LS-EXP-FIELD"), ("1 div 0 eq 1", "LS-EXP-CONSTANT"),
        ("contains(name)", "LS-EXP-TYPE"), ("case(flag:1,true:'x')", "LS-EXP-TYPE"),
        ("cast(name,Edm.Binary)", "LS-EXP-UNSUPPORTED"), ("duration'P1D'", "LS-EXP-TYPE"),
        ("moment sub stamp", "LS-EXP-TYPE"), ("moment add moment", "LS-EXP-TYPE"),
        ("clock add duration'PT1S'", "LS-EXP-TYPE"),
        ("duration'P1D' mul duration'P1D'", "LS-EXP-TYPE"), ("5 div duration'P1D'", "LS-EXP-TYPE"),
        ("totalseconds(number)", "LS-EXP-TYPE"), ("cast(flag,Edm.Int64)", "LS-EXP-TYPE"),
        ("cast(document,Edm.String)", "LS-EXP-TYPE"), ("isof(name,Edm.Thing)", "LS-EXP-UNSUPPORTED"),
        ("substring(name,0,-1) eq ''", "LS-EXP-CONSTANT"), ("1.5 mod 0.0 eq 1", "LS-EXP-CONSTANT"),
        ("1e0 mod 0 eq 1", "LS-EXP-CONSTANT"), ("matchesPattern(number,'a')", "LS-EXP-TYPE"),
        ("matchesPattern(name,name)", "LS-EXP-UNSUPPORTED"), ("matchesPattern(name,'(')", "LS-EXP-UNSUPPORTED"),
    ])
    func mistakesAreRefused(text: String, code: String) {
        #expect(problems(text).map(\.code.rawValue) == [code])
    }

    @Test func allProblemsAreReportedAtOnceInTheirOrder() {
        let found = problems("nmae eq 'x' and number eq 'y' and foo(day) eq 1")
        #expect(found.map(\.offset) == [0, 23, 34])
    }

    @Test func theFieldsItReadsAreKnown() throws {
        let checked = try Expression.parse("number gt 1 and (name eq 'x' or number lt 0)").check(fields: everyField)
        #expect(checked.fieldNames == ["number", "name"])
        #expect(checked.resultType == .bool)
        #expect(try Expression.parse("document ne null and image eq null").check(fields: everyField).isCondition)
        #expect(throws: ExpressionError.self) { try Expression.parse("number").checkCondition(fields: everyField) }
    }
}
