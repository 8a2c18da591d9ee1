import Foundation
import LockstepTesting
import Testing

@testable import LockstepMapping

/// Any bytes at all as a mapping file or as `lockstep.yaml`: read, or refused with a place that is in the file; never a
/// crash, never long, nothing kept.
@Suite(.serialized) struct DocumentFuzzTests {
    /// The files that are shipped, and one that uses all of the language.
    private static let originals: [[UInt8]] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("mappings")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        var found = [Array(MapFilesAreReadTests.example.utf8), Array(Fixtures.map().utf8)]
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "yaml", let data = try? Data(contentsOf: file) else { continue }
            found.append([UInt8](data))
        }
        return found
    }()

    private static let lines: [[UInt8]] = originals.flatMap { $0.split(separator: 10).map(Array.init) }

    /// Words of the language, and what stands for trouble where one of them is expected.
    private static let words = [
        "map", "version", "between", "key", "where", "direction", "fields", "conflicts", "deletes", "leave", "erp",
        "crm",
        "values", "unmapped", "default", "constant", "from", "owner", "round", "truncate", "zone", "trim", "case",
        "sentinel",
        "within", "deferred", "references", "partition", "partitions", "match", "rule", "to", "project", "stores",
        "links", "maps",
        "run", "url", "both", "erp-to-crm", "manual", "newest(a,b)", "20%", "~", "null", "true", "1.0.0", "''",
        "\"\\u0000\"",
        "\"\\xFF\"", "!!binary aGk=", "!!float .inf", "!x", "&a", "*a", "<<: *a", "? [a]", "{}", "[]",
        "{a: {b: {c: d}}}", "|", ">-",
        "- - - x", "---", "...", "%YAML 1.1", "%TAG ! x", "# &a *a", "9223372036854775808", "-0x1F", "1e999", "${HOME}",
        "sqlite:x", "postgres://u:p@h/d", "* * * * *", "every 5 minutes", "mappings/*.yaml", "../../**",
        "\"concat(a,'\"",
        "\u{FEFF}", "\u{2028}", "é: e\u{301}", "'a''b'", "matchesPattern(name,'(a+)+$')", "a.b.c", "a/b", "@DE",
    ]

    @Test func anyFileIsAnsweredSoonAndKeepsNothing() throws {
        #expect(Self.originals.count > 4)
        var maps = 0
        var broken = 0
        let run = FuzzRun(cases: 1_000)
        let outcome = run.run("files") { choices in
            let bytes = Self.file(&choices)
            let lineCount =
                bytes.count { $0 == 10 || $0 == 13 } + bytes.count { $0 == 0x85 || $0 == 0xA8 || $0 == 0xA9 } + 2
            let loaded = MapDefinition.parse(bytes: bytes, file: "m.yaml")
            let hasErrors = loaded.diagnostics.contains { $0.severity == .error }
            #expect((loaded.definition == nil) == hasErrors)
            maps += loaded.definition == nil ? 0 : 1
            broken += hasErrors ? 1 : 0
            if let definition = loaded.definition {
                _ = MapCompiler.compile(definition, schemas: (Fixtures.erp, Fixtures.crm))
            }
            for diagnostic in loaded.diagnostics {
                #expect(diagnostic.location.line >= 1 && diagnostic.location.line <= lineCount, "\(diagnostic)")
                #expect(
                    diagnostic.location.column >= 1 && diagnostic.location.column <= bytes.count + 2, "\(diagnostic)")
                #expect(!diagnostic.message.isEmpty && !diagnostic.code.isEmpty)
            }
            _ = ProjectConfiguration.parse(String(decoding: bytes, as: UTF8.self), directory: "/nowhere")
        }
        print("fuzz files: \(maps) were maps, \(broken) had errors")
        #expect(maps > outcome.cases / 100)
        #expect(broken > outcome.cases / 4)
        #expect(outcome.slowest.seconds < 20, "seed \(outcome.slowest.seed)")
        if run.isLong { #expect(outcome.growth < 64 << 20) }
    }

    // MARK: Inputs

    private static func file(_ choices: inout FuzzRun.Choices) -> [UInt8] {
        let original = choices.pick(originals)
        switch choices.index(10) {
        case 0: return choices.damaged(original, times: 1 + choices.index(5))
        case 1, 2, 3: return withLinesMoved(original, &choices)
        case 4, 5, 6: return withWordsReplaced(original, &choices)
        case 7: return wordsOnly(&choices)
        case 8: return extreme(&choices)
        default:
            return choices.damaged(
                withWordsReplaced(withLinesMoved(original, &choices), &choices), times: choices.index(3))
        }
    }

    private static func withLinesMoved(_ original: [UInt8], _ choices: inout FuzzRun.Choices) -> [UInt8] {
        var lines = original.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
        for _ in 0..<1 + choices.index(4) {
            let place = choices.index(lines.count)
            switch choices.index(6) {
            case 0 where lines.count > 1: lines.remove(at: place)
            case 1: lines.insert(choices.pick(Self.lines), at: place)
            case 2: lines.insert(lines[place], at: choices.index(lines.count))
            case 3: lines[place].insert(contentsOf: choices.pick([[32, 32], [9], [32], [45, 32]]), at: 0)
            case 4: lines[place] = Array(lines[place].drop { $0 == 32 })
            default: lines.swapAt(place, choices.index(lines.count))
            }
        }
        return Array(lines.joined(separator: choices.chance(10) ? [13, 10] : [10]))
    }

    /// Any word of the file becomes another.
    private static func withWordsReplaced(_ original: [UInt8], _ choices: inout FuzzRun.Choices) -> [UInt8] {
        var pieces: [[UInt8]] = []
        for byte in original {
            let isLetter =
                byte >= 0x80 || byte == 95 || (byte | 32 >= 97 && byte | 32 <= 122) || (byte >= 48 && byte <= 57)
            if isLetter, let last = pieces.last?.last, last >= 48, last != 58, last != 91, last != 93, last != 123,
                last != 125
            {
                pieces[pieces.count - 1].append(byte)
            } else {
                pieces.append([byte])
            }
        }
        for _ in 0..<1 + choices.index(4) where !pieces.isEmpty {
            pieces[choices.index(pieces.count)] = Array(choices.pick(words).utf8)
        }
        return Array(pieces.joined())
    }

    private static func wordsOnly(_ choices: inout FuzzRun.Choices) -> [UInt8] {
        var text = ""
        for _ in 0..<choices.index(40) {
            text +=
                choices.pick(words)
                + choices.pick([": ", ", ", "\n", "\n  ", "\n- ", " {", "} ", " [", "] ", " ", "\t"])
        }
        return Array(text.utf8)
    }

    /// Too deep, too wide, too often, in another encoding.
    private static func extreme(_ choices: inout FuzzRun.Choices) -> [UInt8] {
        let count = choices.pick([2, 31, 33, 200, 3_000])
        switch choices.index(8) {
        case 0:
            return Array(
                String(repeating: choices.pick(["[", "{a: ", "- ", "? ", "&a [", "!x ", "\"", "{"]), count: count).utf8)
        case 1:
            return Array(
                (0..<count).map { "k\($0): &a\($0) [*a\(max(0, $0 - 1)), *a\(max(0, $0 - 1))]" }.joined(separator: "\n")
                    .utf8)
        case 2: return Array((0..<count).map { "a: &a [\($0 == 0 ? "x" : "*a, *a")]" }.joined(separator: "\n").utf8)
        case 3:
            return Array("fields:\n".utf8) + Array(String(repeating: "  - {erp: a, crm: b, c: d}\n", count: count).utf8)
        case 4: return Array(String(repeating: "map: x\n", count: count).utf8)
        case 5: return choices.pick(originals).flatMap { [$0, 0] }
        case 6: return [0xFE, 0xFF] + choices.pick(originals).flatMap { [0, $0] }
        default: return [0xEF, 0xBB, 0xBF] + choices.pick(originals)
        }
    }
}
