import LockstepExpressions
import Testing

/// What two conditions say about each other by their texts.
@Suite struct ConstraintTests {
    private func constraints(_ text: String) throws -> FieldConstraints { try Expression.parse(text).constraints }

    @Test(
        arguments: [
            ("a eq 'x'", "a eq 'y'"), ("a eq 'x' and b eq 1", "b eq 2"), ("a in ('x','y')", "a in ('z','w')"),
            ("a eq 'x'", "a ne 'x'"), ("not (a eq 'x')", "a eq 'x'"), ("a eq 1 or a eq 2", "a eq 3"),
            ("active", "not active"), ("active eq true", "active eq false"), ("a eq null", "a eq 'x'"),
            ("a eq 1.50", "a eq 1.6"), ("'x' eq a", "a eq 'X'"), ("a in ('x') and contains(b,'z')", "a eq 'y'"),
            ("a/b eq 'x'", "a/b eq 'y'"), ("a gt null", "a eq 1"), ("not (a in (1,2))", "a eq 2"),
        ])
    func theseExcludeEachOther(left: String, right: String) throws {
        #expect(try constraints(left).excludes(constraints(right)))
        #expect(try constraints(right).excludes(constraints(left)))
        #expect(try !constraints(left).overlaps(constraints(right)))
    }

    @Test(
        arguments: [
            ("a eq 'x'", "b eq 'x'"), ("a eq 'x'", "a eq 'x'"), ("a in (1,2)", "a in (2,3)"),
            ("a eq 1", "a eq 1.0"), ("a eq 1 or b eq 1", "a eq 2"), ("a ne 'x'", "a ne 'y'"),
            ("a eq 2020-01-01", "a eq 2020-01-01T00:00:00"), ("contains(a,'x')", "a eq 'y'"), ("a gt 1", "a lt 1"),
            ("not (a eq 1 or b eq 1)", "a eq 1"), ("a eq 'x' or contains(b,'y')", "a eq 'z'"),
        ])
    func theseAreNotProvedToExcludeEachOther(left: String, right: String) throws {
        #expect(try !constraints(left).excludes(constraints(right)))
        #expect(try !constraints(right).excludes(constraints(left)))
    }

    @Test(
        arguments: [
            ("a eq 'x'", "a in ('x','y')", true), ("a eq 'x'", "b eq 1", false),
            ("a eq 'x'", "a eq 'x' and b eq 1", true), ("a ne 'x'", "a eq 'y'", true),
            ("contains(a,'x')", "a eq 'x'", false), ("a eq 1 or b eq 1", "a eq 1", false),
            ("a gt 1", "a eq 2", false),
        ])
    func whatIsUnderstoodAsAWholeOverlapsForCertain(left: String, right: String, expected: Bool) throws {
        #expect(try constraints(left).overlaps(constraints(right)) == expected)
    }

    @Test(
        arguments: [
            ("a eq 'x' and a eq 'y'", true), ("a gt null", true), ("false", true), ("a lt 1 or null ge a", false),
            ("a eq 1 and not (a eq 1)", true), ("a gt null or a le null", true), ("a eq null", false),
            ("a eq 1 and a eq 1.0", false), ("a in (1,2) and a ne 1", false),
            ("a in (1,2) and a ne 1 and a ne 2", true),
        ])
    func aConditionThatNeverHoldsIsSeen(text: String, expected: Bool) throws {
        #expect(try constraints(text).isNeverTrue == expected)
    }

    @Test func fieldsAreNamedOnceInOrder() throws {
        let expression = try Expression.parse("contains(b,'x') and a eq b and c/d/e eq 1 and case(a eq 1: f)")
        #expect(expression.namedFields == ["b", "a", "c.d.e", "f"])
    }
}
