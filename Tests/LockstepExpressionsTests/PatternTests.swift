import LockstepModel
import Testing

@testable import LockstepExpressions

/// Regular expressions: ECMAScript's, as far as they have one meaning, and never slow.
@Suite struct PatternTests {
    @Test(arguments: [
        ("^A.*e$", "Alfreds Futterkiste", true), ("^A.*e$", "Be", false), ("f", "Alfreds", true), ("", "", true),
        ("^$", "", true), ("^$", "a", false), ("a|^b$|c", "b", true), ("a|^b$|c", "bb", false),
        ("^(?:ab)+$", "abab", true), ("^(?:ab)+$", "aba", false), ("^(?<year>\\d{4})-\\d{2}$", "2026-01", true),
        ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaa", true), ("^a{2,3}$", "aaaa", false), ("^a{0}$", "", true),
        ("^a*?$", "aaa", true), ("^[^a-c]$", "d", true), ("^[^a-c]$", "b", false), ("[]", "a", false),
        ("^[^]$", "\n", true),
        (".", "\n", false), (".", "\u{2028}", false), ("^.$", "𝄞", true), ("^.$", "e\u{301}", false),
        ("\\bfoo\\b", "a foo b", true), ("\\bfoo\\b", "afoo", false), ("\\Boo", "foo", true), ("^\\B$", "", true),
        ("\\bé", "é", false), ("\\w", "é", false), ("\\s", "\u{A0}", true), ("\\s", "\u{FEFF}", true),
        ("\\S", " ", false),
        ("^\\x41\\u0042\\u{43}$", "ABC", true), ("^\\uD834\\uDD1E$", "𝄞", true),
        ("^[\\u{1D11E}-\\u{1D11F}]$", "𝄞", true),
        ("^[\\d\\-x]+$", "1-x", true), ("^[a\\-z]$", "b", false), ("^[a-]$", "-", true), ("^[\\]]$", "]", true),
        ("^\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\^\\$\\\\\\/$", ".*+?()[]{}|^$\\/", true), ("a^b", "a^b", false),
        ("(^a|b)c", "xbc", true), ("(^a|b)c", "xac", false), ("a$|b", "ab", true), ("\\0", "\u{0}", true),
        ("^\\cJ$", "\n", true), ("^(a|ab)(c|bcd)(d*)$", "abcd", true), ("^(a*)*$", "aaa", true),
        ("^(a*)+b$", "aab", true),
        ("^(?:a?){3}$", "aa", true), ("^(|a)+$", "aa", true), ("x*", "", true), ("日本|語", "語", true),
    ])
    func patternsMatchAsInECMAScript(pattern: String, text: String, expected: Bool) throws {
        #expect(try Pattern(pattern).matches(Array(text.utf8)) == expected)
        let quoted = pattern.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        #expect(try evaluate("matchesPattern(name,'\(quoted)')", ["name": .text(text)]) == .bool(expected))
    }

    @Test(arguments: [
        ("(a", "')' is missing", 0), ("a)", "closes nothing", 1), ("a**", "nothing to repeat", 2),
        ("*a", "nothing to repeat", 0),
        ("^*", "nothing to repeat", 1), ("[a", "']' is missing", 0), ("[b-a]", "no range", 1),
        ("[\\d-z]", "no range", 1),
        ("(a)\\1", "back to a group", 3), ("\\k<a>", "back to a group", 0), ("(?=a)", "ahead or behind", 0),
        ("(?<!a)", "ahead or behind", 0), ("(?i:a)", "options", 0), ("\\p{L}", "properties", 0),
        ("\\q", "no meaning", 0),
        ("a\\", "nothing follows", 1), ("a{", "number is missing", 2), ("a{2", "not followed by '}'", 3),
        ("a{3,2}", "wrong way round", 6), ("a{1001}", "more than 1000", 5), ("]", "\\]", 0),
        ("\\u{110000}", "no character", 0),
        ("\\uD834", "no character", 0), ("\\01", "octal", 0), ("(a|b)*a(a|b){14}", "too complex", 0),
        ("((a{100}){100}){100}", "too complex", 0), ("a{2}{2}", "nothing to repeat", 4),
    ])
    func whatHasNoOneMeaningIsRefusedWithItsPlace(pattern: String, message: String, offset: Int) {
        do throws(PatternProblem) {
            _ = try Pattern(pattern)
            Issue.record("\(pattern) was accepted")
        } catch {
            #expect(error.message.contains(message), "\(error)")
            #expect(error.offset == offset, "\(error)")
        }
    }

    @Test func aWrongPatternIsReportedWhereItStandsInTheExpression() {
        let found = problems("number eq 1 and matchesPattern(name,'a(b')").first
        #expect(found?.code == .unsupported)
        #expect(found?.offset == 36)
        #expect(found?.message == "the pattern cannot be used: character 2 of it: a ')' is missing")
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["(a+)+$", "(a|aa)+$", "^(a|a)*$", "^(a*)*b", "(.*)(.*)(.*)x$", "a?a?a?a?aaaa$"])
    func noPatternIsSlowOnAnyText(pattern: String) throws {
        let text = Array(repeating: UInt8(ascii: "a"), count: 100_000) + Array("!".utf8)
        let pattern = try Pattern(pattern)
        #expect(!pattern.matches(text))
    }

    @Test(arguments: [
        ("abc", "contains"), ("^abc", "startswith"), ("abc$", "endswith"), ("", "contains"), ("^a\\.b", "startswith"),
    ])
    func plainPatternsBecomePlainFunctions(pattern: String, function: String) throws {
        let checked = try Expression.parse("matchesPattern(name,'\(pattern)')").check(fields: everyField)
        guard case .call(let name, _, _) = checked.root else {
            Issue.record("\(checked.root)")
            return
        }
        #expect(name.rawValue == function)
        #expect(checked.pushDown(.postgresql).isExact)
    }

    @Test(arguments: [
        ("^AB\\d+$", "(starts_with((\"name\"::text COLLATE \"C\"), $1::text))", "AB", false),
        ("^ab$", "(\"name\" = $1::text AND (\"name\"::text COLLATE \"C\") = $2::text)", "ab", true),
        ("[x-z]middle.end", "((strpos((\"name\"::text COLLATE \"C\"), $1::text) > 0))", "middle", false),
    ])
    func storesAreAskedForWhatAMatchMustHave(pattern: String, sql: String, part: String, isExact: Bool) throws {
        let pushed = try Expression.parse("matchesPattern(name,'\(pattern)')").check(fields: everyField)
            .pushDown(.postgresql)
        #expect(pushed.isExact == isExact)
        #expect(pushed.predicate?.bindings.first == .text(part))
        #expect(pushed.predicate?.text.contains(sql.dropFirst().dropLast()) == true, "\(pushed)")
        let negated = try Expression.parse("not matchesPattern(name,'\(pattern)')").check(fields: everyField)
        #expect(negated.pushDown(.postgresql).predicate == nil)
    }

    /// Against a second implementation that is too simple to be wrong: it tries everything.
    @Test func theAutomatonAgreesWithTryingEverything() throws {
        var numbers = SeededNumbers(seed: 5)
        var matches = 0
        for _ in 0..<4_000 {
            let text = Self.pattern(3, &numbers)
            guard let pattern = try? Pattern(text) else { continue }
            let node = try PatternParser.parse(text)
            for _ in 0..<6 {
                let subject = (0..<Int.random(in: 0...6, using: &numbers)).map { _ in
                    numbers.pick(["a", "b", "_", " ", "é"])
                }
                let scalars = subject.joined().unicodeScalars.map(\.value)
                let expected = (0...scalars.count).contains { !Self.ends(node, scalars, [$0]).isEmpty }
                matches += expected ? 1 : 0
                #expect(pattern.matches(Array(subject.joined().utf8)) == expected, "\(text) on '\(subject.joined())'")
            }
        }
        #expect(matches > 2_000)
    }

    private static func pattern(_ depth: Int, _ numbers: inout SeededNumbers) -> String {
        guard depth > 0 else {
            return numbers.pick(["a", "b", ".", "\\w", "\\W", "[^a]", "[ab]", "^", "$", "\\b", "\\B", "é", " "])
        }
        switch Int.random(in: 0..<6, using: &numbers) {
        case 0: return "(?:\(pattern(depth - 1, &numbers))|\(pattern(depth - 1, &numbers)))"
        case 1: return "(\(pattern(depth - 1, &numbers)))\(numbers.pick(["*", "+", "?", "{2}", "{0,2}", "{1,}"]))"
        default: return pattern(depth - 1, &numbers) + pattern(depth - 1, &numbers)
        }
    }

    /// The places where a match of the node may end when it begins at one of these.
    private static func ends(_ node: PatternNode, _ text: [UInt32], _ starts: Set<Int>) -> Set<Int> {
        switch node {
        case .character(let set):
            return Set(
                starts.filter { place in place < text.count && set.ranges.contains { $0.contains(text[place]) } }
                    .map { $0 + 1 })
        case .sequence(let nodes): return nodes.reduce(starts) { ends($1, text, $0) }
        case .alternatives(let nodes): return nodes.reduce(into: []) { $0.formUnion(ends($1, text, starts)) }
        case .assertion(let assertion):
            return starts.filter { place in
                func isWord(_ place: Int) -> Bool {
                    text.indices.contains(place)
                        && ScalarSet.wordCharacters.ranges.contains { $0.contains(text[place]) }
                }
                return switch assertion {
                case .start: place == 0
                case .end: place == text.count
                case .wordBoundary: isWord(place - 1) != isWord(place)
                case .noWordBoundary: isWord(place - 1) == isWord(place)
                }
            }
        case .repeated(let node, let minimum, let maximum):
            var reached = (0..<minimum).reduce(starts) { places, _ in ends(node, text, places) }
            for _ in 0..<(maximum.map { $0 - minimum } ?? text.count + 1) {
                reached.formUnion(ends(node, text, reached))
            }
            return reached
        }
    }
}
