import Testing

@testable import LockstepMapping

/// Files as editors and other systems leave them: read where that is harmless, refused with the place where it is not.
@Suite struct EncodingsAndLayoutTests {
    private func diagnostics(_ bytes: [UInt8]) -> [Diagnostic] {
        MapDefinition.parse(bytes: bytes, file: "m.yaml").diagnostics
    }

    @Test func aByteOrderMarkAndOtherLineEndsChangeNothing() {
        let text = Fixtures.map()
        let plain = MapDefinition.parse(text, file: "m.yaml")
        #expect(plain.diagnostics == [])
        let marked = MapDefinition.parse(bytes: [0xEF, 0xBB, 0xBF] + Array(text.utf8), file: "m.yaml")
        #expect(marked.diagnostics == [])
        #expect(marked.definition == plain.definition)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        let carried = MapDefinition.parse(lines, file: "m.yaml")
        #expect(carried.diagnostics == [])
        #expect(carried.definition == plain.definition)
    }

    @Test func placesAreTheSameWhateverTheLineEnds() {
        let text = Fixtures.map(["{erp: name, crm: name}", "{erp: other, crm: other, unmaped: null}"])
        let expected = places(diagnostics(Array(text.utf8)))
        #expect(expected.count == 1)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
        #expect(places(diagnostics(Array(lines.utf8))) == expected)
    }

    @Test func otherEncodingsAreCalledByTheirName() {
        let text = Array("map: käse\n".utf16)
        let little: [UInt8] =
            [0xFF, 0xFE] + text.flatMap { unit -> [UInt8] in [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        let big: [UInt8] = [0xFE, 0xFF] + text.flatMap { unit -> [UInt8] in [UInt8(unit >> 8), UInt8(unit & 0xFF)] }
        for bytes in [little, big, Array(little.dropFirst(2))] {
            #expect(diagnostics(bytes).map(\.code) == ["LS-MAP-003"])
            #expect(diagnostics(bytes).first?.message == "the file is UTF-16 text, not UTF-8")
        }
        let latin = Array("map: k".utf8) + [0xE4] + Array("se\n".utf8)
        #expect(places(diagnostics(latin)) == ["1:7 LS-MAP-003"])
        let zero = Array("map: a\nversion: 1.\0.0\n".utf8)
        #expect(places(diagnostics(zero)) == ["2:12 LS-MAP-003"])
        #expect(diagnostics(zero).first?.message.contains("U+0000") == true)
    }

    @Test func tabsAreNamedWhereTheyStand() {
        let found = diagnostics(Array("map: a\nfields:\n\t- {erp: a, crm: b}\n".utf8))
        #expect(places(found) == ["3:1 LS-MAP-004"])
        #expect(found.first?.hint.contains("tabs") == true)
    }

    @Test func controlCharactersAreNamedWhereTheyStand() {
        let found = diagnostics(Array("map: käse\nversion: é\u{1B}\n".utf8))
        #expect(places(found) == ["2:11 LS-MAP-004"])
    }

    @Test func aKeyThatStandsTwiceIsNamedAndNotAtAnyLength() {
        let found = diagnostics(Array("map: a\nversion: 1.0.0\nmap: b\n".utf8))
        #expect(found.map(\.code) == ["LS-MAP-006"])
        #expect(found.first?.message.contains("`map`") == true)
        let key = String(repeating: "k", count: 100_000)
        let long = diagnostics(Array("? \"\(key)\"\n: 1\n? \"\(key)\"\n: 2\n".utf8))
        #expect(long.first?.code == "LS-MAP-006")
        #expect((long.first?.message.utf8.count ?? .max) < 1_000)
    }

    @Test(
        .timeLimit(.minutes(10)),
        arguments: ["k%: 1\n", "- {erp: a%}\n", "x%: &a% b\n", "? [a%]\n: b\n", "\"\\u00%\"\n", "#%\n", "a: *b%\n"])
    func largeFilesAreAnsweredSoon(line: String) {
        var text = ""
        var number = 0
        while text.utf8.count < 3_900_000 {
            text += line.split(separator: "%", omittingEmptySubsequences: false).joined(separator: String(number))
            number += 1
        }
        let found = diagnostics(Array(text.utf8))
        #expect(!found.isEmpty && found.count <= 501)
    }
}
