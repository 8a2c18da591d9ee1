import LockstepExpressions
import LockstepModel
import Testing

/// Paths over references: fields of their own, which whoever gives the fields has followed.
@Suite struct PathTests {
    private let fields = [
        FieldDescription(name: "currency", type: .uuid, nativeType: "uuid"),
        FieldDescription(name: "total", type: .decimal, nativeType: "numeric(10,2)", precision: 10, scale: 2),
        Self.path("currency.code", .text),
        Self.path("customer.country.code", .text),
        Self.path("customer.photo", .bytes),
        FieldDescription(name: "plain.dotted", type: .text, nativeType: "text"),
    ]

    private static func path(_ name: String, _ type: ValueType) -> FieldDescription {
        let segments = name.split(separator: ".").map(String.init)
        let hop = FieldPath.Hop(fields: [segments[0]], entity: "others", targetFields: ["id"])
        let path = FieldPath(name: name, hops: [hop], field: segments[segments.count - 1])
        return FieldDescription(name: name, type: type, nativeType: "text", path: path)
    }

    @Test func thePathsItNamesAreKnownBeforeItIsChecked() throws {
        let text = "total gt 1 and (currency/code eq 'EUR' or customer/country/code in (currency/code,'NL'))"
        #expect(try Expression.parse(text).pathNames == ["currency.code", "customer.country.code"])
        #expect(try Expression.parse("total gt 1").pathNames.isEmpty)
        let nested = "case(not (a/b eq 1): cast(- c/d,Edm.String),true: concat(e/f,substring(g/h,1)))"
        #expect(try Expression.parse(nested).pathNames == ["a.b", "c.d", "e.f", "g.h"])
    }

    @Test func aPathIsTheFieldOfThatNameWithDots() throws {
        let checked = try Expression.parse("concat(currency/code,'!') ne null and total gt 1").check(fields: fields)
        #expect(checked.fieldNames == ["currency.code", "total"])
        var batch = RowBatch(columnCount: 2)
        batch.appendRow([.decimal("2"), .text("EUR")])
        batch.appendRow([.decimal("2"), .null])
        #expect(checked.compile(columns: ["total", "currency.code"]).matches(batch).isMatch == [true, false])
    }

    @Test(arguments: [
        ("currency/cod eq 'x'", "did you mean 'currency/code'?"), ("plain/dotted eq 'x'", "no field 'plain'"),
        ("currency/denomination eq 'x'", "'currency' must be a reference"), ("currency.cod eq 'x'", "did you mean"),
        ("some.thing eq 'x'", "some/thing"),
    ])
    func aPathThatNobodyFollowedIsRefused(text: String, hint: String) throws {
        do {
            _ = try Expression.parse(text).check(fields: fields)
            Issue.record("it was accepted")
        } catch {
            #expect(error.problems.map(\.code) == [.unknownField])
            #expect(error.problems.first?.hint.contains(hint) == true, "\(error)")
        }
    }

    @Test(arguments: [Dialect.sqlite, .postgresql])
    func aStoreIsNeverAskedForWhatStandsInAnotherEntity(dialect: Dialect) throws {
        for text in ["currency/code eq 'EUR'", "currency/code ne null", "customer/photo eq null"] {
            let pushed = try Expression.parse(text).check(fields: fields).pushDown(dialect)
            #expect(pushed.predicate == nil && !pushed.isExact)
        }
    }
}
