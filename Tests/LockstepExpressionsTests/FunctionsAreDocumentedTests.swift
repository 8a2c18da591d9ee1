import Foundation
import LockstepModel
import Testing

@testable import LockstepExpressions

/// What the page on operators and functions says is what the code does.
@Suite struct FunctionsAreDocumentedTests {
    private struct Row {
        var name: String
        var cells: [String]
    }

    /// The rows of the table under a heading; names and examples stand in backticks.
    private static func rows(under heading: String) throws -> [Row] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("Sources/LockstepExpressions/LockstepExpressions.docc/Functions.md")
        let page = try String(contentsOf: file, encoding: .utf8)
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { $0.drop { $0 == "#" } != " \(heading)" }.dropFirst().prefix { !$0.hasPrefix("#") }
        return lines.filter { $0.hasPrefix("| `") }.map { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            return Row(name: cells[0].replacingOccurrences(of: "`", with: ""), cells: cells)
        }
    }

    @Test func everyOperatorAndFunctionIsOnThePage() throws {
        let operators = BinaryOperator.allCases.map(\.rawValue) + ["and", "or", "not", "in", "-"]
        #expect(try Self.rows(under: "Operators").map(\.name).sorted() == operators.sorted())
        let functions = Function.allCases.map(\.rawValue) + ["case", "cast", "isof"]
        #expect(try Self.rows(under: "Functions").map(\.name).sorted() == functions.sorted())
        #expect(try Self.rows(under: "Types").map(\.name).sorted() == CastTarget.allCases.map(\.rawValue).sorted())
        let refused = Array(ExpressionChecker.refused.keys) + ["has"]
        #expect(
            try Self.rows(under: "What is refused, and what to do instead").map(\.name).sorted() == refused.sorted())
    }

    @Test(arguments: ["Operators", "Functions"])
    func storesAnswerWhatThePageSays(heading: String) throws {
        for row in try Self.rows(under: heading) {
            let example = row.cells[5].replacingOccurrences(of: "`", with: "")
            for (dialect, cell) in [(Dialect.sqlite, row.cells[3]), (.postgresql, row.cells[4])] {
                let checked = try Expression.parse(example).checkCondition(fields: Self.fields(dialect))
                let pushed = checked.pushDown(dialect, context: EvaluationContext(now: 0))
                let answered = pushed.predicate == nil ? "no" : pushed.isExact ? "yes" : "part"
                #expect(answered == cell, "\(example) in \(dialect.rawValue)")
            }
        }
    }

    private static func fields(_ dialect: Dialect) -> [FieldDescription] {
        let natives: [(String, ValueType, String, String)] = [
            ("name", .text, "TEXT", "text"), ("number", .int64, "INTEGER", "integer"),
            ("amount", .decimal, "DECIMAL(10,2)", "numeric(10,2)"), ("day", .date, "DATE", "date"),
            ("clock", .time, "TIME", "time"), ("stamp", .timestamp, "TIMESTAMP", "timestamp"),
            ("moment", .instant, "TIMESTAMPTZ", "timestamptz"),
        ]
        return natives.map { name, type, sqlite, postgresql in
            FieldDescription(
                name: name, type: type, nativeType: dialect == .sqlite ? sqlite : postgresql,
                precision: type == .decimal ? 10 : nil, scale: type == .decimal ? 2 : nil,
                integerBits: type == .int64 ? 32 : nil)
        }
    }
}
