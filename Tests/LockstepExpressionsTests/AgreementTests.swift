import Foundation
import LockstepModel
import Testing

@testable import LockstepExpressions

/// Records in a store, beside the same records as batches have them.
private struct Store {
    /// A field's value as a batch has it, and as the store was given it.
    typealias Entry = (cell: Value, stored: Value)

    var dialect: Dialect
    var fields: [FieldDescription]
    var rows: [[Entry]]
    var query: (String, [Value]) throws -> [[String?]]

    var batch: RowBatch {
        var batch = RowBatch(columnCount: fields.count)
        for row in rows { batch.appendRow(row.map(\.cell)) }
        return batch
    }
}

/// The one promise of this module: the same answer here, in SQLite and in PostgreSQL.
///
/// `LOCKSTEP_SEED` replays a run, `LOCKSTEP_CASES` sets how many expressions it tries: each run tries others.
@Suite(.serialized) struct AgreementTests {
    private static let names = ["i", "j", "x", "y", "n", "m", "s", "u", "e", "b", "c", "d", "k", "ts", "at", "g"]
    private static let context = EvaluationContext(now: 1_800_000_000_000_000)
    private static let seed =
        ProcessInfo.processInfo.environment["LOCKSTEP_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...999_999)
    private static let cases = ProcessInfo.processInfo.environment["LOCKSTEP_CASES"].flatMap { Int($0) } ?? 400

    @Test func sqliteGivesTheSameAnswers() throws {
        let database = try TemporarySQLite()
        defer { database.stop() }
        let types = [
            "INTEGER", "BIGINT", "REAL", "DOUBLE", "DECIMAL(20,4)", "NUMERIC", "TEXT", "VARCHAR(50) COLLATE NOCASE",
            "TEXT",
            "BOOLEAN", "BOOLEAN", "DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "UUID",
        ]
        var rows = Self.rows(seed: Self.seed).map { row in
            // SQLite turns NaN into null.
            row.map { $0.displayText == "NaN" && $0.type == .float64 ? Value.null : $0 }.map { (cell: $0, stored: $0) }
        }
        for (index, stored) in [
            (0, Value.text("abc")), (1, .bytes([1])), (2, .text("x")), (6, .bytes([65])), (7, .bytes([])),
            (9, .text("yes")),
            (10, .int64(2)),
        ] {
            var row = rows[index]
            row[index] = (cell: .invalid("text"), stored: stored)
            rows.append(row)
        }
        var row = rows[0]
        row[6] = (cell: .text("a\u{0}b"), stored: .text("a\u{0}b"))
        rows.append(row)
        try Self.create(types, rows, query: database.query) { "?\($0)" }
        try Self.compare(
            Store(dialect: .sqlite, fields: Self.fields(types), rows: rows, query: database.query), atLeast: 0.25)
    }

    @Test func postgresqlGivesTheSameAnswers() throws {
        let session = try PostgreSQLSession("agreement")
        let query = session.query
        for statement in [
            "SET timezone = 'America/New_York'", "CREATE TYPE status AS ENUM ('Blocked', 'Active')",
            "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
        ] {
            _ = try query(statement, [])
        }
        let types = [
            "integer", "bigint", "double precision", "double precision", "numeric(20,4)", "numeric", "text",
            "character varying(50) COLLATE loose", "status", "boolean", "boolean", "date", "time without time zone",
            "timestamp without time zone", "timestamp with time zone", "uuid",
        ]
        var rows = Self.rows(seed: Self.seed).map { row in
            row.enumerated().map { index, value in
                // A 32-bit column.
                index == 0 && Self.isWide(value) ? Value.null : value
            }.map { (cell: $0, stored: $0) }
        }
        for (index, stored) in [
            (11, "infinity"), (11, "0044-03-15 BC"), (11, "5874897-12-31"), (13, "-infinity"), (13, "10000-01-01"),
            (14, "infinity"), (14, "0044-03-15 00:00:00+00 BC"),
        ] {
            var row = rows[index]
            row[index] = (cell: .invalid("out of range"), stored: .text(stored))
            rows.append(row)
        }
        try Self.create(types, rows, query: query) { "$\($0)" }
        try Self.compare(
            Store(dialect: .postgresql, fields: Self.fields(types), rows: rows, query: query), atLeast: 0.5)
        try session.end()
    }

    // MARK: Comparing

    private static func compare(_ store: Store, atLeast share: Double) throws {
        print("agreement with \(store.dialect.rawValue): LOCKSTEP_SEED=\(seed), \(cases) expressions")
        var generator = ExpressionGenerator(numbers: SeededNumbers(seed: seed))
        let batch = store.batch
        var pushed = 0
        var exact = 0
        for _ in 0..<cases {
            let text = generator.condition(3)
            let expression = try Expression.parse(text)
            #expect(try Expression.parse(expression.description) == expression)
            let checked: CheckedExpression
            do { checked = try expression.check(fields: store.fields) } catch {
                // A constant part may divide by zero or overflow.
                #expect(error.problems.allSatisfy { $0.code == .constant }, "\(text): \(error)")
                continue
            }
            let answers = answers(checked, batch)
            pushed += try comparePredicate(checked, answers, store, text) ? 1 : 0
            exact += try compareExactly(checked, answers, store, text) ? 1 : 0
        }
        print("agreement with \(store.dialect.rawValue): \(pushed) pushed down, \(exact) translated whole")
        #expect(Double(pushed) > share * Double(cases))
        #expect(Double(exact) > share / 2 * Double(cases))
    }

    private enum Answer: Hashable { case isTrue, isFalse, isNull, failed }

    /// The evaluator's answers: as a value, and as a filter, for which null is no more than false.
    private struct Answers {
        var values: [Answer] = []
        var filter: [Answer] = []
    }

    private static func answers(_ checked: CheckedExpression, _ batch: RowBatch) -> Answers {
        let compiled = checked.compile(columns: names, context: context)
        let matched = compiled.matches(batch)
        let failed = Set(matched.failures.map(\.row))
        var answers = Answers()
        for row in 0..<batch.rowCount {
            let value: Answer
            do {
                switch try compiled.evaluate(batch, row: row) {
                case .bool(let truth): value = truth ? .isTrue : .isFalse
                default: value = .isNull
                }
            } catch {
                value = .failed
            }
            answers.values.append(value)
            answers.filter.append(failed.contains(row) ? .failed : matched.isMatch[row] ? .isTrue : .isFalse)
            #expect(matched.isMatch[row] == (value == .isTrue), "\(checked.expression)")
            #expect(!failed.contains(row) || value == .failed, "\(checked.expression)")
        }
        return answers
    }

    /// What the predicate leaves out is surely out; what an exact one lets in is in, or cannot be read.
    private static func comparePredicate(
        _ checked: CheckedExpression, _ answers: Answers, _ store: Store, _ text: String
    ) throws -> Bool {
        let pushDown = checked.pushDown(store.dialect, context: context)
        guard let predicate = pushDown.predicate else { return false }
        let found = Set(
            try store.query("SELECT id FROM t WHERE \(predicate.text)", predicate.bindings).compactMap { $0[0] }
                .compactMap { Int($0) })
        for (row, answer) in answers.filter.enumerated() {
            let isFound = found.contains(row)
            let note: Comment = "row \(row) \(answer) of \(text): \(predicate.text)"
            if answer == .isTrue || answer == .failed { #expect(isFound, note) }
            let isReadable = !store.rows[row].contains { if case .invalid = $0.cell { true } else { false } }
            if pushDown.isExact, isReadable { #expect(isFound == (answer == .isTrue), note) }
        }
        return true
    }

    /// True, false and null are the same three answers where the whole condition is translated.
    private static func compareExactly(
        _ checked: CheckedExpression, _ answers: Answers, _ store: Store, _ text: String
    ) throws -> Bool {
        let translator = SQLTranslator(dialect: store.dialect, context: context)
        guard let fragment = try? translator.condition(checked.root),
            let sql = PredicateRenderer(dialect: store.dialect).renderUnguarded(fragment, firstPlaceholder: 1)
        else { return false }
        let dissected = fragment.dissectedFields.map(\.description.name)
        for result in try store.query("SELECT id, (\(sql.text)) FROM t", sql.bindings) {
            guard let row = result[0].flatMap({ Int($0) }) else { continue }
            let readable = store.rows[row].allSatisfy { if case .invalid = $0.cell { false } else { true } }
            let hasZero = zip(names, store.rows[row]).contains {
                dissected.contains($0) && $1.cell == .text("a\u{0}b")
            }
            guard readable, !(hasZero && store.dialect == .sqlite) else { continue }
            let answer: Answer = result[1].map { ["1", "t"].contains($0) ? .isTrue : .isFalse } ?? .isNull
            #expect(answer == answers.values[row], "row \(row) of \(text): \(sql.text)")
        }
        return true
    }

    // MARK: Records

    private static let types: [ValueType] = [
        .int64, .int64, .float64, .float64, .decimal, .decimal, .text, .text, .text, .bool, .bool, .date, .time,
        .timestamp,
        .instant, .uuid,
    ]

    private static func fields(_ native: [String]) -> [FieldDescription] {
        zip(names, zip(types, native)).map { name, type in
            FieldDescription(
                name: name, type: type.0, nativeType: String(type.1.split(separator: " COLLATE ")[0]),
                precision: name == "n" ? 20 : nil, scale: name == "n" ? 4 : nil,
                integerBits: name == "i" && type.1 == "integer" ? 32 : type.0 == .int64 ? 64 : nil,
                labels: name == "e" ? ["Blocked", "Active"] : nil)
        }
    }

    private static func isWide(_ value: Value) -> Bool {
        if case .int64(let number) = value { Int32(exactly: number) == nil } else { false }
    }

    private static func rows(seed: UInt64) -> [[Value]] {
        var numbers = SeededNumbers(seed: seed &+ 1)
        return (0..<60).map { _ in
            types.enumerated().map { index, type in numbers.chance(15) ? .null : value(type, names[index], &numbers) }
        }
    }

    private static func value(_ type: ValueType, _ name: String, _ numbers: inout SeededNumbers) -> Value {
        switch type {
        case .bool: return .bool(numbers.chance(50))
        case .int64: return .int64(numbers.pick(ExpressionGenerator.integers))
        case .float64:
            return .float64(
                numbers.pick([
                    0, -0.0, 1, 1.5, -2.5, .nan, .infinity, -.infinity, 9_007_199_254_740_992, .leastNonzeroMagnitude,
                ]))
        case .decimal:
            let texts = ["0", "1.5", "-2.5", "0.1", "99.9999", "2", "100"]
            return .decimal(
                numbers.pick(name == "m" ? texts + ["NaN", "Infinity", "1e400", "12345678901234567890"] : texts))
        case .text:
            return .text(name == "e" ? numbers.pick(["Active", "Blocked"]) : numbers.pick(ExpressionGenerator.texts))
        case .date: return .date(numbers.pick([0, 20484, -719_162, 2_932_896, 19782]))
        case .time: return .time(numbers.pick([0, 30_615_250_000, 86_399_999_999]))
        case .timestamp: return .timestamp(numbers.pick([0, -1, 1_769_817_600_000_000, -62_135_596_800_000_000]))
        case .instant: return .instant(numbers.pick([0, -1, 1_769_817_600_000_000, 253_402_300_799_999_999]))
        case .uuid: return .uuid(numbers.pick([Array(repeating: 0, count: 16), Array(1...16)]))
        case .bytes, .json: return .null
        }
    }

    private static func create(
        _ types: [String], _ rows: [[Store.Entry]], query: (String, [Value]) throws -> [[String?]],
        placeholder: (Int) -> String
    ) throws {
        let columns = zip(names, types).map { "\"\($0)\" \($1)" }.joined(separator: ", ")
        _ = try query("CREATE TABLE t (id integer, \(columns))", [])
        let places = (1...names.count).map(placeholder).joined(separator: ", ")
        for (row, entries) in rows.enumerated() {
            _ = try query("INSERT INTO t VALUES (\(row), \(places))", entries.map(\.stored))
        }
    }
}
