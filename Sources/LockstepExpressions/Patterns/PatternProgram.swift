/// A pattern as instructions for an automaton that is in many places at once.
struct PatternProgram {
    enum Instruction {
        case match
        /// A character of that set, then the next place.
        case character(set: Int, Int32)
        case fork([Int32])
        case assertion(PatternNode.Assertion, Int32)
    }

    private(set) var instructions: [Instruction] = []
    /// By set and class: whether the class's characters are in the set.
    private(set) var sets: [[Bool]] = []
    let classes: ScalarClasses
    let usesWords: Bool
    /// Whether every match begins where the text begins.
    let isAnchored: Bool
    private var knownSets: [ScalarSet: Int] = [:]

    init(_ node: PatternNode) {
        var found: Set<ScalarSet> = []
        var usesWords = false
        Self.visit(node) { part in
            if case .character(let set) = part { found.insert(set) }
            if case .assertion(let assertion) = part, assertion == .wordBoundary || assertion == .noWordBoundary {
                usesWords = true
            }
        }
        self.usesWords = usesWords
        classes = ScalarClasses(usesWords ? Array(found) + [.wordCharacters] : Array(found))
        isAnchored = Self.isAnchored(node)
        // The first place is where every attempt begins.
        instructions = [.match]
        instructions[0] = .fork([append(node, then: append(.match))])
    }

    private static func visit(_ node: PatternNode, _ body: (PatternNode) -> Void) {
        body(node)
        switch node {
        case .character, .assertion: break
        case .sequence(let nodes), .alternatives(let nodes): for node in nodes { visit(node, body) }
        case .repeated(let node, _, _): visit(node, body)
        }
    }

    private static func isAnchored(_ node: PatternNode) -> Bool {
        switch node {
        case .assertion(let assertion): assertion == .start
        case .sequence(let nodes): nodes.first.map(isAnchored) ?? false
        case .alternatives(let nodes): nodes.allSatisfy(isAnchored)
        case .character: false
        case .repeated(let node, let minimum, _): minimum > 0 && isAnchored(node)
        }
    }

    private mutating func append(_ instruction: Instruction) -> Int32 {
        instructions.append(instruction)
        return Int32(instructions.count - 1)
    }

    /// The place where the node begins, when that place follows it.
    private mutating func append(_ node: PatternNode, then following: Int32) -> Int32 {
        switch node {
        case .character(let set): return append(.character(set: number(of: set), following))
        case .assertion(let assertion): return append(.assertion(assertion, following))
        case .sequence(let nodes):
            var next = following
            for node in nodes.reversed() { next = append(node, then: next) }
            return next
        case .alternatives(let nodes):
            var targets: [Int32] = []
            for node in nodes { targets.append(append(node, then: following)) }
            return append(.fork(targets))
        case .repeated(let node, let minimum, let maximum):
            var next = following
            if let maximum {
                for _ in minimum..<maximum { next = append(.fork([append(node, then: next), following])) }
            } else {
                let loop = append(.fork([]))
                instructions[Int(loop)] = .fork([append(node, then: loop), following])
                next = loop
            }
            for _ in 0..<minimum { next = append(node, then: next) }
            return next
        }
    }

    private mutating func number(of set: ScalarSet) -> Int {
        if let number = knownSets[set] { return number }
        sets.append(classes.membership(of: set))
        knownSets[set] = sets.count - 1
        return sets.count - 1
    }
}

/// Characters that a pattern does not tell apart, as one.
struct ScalarClasses: Sendable {
    /// The first character of each class of neighbours, ascending; the first is 0.
    private let starts: [UInt32]
    private let ofASCII: [UInt16]
    let isWord: [Bool]

    var count: Int { starts.count }

    init(_ sets: [ScalarSet]) {
        var found: Set<UInt32> = [0]
        for range in sets.flatMap(\.ranges) {
            found.insert(range.lowerBound)
            if range.upperBound < ScalarSet.last { found.insert(range.upperBound + 1) }
        }
        starts = found.sorted()
        let starts = starts
        ofASCII = (0..<128).map { UInt16(Self.number(of: $0, starts)) }
        isWord = starts.map { start in ScalarSet.wordCharacters.ranges.contains { $0.contains(start) } }
    }

    /// By class: whether it is in the set. Every set that made the classes is a union of whole ones.
    func membership(of set: ScalarSet) -> [Bool] {
        starts.map { start in set.ranges.contains { $0.contains(start) } }
    }

    /// The class of the character at the index, which moves behind it. Bytes that are no UTF-8 are taken as U+FFFD.
    @inline(__always)
    func next(in text: UnsafeBufferPointer<UInt8>, at index: inout Int) -> Int {
        let first = text[index]
        index += 1
        if first < 0x80 { return Int(ofASCII[Int(first)]) }
        let following = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1
        guard first >= 0xC2, index + following <= text.count else { return Self.number(of: 0xFFFD, starts) }
        var value = UInt32(first & (0x3F >> UInt8(following)))
        for place in 0..<following { value = value << 6 | UInt32(text[index + place] & 0x3F) }
        index += following
        return Self.number(of: value, starts)
    }

    private static func number(of scalar: UInt32, _ starts: [UInt32]) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= scalar { low = middle } else { high = middle }
        }
        return low
    }
}
