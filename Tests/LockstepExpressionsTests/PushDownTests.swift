import LockstepExpressions
import LockstepModel
import Testing

@Suite struct PushDownTests {
    private func pushDown(_ text: String, _ dialect: Dialect, firstPlaceholder: Int = 1) throws -> PushDown {
        let fields =
            dialect == .postgresql
            ? everyField
            : [
                FieldDescription(name: "name", type: .text, nativeType: "TEXT"),
                FieldDescription(name: "number", type: .int64, nativeType: "INTEGER"),
                FieldDescription(name: "amount", type: .decimal, nativeType: "DECIMAL(10,2)"),
                FieldDescription(name: "loose", type: .text, nativeType: "STRING"),
            ]
        return try Expression.parse(text).check(fields: fields).pushDown(dialect, firstPlaceholder: firstPlaceholder)
    }

    @Test func valuesAreBoundAndNamesQuoted() throws {
        let sqlite = try pushDown("number gt 5 and name eq 'O''Hara'", .sqlite, firstPlaceholder: 3)
        #expect(
            sqlite.predicate?.text == """
                ((("number" > ?3) AND ("name" COLLATE BINARY = ?4)) OR typeof("number") NOT IN ('integer', 'null') \
                OR typeof("name") NOT IN ('text', 'null'))
                """)
        #expect(sqlite.predicate?.bindings == [.int64(5), .text("O'Hara")])
        #expect(sqlite.isExact)
        let postgresql = try pushDown("number gt 5", .postgresql)
        #expect(postgresql.predicate == Predicate(text: #"("number" > $1::bigint)"#, bindings: [.int64(5)]))
        #expect(postgresql.isExact)
    }

    @Test func whatAStoreCannotAnswerExactlyIsLeftOut() throws {
        let part = try pushDown("number eq 1 and amount gt 1.5", .sqlite)
        #expect(part.predicate?.bindings == [.int64(1)])
        #expect(!part.isExact)
        #expect(try pushDown("number eq 1 or amount gt 1.5", .sqlite).predicate == nil)
        #expect(try pushDown("loose eq '05'", .sqlite).predicate == nil)
        #expect(try pushDown("number add 1 gt 5", .postgresql).predicate == nil)
        #expect(try pushDown("double mul 2 gt 5", .postgresql).predicate == nil)
        #expect(try pushDown("10 div number eq 5", .postgresql).predicate == nil)
        #expect(try pushDown("moment gt now()", .postgresql).predicate == nil)
    }

    @Test func storesAreSparedWhatTheirParsersRefuse() throws {
        let wide = Array(repeating: "number eq 1", count: 1_000).joined(separator: " or ")
        #expect(try pushDown(wide, .sqlite).predicate == nil)
        let list = "number in (" + (0..<2_000).map(String.init).joined(separator: ",") + ")"
        #expect(try pushDown(list, .sqlite).predicate?.bindings.count == 2_000)
    }

    @Test func nullTestsOfAnyFieldArePushedDown() throws {
        #expect(try pushDown("amount eq null", .sqlite).predicate?.text == #"("amount" IS NULL)"#)
        #expect(try pushDown("document ne null", .postgresql).predicate?.text == #"("document" IS NOT NULL)"#)
    }
}
