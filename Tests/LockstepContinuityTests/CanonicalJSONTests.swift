import Foundation
import LockstepContinuity
import LockstepTesting
import Testing

/// RFC 8785, with its own examples.
struct CanonicalJSONTests {
    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try CanonicalJSON.encode(value), as: UTF8.self)
    }

    static func refusal(_ text: String) -> ContinuityError? {
        #expect(throws: ContinuityError.self) { try CanonicalJSON.check(Array(text.utf8)) }
    }

    // MARK: Numbers

    /// Appendix B.
    static let numbers: [(UInt64, String)] = [
        (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"), (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"), (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"), (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"), (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"), (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"), (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ]

    @Test(arguments: numbers)
    func numbersAreWrittenAsECMAScriptDoes(bits: UInt64, text: String) throws {
        let value = Double(bitPattern: bits)
        #expect(try Self.text([value]) == "[\(text)]")
        #expect(try CanonicalJSON.decode([Double].self, from: Array("[\(text)]".utf8)) == [value])
    }

    @Test func everyNumberIsReadBack() throws {
        var generator = SeededGenerator(seed: 8785)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: UInt64.random(in: .min ... .max, using: &generator))
            guard value.isFinite else { continue }
            #expect(try CanonicalJSON.decode(Double.self, from: CanonicalJSON.encode(value)) == value)
        }
    }

    @Test func numbersThatAreNotFiniteAreRefused() {
        for value in [Double.nan, .infinity, -.infinity] {
            let error = #expect(throws: ContinuityError.self) { try CanonicalJSON.encode(["a": [1, value]]) }
            #expect(error?.code == .configuration)
            #expect(error?.object == "a[1]")
        }
    }

    @Test func integersThatJSONCannotKeepAreTexts() throws {
        let values: [Int64] = [9_007_199_254_740_991, 9_007_199_254_740_992, -9_007_199_254_740_992, .max, .min]
        let text = try Self.text(values)
        #expect(
            text == """
                [9007199254740991,"9007199254740992","-9007199254740992","9223372036854775807","-9223372036854775808"]
                """)
        #expect(try CanonicalJSON.decode([Int64].self, from: Array(text.utf8)) == values)
        #expect(try CanonicalJSON.decode([UInt64].self, from: CanonicalJSON.encode([UInt64.max])) == [.max])
    }

    @Test(arguments: [
        #"["1"]"#, #"["9007199254740991"]"#, #"["+9223372036854775807"]"#, #"["9223372036854775808"]"#, "[1.5]",
        "[9007199254740992]", "[1e+21]", #"[" 1"]"#, "[true]", "[null]",
    ])
    func integersHaveOneSpelling(text: String) {
        let error = #expect(throws: ContinuityError.self) {
            try CanonicalJSON.decode([Int64].self, from: Array(text.utf8))
        }
        #expect(error?.code == .damaged)
    }

    @Test func smallIntegersMustFitTheirType() {
        #expect(throws: ContinuityError.self) { try CanonicalJSON.decode([UInt8].self, from: Array("[256]".utf8)) }
        #expect(throws: ContinuityError.self) { try CanonicalJSON.decode([UInt8].self, from: Array("[-1]".utf8)) }
    }

    // MARK: Texts and names

    /// Section 3.2.2.
    @Test func theExampleOfTheStandardIsReadAndWritten() throws {
        struct Example: Codable, Equatable {
            var numbers: [Double]
            var string: String
            var literals: [Bool?]
        }
        let example = Example(
            numbers: [333_333_333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
            string: "\u{20ac}$\u{000F}\u{000a}A'\u{0042}\u{0022}\u{005c}\\\"/", literals: [nil, true, false])
        let text = try Self.text(example)
        #expect(
            text == #"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#
                + #""string":"€$\u000f\nA'B\"\\\\\"/"}"#)
        #expect(try CanonicalJSON.decode(Example.self, from: Array(text.utf8)) == example)
    }

    /// Section 3.2.3.
    @Test func namesAreSortedByTheirUTF16() throws {
        let names = ["\u{20ac}", "\r", "\u{fb33}", "1", "\u{1f600}", "\u{80}", "\u{f6}"]
        let text = try Self.text(Dictionary(uniqueKeysWithValues: names.map { ($0, 0) }))
        #expect(
            text == "{\"\\r\":0,\"1\":0,\"\u{80}\":0,\"\u{f6}\":0,\"\u{20ac}\":0,\"\u{1f600}\":0,\"\u{fb33}\":0}")
        try CanonicalJSON.check(Array(text.utf8))
    }

    @Test func everyControlCharacterIsEscapedInOneWay() throws {
        let all = String(String.UnicodeScalarView((0...0x7f).compactMap { Unicode.Scalar($0) }))
        let text = try Self.text([all])
        #expect(
            text.hasPrefix(#"["\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010"#))
        #expect(text.hasSuffix("}~\u{7f}\"]"))
        #expect(try CanonicalJSON.decode([String].self, from: Array(text.utf8)) == [all])
    }

    @Test func textsKeepTheirOwnForm() throws {
        // The same letter in two forms, which Swift holds for equal.
        let texts = ["e\u{301}", "\u{e9}"]
        let bytes = try CanonicalJSON.encode(texts)
        let read = try CanonicalJSON.decode([String].self, from: bytes)
        #expect(read.map { Array($0.utf8) } == texts.map { Array($0.utf8) })
        try CanonicalJSON.check(Array("{\"e\u{301}\":1,\"\u{e9}\":2}".utf8))
    }

    // MARK: Refusals

    @Test(arguments: [
        " {}", "{} ", "{ }", "[1, 2]", "{\"b\":1,\"a\":2}", "[1.0]", "[1e3]", "[1E+21]", "[-0]", "[0.0000001]",
        #"["\u0041"]"#, #"["\/"]"#, #"["\u000A"]"#, #"["\u00e9"]"#, "[10000000000000000000000]", "[01]", "[1.]",
        "[.5]", "[+1]", "[NaN]", "[Infinity]", "[0x10]", "[1e]", "[1e400]", "[tru]", "[nul", "", "[", "{", "{\"a\"}",
        "{\"a\":}", "{a:1}", "['a']", "[1,]", "{\"a\":1,}", "[\"a", "[\"\\", "[\"\\u12", #"["\x"]"#, #"["\ud83d"]"#,
        #"["\ud83d\ude00"]"#, "[\"\u{1}\"]", "[1]2", "null null", "\u{feff}[]", "[1]\n",
    ])
    func whatIsNotCanonicalIsRefused(text: String) {
        #expect(Self.refusal(text)?.code == .damaged)
    }

    @Test func namesThatComeTwiceAreRefused() {
        #expect(Self.refusal(#"{"a":1,"a":1}"#)?.message.contains("twice") == true)
        #expect(Self.refusal(#"{"b":{"a":1,"a":2}}"#)?.message.contains("twice") == true)
    }

    @Test func bytesThatAreNoTextAreRefused() {
        for bytes: [UInt8] in [[0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22]] {
            #expect(throws: ContinuityError.self) { try CanonicalJSON.check(bytes) }
        }
    }

    @Test func depthAndSizeAreBounded() throws {
        var limits = CanonicalJSON.Limits()
        let nested = Array(String(repeating: "[", count: 64).utf8) + Array(String(repeating: "]", count: 64).utf8)
        try CanonicalJSON.check(nested, limits: limits)
        #expect(throws: ContinuityError.self) { try CanonicalJSON.check([0x5b] + nested + [0x5d], limits: limits) }
        // Deep enough to end the program, were it followed.
        #expect(throws: ContinuityError.self) { try CanonicalJSON.check([UInt8](repeating: 0x5b, count: 5_000_000)) }
        limits.byteCount = 10
        try CanonicalJSON.check(Array("[12345678]".utf8), limits: limits)
        #expect(throws: ContinuityError.self) { try CanonicalJSON.check(Array("[123456789]".utf8), limits: limits) }
    }

    @Test func everyChangedBitIsRefusedOrMeansAnotherThing() throws {
        let bytes = try CanonicalJSON.encode(["a": [1, 2], "b": []])
        for bit in 0..<(bytes.count * 8) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            guard let read = try? CanonicalJSON.decode([String: [Int]].self, from: changed) else { continue }
            #expect(read != ["a": [1, 2], "b": []])
        }
    }

    // MARK: Types

    @Test func fieldsThatAreNotKnownAreSkippedAndChecked() throws {
        struct Known: Codable, Equatable { var known: Int }
        let text = #"{"future":{"x":[1,"y"]},"known":7}"#
        #expect(try CanonicalJSON.decode(Known.self, from: Array(text.utf8)) == Known(known: 7))
        let unsorted = #"{"known":7,"future":1}"#
        #expect(throws: ContinuityError.self) { try CanonicalJSON.decode(Known.self, from: Array(unsorted.utf8)) }
    }

    @Test func errorsNameTheFieldAndNotItsValue() throws {
        struct Inner: Codable { var size: Int }
        struct Outer: Codable { var parts: [Inner] }
        let text = #"{"parts":[{"size":1},{"size":"secret"}]}"#
        let error = #expect(throws: ContinuityError.self) {
            try CanonicalJSON.decode(Outer.self, from: Array(text.utf8))
        }
        #expect(error?.message.contains("parts[1].size") == true)
        #expect(error?.description.contains("secret") == false)
        enum Kind: String, Codable { case full }
        let other = #expect(throws: ContinuityError.self) {
            try CanonicalJSON.decode([String: Kind].self, from: Array(#"{"kind":"secret"}"#.utf8))
        }
        #expect(other?.message.contains("kind") == true)
        #expect(other?.description.contains("secret") == false)
        let missing = #expect(throws: ContinuityError.self) {
            try CanonicalJSON.decode(Inner.self, from: Array("{}".utf8))
        }
        #expect(missing?.message == "the field size is missing")
    }

    @Test func recordsComeBack() throws {
        let record = SnapshotRecord(
            repository: "r", id: "20260131T235959Z-0123456789ab", kind: .increment,
            base: SnapshotReference(id: "b", sha256: "00"), previous: nil, cutTime: 1_769_903_999_000_001, begun: 2,
            ended: 3, clockOffset: -4,
            stores: [.init(name: "crm", engine: "SQLite", position: "7:x", identity: nil, time: 5)],
            manifest: ObjectReference(name: "m", size: .max, sha256: "11"), parts: [], recipients: ["age1…"],
            signer: nil, writer: "lockstep 0.1", label: "before the move")
        let bytes = try CanonicalJSON.encode(record)
        #expect(try CanonicalJSON.decode(SnapshotRecord.self, from: bytes) == record)
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix(#"{"base":{"id":"b","sha256":"00"},"begun":2,"#))
        #expect(try JSONSerialization.jsonObject(with: Data(bytes)) is [String: Any])
    }

    @Test func everyShapeOfCodingComesBack() throws {
        enum Choice: Codable, Equatable {
            case none
            case one(Int)
            case named(text: String, data: Data)
        }
        struct Shapes: Codable, Equatable {
            var choices: [Choice] = [.none, .one(1), .named(text: "x", data: Data([1, 2, 255]))]
            var url = URL(string: "https://example.org/a?b=c")
            var map = ["b": 1.5, "a": -2]
            var numbered = [1: "x"]
            var flags: [Bool?] = [true, nil, false]
            var small: UInt8 = 200
            var float: Float = 0.1
            var date = Date(timeIntervalSinceReferenceDate: 12.25)
            var absent: String?
            var nested = [[Int]]([[1], [], [2, 3]])
        }
        let bytes = try CanonicalJSON.encode(Shapes())
        #expect(try CanonicalJSON.decode(Shapes.self, from: bytes) == Shapes())
        // The system's own decoder reads the same.
        #expect(try JSONDecoder().decode(Shapes.self, from: Data(bytes)) == Shapes())
    }
}
