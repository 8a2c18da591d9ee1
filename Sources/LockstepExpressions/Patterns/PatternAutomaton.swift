/// A regular expression as an automaton with one step a character: the time to match grows with the text alone, whatever
/// the pattern (Thompson, "Regular Expression Search Algorithm", 1968; Rabin and Scott, 1959).
struct PatternAutomaton: Sendable {
    /// Patterns that need more are refused: these keep an automaton below 200 KB and its making below some milliseconds.
    private static let mostStates = 2_000
    private static let mostTransitions = 100_000
    private static let mostSteps = 150_000

    private static let matched: Int32 = -1
    private static let failed: Int32 = -2

    /// By state and class of characters: the next state, `matched` or `failed`.
    private let transitions: [Int32]
    /// By state: whether the text may end here.
    private let isMatchAtEnd: [Bool]
    private let classes: ScalarClasses

    init(_ node: PatternNode) throws(PatternProblem) {
        let program = PatternProgram(node)
        classes = program.classes
        var builder = Builder(program: program)
        try builder.build()
        transitions = builder.transitions
        isMatchAtEnd = builder.isMatchAtEnd
    }

    /// Whether the pattern is found anywhere in the text, which is UTF-8.
    func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var state = 0
        var index = 0
        let count = classes.count
        while index < text.count {
            let next = transitions[state * count + classes.next(in: text, at: &index)]
            if next < 0 { return next == Self.matched }
            state = Int(next)
        }
        return isMatchAtEnd[state]
    }

    /// What stands beside a place between two characters.
    fileprivate enum Neighbour: Int32 { case none, word, other }

    private struct Builder {
        let program: PatternProgram
        var transitions: [Int32] = []
        var isMatchAtEnd: [Bool] = []
        private var states: [(places: [Int32], previous: Neighbour)] = []
        private var numbers: [[Int32]: Int32] = [:]
        private var steps = 0
        private var marks: [Int]
        private var mark = 0

        init(program: PatternProgram) {
            self.program = program
            marks = [Int](repeating: 0, count: program.instructions.count)
        }

        mutating func build() throws(PatternProblem) {
            _ = try number(of: [0], .none)
            var state = 0
            while state < states.count {
                try addTransitions(of: state)
                state += 1
            }
            settleHopeless()
        }

        private mutating func addTransitions(of state: Int) throws(PatternProblem) {
            let (places, previous) = states[state]
            let atEnd = try reach(places, previous, .none)
            isMatchAtEnd.append(atEnd.isMatch)
            let beforeWord = try reach(places, previous, .word)
            let beforeOther = try reach(places, previous, .other)
            for number in 0..<program.classes.count {
                let isWord = program.usesWords && program.classes.isWord[number]
                let reached = isWord ? beforeWord : beforeOther
                if reached.isMatch {
                    transitions.append(PatternAutomaton.matched)
                    continue
                }
                // The pattern may also begin at the next character.
                var next: [Int32] = program.isAnchored ? [] : [0]
                for place in reached.places {
                    try step()
                    guard case .character(let set, let following) = program.instructions[Int(place)],
                        program.sets[set][number]
                    else { continue }
                    next.append(following)
                }
                next = Array(Set(next)).sorted()
                transitions.append(
                    next.isEmpty
                        ? PatternAutomaton.failed
                        : try self.number(of: next, isWord ? .word : .other))
            }
            guard transitions.count <= PatternAutomaton.mostTransitions else { throw Self.tooComplex }
        }

        /// Where the automaton can be without taking a character, between these neighbours.
        private mutating func reach(
            _ places: [Int32], _ previous: Neighbour, _ next: Neighbour
        ) throws(PatternProblem) -> (places: [Int32], isMatch: Bool) {
            mark += 1
            var open = places
            var reached: [Int32] = []
            while let place = open.popLast() {
                guard marks[Int(place)] != mark else { continue }
                marks[Int(place)] = mark
                try step()
                switch program.instructions[Int(place)] {
                case .match: return ([], true)
                case .character: reached.append(place)
                case .fork(let targets): open += targets
                case .assertion(let assertion, let following):
                    if holds(assertion, previous, next) { open.append(following) }
                }
            }
            return (reached, false)
        }

        private func holds(_ assertion: PatternNode.Assertion, _ previous: Neighbour, _ next: Neighbour) -> Bool {
            switch assertion {
            case .start: previous == .none
            case .end: next == .none
            case .wordBoundary: (previous == .word) != (next == .word)
            case .noWordBoundary: (previous == .word) == (next == .word)
            }
        }

        private mutating func number(of places: [Int32], _ previous: Neighbour) throws(PatternProblem) -> Int32 {
            // Only assertions look back.
            let seen: Neighbour = previous == .none || program.usesWords ? previous : .other
            let key = places + [-1 - seen.rawValue]
            if let number = numbers[key] { return number }
            guard states.count < PatternAutomaton.mostStates else { throw Self.tooComplex }
            let number = Int32(states.count)
            numbers[key] = number
            states.append((places, seen))
            return number
        }

        /// States that never leave themselves and never match end the search at once.
        private mutating func settleHopeless() {
            let count = program.classes.count
            let hopeless = states.indices.filter { state in
                !isMatchAtEnd[state]
                    && transitions[state * count..<(state + 1) * count].allSatisfy {
                        $0 == Int32(state) || $0 == PatternAutomaton.failed
                    }
            }.map { Int32($0) }
            let isHopeless = Set(hopeless)
            guard !isHopeless.isEmpty else { return }
            for index in transitions.indices where isHopeless.contains(transitions[index]) {
                transitions[index] = PatternAutomaton.failed
            }
        }

        private mutating func step() throws(PatternProblem) {
            steps += 1
            guard steps <= PatternAutomaton.mostSteps else { throw Self.tooComplex }
        }

        private static var tooComplex: PatternProblem {
            PatternProblem(
                message: "it is too complex: use smaller numbers in braces, or fewer alternatives", offset: 0)
        }
    }
}
