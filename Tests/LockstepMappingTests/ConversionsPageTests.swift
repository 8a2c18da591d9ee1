import Foundation
import LockstepModel
import Testing

@testable import LockstepMapping

/// The guide's page of conversions says what the compiler and the conversions do, for every pair of types.
@Suite struct ConversionsPageTests {
    @Test func pageSaysWhatEachPairDoes() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/LockstepMapping/LockstepMapping.docc/Conversions.md")
        let page = try String(contentsOf: path, encoding: .utf8)
        for table in [Self.overview, Self.details] {
            #expect(page.contains(table), "the page lacks this table:\n\(table)")
        }
    }

    /// What lint says of a pair in a real map is what the table is made of.
    @Test(arguments: ValueType.allCases)
    func lintRefusesWhatThePageRefuses(source: ValueType) {
        for target in ValueType.allCases {
            for need in Need.allCases {
                let word = need.mapText.map { ", \($0)" } ?? ""
                let outcome = Fixtures.compile(
                    Fixtures.map(["{erp: a, crm: b\(word)}"], rest: ["direction: erp-to-crm"]),
                    erp: Fixtures.store(
                        "customers", key: ["account"],
                        [Fixtures.field("account", .text, nullable: false), Fixtures.field("a", source)]),
                    crm: Fixtures.store(
                        "accounts", key: ["accountnumber"],
                        [Fixtures.field("accountnumber", .text, nullable: false), Fixtures.field("b", target)]))
                let isRefused = outcome.diagnostics.contains { $0.code == MapCode.noExactConversion.rawValue }
                let cell = Cell(source, target)
                #expect(isRefused == !cell.works(with: need), "\(source.name) to \(target.name), \(need)")
            }
        }
    }

    // MARK: What a pair does

    /// What the map has to say for a pair to be allowed.
    private enum Need: CaseIterable {
        case nothing, zone, round, truncate

        var options: ConversionOptions {
            switch self {
            case .nothing: ConversionOptions()
            case .zone: ConversionOptions(zone: LocalZone(PairDefinition.ZoneRule(name: "UTC")))
            case .round: ConversionOptions(loss: .round)
            case .truncate: ConversionOptions(loss: .truncate)
            }
        }

        var mapText: String? {
            switch self {
            case .nothing: nil
            case .zone: "zone: UTC"
            case .round: "round: true"
            case .truncate: "truncate: true"
            }
        }
    }

    private struct Cell {
        let source: FieldDescription
        let target: FieldDescription

        init(_ source: ValueType, _ target: ValueType) {
            self.source = Fixtures.field("source", source)
            self.target = Fixtures.field("target", target)
        }

        func works(with need: Need) -> Bool {
            if case .refused = ConversionRule.between(source, target, need.options) { false } else { true }
        }

        /// The first that suffices; nil where nothing does.
        var need: Need? { Need.allCases.first(where: works) }

        /// Why values are parked, of those that the type can hold.
        func codes(_ options: ConversionOptions) -> Set<String> {
            Set(
                ConversionsPageTests.samples(source.type).compactMap { value in
                    do throws(ValueProblem) {
                        _ = try ValueConversion.convert(value, to: target, options)
                        return nil
                    } catch { return error.code.rawValue }
                })
        }

        /// Values that go over and, on the way back, are others than before.
        func changesOnTheWayBack(_ options: ConversionOptions) -> Bool {
            ConversionsPageTests.samples(source.type).contains { value in
                guard let there = try? ValueConversion.convert(value, to: target, options),
                    let back = try? ValueConversion.convert(there, to: source, options)
                else { return false }
                // As text, since NaN is not equal to itself.
                return "\(back)" != "\(value)"
            }
        }

        var sign: String {
            if source.type == target.type { return "same" }
            guard let need else { return "–" }
            let fits = codes(need.options).isEmpty ? "all" : "fit"
            switch need {
            case .nothing: return fits
            case .zone: return "zone"
            case .round, .truncate: return "round"
            }
        }

        var detail: String? {
            guard source.type != target.type, let need else { return nil }
            let parked = codes(need.options)
            var options = need.options
            var words: [String] = []
            for (word, loss) in [("round", PairDefinition.Loss.round), ("truncate", .truncate)] {
                options.loss = loss
                let lifted = parked.subtracting(codes(options)).sorted()
                if need == .round { words.append("`\(word)`") }
                if !lifted.isEmpty { words.append("`\(word)` for \(lifted.joined(separator: ", "))") }
            }
            if need == .zone { words.insert("`zone`", at: 0) }
            let comesBack =
                need == .round
                ? "without its digits" : changesOnTheWayBack(need.options) ? "may be spelled otherwise" : "the same"
            let columns = [
                "\(source.type.name) → \(target.type.name)", parked.sorted().joined(separator: ", "),
                words.joined(separator: ", "),
                comesBack,
            ]
            return "| " + columns.joined(separator: " | ") + " |"
        }
    }

    // MARK: Tables

    private static var overview: String {
        let names = ValueType.allCases.map(\.name)
        let head = [
            "| from ↓ to → | \(names.joined(separator: " | ")) |",
            "|---|" + names.map { _ in "---|" }.joined(),
        ]
        let lines = ValueType.allCases.map { source in
            "| **\(source.name)** | "
                + ValueType.allCases.map { Cell(source, $0).sign }.joined(separator: " | ") + " |"
        }
        return (head + lines).joined(separator: "\n")
    }

    private static var details: String {
        let head = ["| pair | parked with | the map may say | comes back |", "|---|---|---|---|"]
        let lines = ValueType.allCases.flatMap { source in
            ValueType.allCases.compactMap { Cell(source, $0).detail }
        }
        return (head + lines).joined(separator: "\n")
    }

    /// Values of a type with all that is known to be hard about it.
    private static func samples(_ type: ValueType) -> [Value] {
        switch type {
        case .bool: [.bool(false), .bool(true)]
        case .int64: [0, 1, 2, -1, (1 << 53) + 1, .min, .max].map(Value.int64)
        case .float64: [0, 0.1, -2.5, 3, 1e300, .leastNonzeroMagnitude, .infinity, .nan].map(Value.float64)
        case .decimal:
            ["0", "1", "1.50", "-7", "9223372036854775808", "0.1000000000000000055", "1e400", "NaN"].map(Value.decimal)
        case .text:
            [
                "", "x", "true", "7", "007", "1.50", "9223372036854775808", "1e999", "0.1000000000000000055", "NaN",
                "2026-01-31", "2026-13-31", "12:30:00", "12:30", "2026-01-31 12:30:00", "2026-01-31T12:30:00",
                "2026-01-31 12:30:00Z", "2026-01-31T12:30:00+02:00", "00000000-0000-0000-0000-00000000000a",
                "00000000-0000-0000-0000-00000000000A", #"{"a": 1}"#,
            ].map(Value.text)
        case .bytes: [[], [0, 255]].map(Value.bytes)
        // The first and the last day.
        case .date: [0, -1, -719_162, 2_932_896].map(Value.date)
        case .time: [0, 1, 86_400_000_000].map(Value.time)
        case .timestamp: [0, 1, -86_400_000_000, -62_135_596_800_000_000].map(Value.timestamp)
        case .instant: [0, 1, -86_400_000_000, -62_135_596_800_000_000].map(Value.instant)
        case .uuid: [.uuid([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])]
        case .json: [#"{"a": 1}"#, "1.0", "[]", #""x""#].map(Value.json)
        }
    }
}
