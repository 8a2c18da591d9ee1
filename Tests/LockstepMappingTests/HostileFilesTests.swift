import Testing

@testable import LockstepMapping

@Suite struct HostileFilesTests {
    private func codes(_ bytes: [UInt8]) -> [String] {
        MapDefinition.parse(bytes: bytes, file: "m.yaml").diagnostics.map(\.code)
    }

    @Test func aliasesThatMultiplyAreRefusedBeforeTheyExpand() {
        var lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        for level in 1...12 {
            let uses = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            lines.append("a\(level): &a\(level) [\(uses)]")
        }
        #expect(codes(Array(lines.joined(separator: "\n").utf8)) == ["LS-MAP-007"])
    }

    @Test func oneAnchorRedefinedOverAndOverIsRefusedToo() {
        let lines = (0..<40).map { "k\($0): &a [\($0 == 0 ? "x" : "*a, *a")]" }
        #expect(codes(Array(lines.joined(separator: "\n").utf8)) == ["LS-MAP-007"])
    }

    @Test func aliasesThatOnlySaveTypingWork() throws {
        let fields = [
            "{erp: name, crm: name, values: &yesno {a: b}}", "{erp: other, crm: other, values: *yesno}",
        ]
        let loaded = MapDefinition.parse(Fixtures.map(fields), file: "m.yaml")
        #expect(loaded.diagnostics == [])
        #expect(loaded.definition?.pairs[1].values.count == 1)
    }

    @Test func deepNestingIsRefused() {
        #expect(
            codes(Array("a: \(String(repeating: "[", count: 100))\(String(repeating: "]", count: 100))".utf8)) == [
                "LS-MAP-008"
            ])
        #expect(codes(Array(String(repeating: "[", count: 100_000).utf8)) == ["LS-MAP-008"])
        #expect(codes(Array(String(repeating: "- ", count: 5_000).utf8)) == ["LS-MAP-008"])
    }

    @Test func hugeFilesAreRefused() {
        #expect(codes([UInt8](repeating: 35, count: (4 << 20) + 1)) == ["LS-MAP-002"])
    }

    @Test func otherEncodingsAreRefusedWithTheirPlace() {
        let loaded = MapDefinition.parse(bytes: Array("map: a\nversion: ".utf8) + [0xE4, 0x20], file: "m.yaml")
        #expect(places(loaded.diagnostics) == ["2:10 LS-MAP-003"])
        #expect(codes([0xFF, 0xFE, 0x6D, 0x00]) == ["LS-MAP-003"])
    }

    @Test func anEmptyFileIsNoMap() {
        #expect(codes([]) == ["LS-MAP-005"])
        #expect(codes(Array("# nothing\n".utf8)) == ["LS-MAP-005"])
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func garbageIsReportedAndNeverMoreThanThat(seed: UInt64) {
        var generator = Generator(state: seed)
        let pieces = [
            "map: ", "between", "{", "}", "[", "]", ": ", "\n", "  ", "- ", "erp", "crm", "key", "fields", "&a ", "*a ",
            "\"", "'", "values", "from", "newest(", ",", "|\n", "#", "?", "!!str ", "\t", "<<", "conflicts: ", "é", "~",
            "%", "1.0.0", "where", "constant", "default",
        ]
        for _ in 0..<1_500 {
            var text = generator.next(2) == 0 ? Fixtures.map() : ""
            for _ in 0..<generator.next(40) { text += pieces[generator.next(pieces.count)] }
            let loaded = MapDefinition.parse(text, file: "m.yaml")
            let hasErrors = loaded.diagnostics.contains { $0.severity == .error }
            #expect((loaded.definition == nil) == hasErrors)
            _ = ProjectConfiguration.parse(text, directory: "/nowhere")
        }
    }

    @Test(arguments: [5, 6] as [UInt64])
    func mutatedMapsAreReportedAndNeverMoreThanThat(seed: UInt64) {
        var generator = Generator(state: seed)
        let original = Array(MapFilesAreReadTests.example.utf8)
        for _ in 0..<1_000 {
            var bytes = original
            for _ in 0..<(1 + generator.next(6)) {
                bytes[generator.next(bytes.count)] = UInt8(truncatingIfNeeded: generator.next(256))
            }
            let loaded = MapDefinition.parse(bytes: bytes, file: "m.yaml")
            let hasErrors = loaded.diagnostics.contains { $0.severity == .error }
            #expect((loaded.definition == nil) == hasErrors)
        }
    }
}

/// A seeded generator (Steele, Lea, Flood: SplitMix64, 2014), so that a failure can be run again.
struct Generator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    mutating func next(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
