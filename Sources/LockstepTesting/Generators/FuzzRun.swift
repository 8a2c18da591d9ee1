import Foundation

/// Many inputs made from one seed, each of which must be answered in bounded time, and all of them in bounded memory.
///
/// `LOCKSTEP_FUZZ_CASES` says how many (`scripts/fuzz` asks for millions), `LOCKSTEP_FUZZ_SEED` replays a run: each run
/// without it tries others. An input that ends the process is found again by its seed.
public struct FuzzRun {
    /// What one case draws its choices from (SplitMix64: Steele, Lea, Flood, 2014).
    public struct Choices: RandomNumberGenerator {
        private var state: UInt64

        public init(seed: UInt64) { state = seed }

        public mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        /// 0 to the bound, which is left out; 0 where there is nothing to choose.
        public mutating func index(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }

        public mutating func pick<Element>(_ elements: [Element]) -> Element { elements[index(elements.count)] }

        public mutating func chance(_ percent: Int) -> Bool { index(100) < percent }
    }

    /// How a run went.
    public struct Outcome {
        public var cases: Int
        public var seconds: Double
        /// The longest that one case took, and the number that its choices began with.
        public var slowest: (seconds: Double, seed: UInt64)
        /// Resident memory after a tenth of the cases, and at the end; 0 where the system does not tell.
        public var memory: (early: Int, last: Int)
        public var seed: UInt64

        /// Memory that came to stay while the cases ran.
        public var growth: Int { max(0, memory.last - memory.early) }
    }

    /// Whether somebody asked for a number of cases: then the run has the process for itself, and its memory means
    /// something.
    public let isLong: Bool
    private let cases: Int
    private let seed: UInt64

    /// - Parameter cases: as many as an ordinary test run can afford.
    public init(cases: Int) {
        let environment = ProcessInfo.processInfo.environment
        let asked = environment["LOCKSTEP_FUZZ_CASES"].flatMap { Int($0) }
        isLong = asked != nil
        self.cases = asked ?? cases
        seed = environment["LOCKSTEP_FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000_000)
    }

    /// Runs the cases one after the other and prints what the report needs.
    public func run(_ name: String, _ body: (inout Choices) throws -> Void) rethrows -> Outcome {
        print("fuzz \(name): LOCKSTEP_FUZZ_SEED=\(seed) LOCKSTEP_FUZZ_CASES=\(cases)")
        var outcome = Outcome(cases: cases, seconds: 0, slowest: (0, 0), memory: (0, 0), seed: seed)
        let clock = ContinuousClock()
        let start = clock.now
        for number in 0..<cases {
            let caseSeed = seed &+ UInt64(number) &* 0xD134_2543_DE82_EF95
            var choices = Choices(seed: caseSeed)
            let began = clock.now
            try body(&choices)
            let seconds = (clock.now - began) / .seconds(1)
            if seconds > outcome.slowest.seconds { outcome.slowest = (seconds, caseSeed) }
            if number == cases / 10 { outcome.memory.early = Self.residentBytes() }
        }
        outcome.seconds = (clock.now - start) / .seconds(1)
        outcome.memory.last = Self.residentBytes()
        print(
            """
            fuzz \(name): \(cases) cases in \(Int(outcome.seconds)) s, the slowest \
            \(Int(outcome.slowest.seconds * 1000)) ms; memory \(outcome.memory.early >> 20) MB early, \
            \(outcome.memory.last >> 20) MB at the end
            """)
        return outcome
    }

    /// Pages that the process has in memory now (Linux: `/proc/self/statm`).
    private static func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let numbers = text.split(separator: " ").compactMap { Int($0) }
        return numbers.count > 1 ? numbers[1] * 4096 : 0
    }
}

extension FuzzRun.Choices {
    /// The bytes with some of them changed, lost, doubled, moved or made up.
    public mutating func damaged(_ bytes: [UInt8], times: Int) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<times {
            let place = index(bytes.count + 1)
            let length = min(index(8), bytes.count - place)
            switch index(6) {
            case 0: bytes.removeSubrange(place..<place + length)
            case 1: bytes.insert(UInt8(truncatingIfNeeded: next()), at: place)
            case 2: bytes.insert(contentsOf: bytes[place..<place + length], at: index(bytes.count + 1))
            case 3 where place < bytes.count: bytes[place] = UInt8(truncatingIfNeeded: next())
            case 4 where place < bytes.count: bytes[place] ^= 1 << UInt8(index(8))
            default: bytes.insert(contentsOf: pick(Self.hostileBytes), at: place)
            }
        }
        return bytes
    }

    /// What readers of text stumble over: byte order marks, halves of characters, NUL, other line ends, tabs.
    private static var hostileBytes: [[UInt8]] {
        [
            [0], [0xEF, 0xBB, 0xBF], [0xFF, 0xFE], [0xFE, 0xFF], [0xC3], [0xE4], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80],
            [13, 10], [13], [9], [0xC2, 0x85], [0xE2, 0x80, 0xA8], [0x1B], [0x7F], [0xF0, 0x9F, 0x98, 0x80],
            [0xCC, 0x81],
        ]
    }
}
