/// A regular expression, ready to match.
///
/// Patterns are those of ECMA-262, which OData 4.01 names (URL Conventions, section 5.1.1.7.1), over Unicode's characters
/// as with the flag `u`: without references back, without looking ahead or behind, without properties of characters. What
/// is left has one meaning and needs one step a character.
struct Pattern: Sendable {
    /// As it was written.
    let text: String
    private let automaton: PatternAutomaton
    /// What the text must have for the pattern to match.
    let implication: Implication

    /// A plain condition that follows from a match.
    enum Implication: Sendable, Hashable {
        case nothing
        /// Equal to a match where `isExact`.
        case contains(String, isExact: Bool)
        case startsWith(String, isExact: Bool)
        case endsWith(String)
        case equals(String)
    }

    /// Larger programs are not made at all.
    private static let largestSize = 4_000

    init(_ text: String) throws(PatternProblem) {
        self.text = text
        let node = try PatternParser.parse(text)
        guard node.size <= Self.largestSize else {
            throw PatternProblem(message: "it is too complex: use smaller numbers in braces", offset: 0)
        }
        automaton = try PatternAutomaton(node)
        implication = Self.implication(node)
    }

    func matches(_ text: some Collection<UInt8>) -> Bool {
        if let answer = text.withContiguousStorageIfAvailable({ automaton.matches($0) }) { return answer }
        return Array(text).withUnsafeBufferPointer { automaton.matches($0) }
    }

    // MARK: What follows from a match

    private static func implication(_ node: PatternNode) -> Implication {
        var parts: [PatternNode] = []
        flatten(node, into: &parts)
        let isFromStart = parts.first == .assertion(.start)
        if isFromStart { parts.removeFirst() }
        let isToEnd = parts.last == .assertion(.end)
        if isToEnd { parts.removeLast() }
        let letters = parts.map { part -> UInt32? in if case .character(let set) = part { set.single } else { nil } }
        let whole = letters.compactMap(\.self)
        if whole.count == letters.count {
            let text = string(whole[...])
            if isFromStart { return isToEnd ? .equals(text) : .startsWith(text, isExact: true) }
            return isToEnd ? .endsWith(text) : .contains(text, isExact: true)
        }
        if isFromStart, letters.first != .some(nil) {
            return .startsWith(string(letters.prefix { $0 != nil }.compactMap(\.self)[...]), isExact: false)
        }
        let longest = letters.split(separator: nil).max { $0.count < $1.count }
        return longest.map { .contains(string($0.compactMap(\.self)[...]), isExact: false) } ?? .nothing
    }

    private static func flatten(_ node: PatternNode, into parts: inout [PatternNode]) {
        guard case .sequence(let nodes) = node else {
            parts.append(node)
            return
        }
        for node in nodes { flatten(node, into: &parts) }
    }

    private static func string(_ scalars: ArraySlice<UInt32>) -> String {
        var view = String.UnicodeScalarView()
        for scalar in scalars { if let scalar = Unicode.Scalar(scalar) { view.append(scalar) } }
        return String(view)
    }
}
