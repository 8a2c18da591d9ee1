import LockstepModel

/// A piece of SQL with the values it binds and the fields it reads.
struct SQLFragment: Sendable, ExpressibleByStringInterpolation {
    enum Piece: Sendable {
        case text(String)
        case value(Value, ValueType)
    }

    var pieces: [Piece] = []
    /// Each once.
    private(set) var fields: [FieldReference] = []
    /// Text fields whose characters are counted or taken apart.
    private(set) var dissectedFields: [FieldReference] = []

    init(pieces: [Piece], fields: [FieldReference] = []) {
        self.pieces = pieces
        self.fields = fields
    }

    init(stringLiteral text: String) { pieces = [.text(text)] }

    init(stringInterpolation: Interpolation) { self = stringInterpolation.fragment }

    /// A placeholder.
    static func bound(_ value: Value, _ type: ValueType) -> SQLFragment { SQLFragment(pieces: [.value(value, type)]) }

    /// `(a AND b)`; the fragment itself where there is but one.
    static func joined(_ fragments: [SQLFragment], by separator: String) -> SQLFragment {
        guard fragments.count > 1 else { return fragments.first ?? "" }
        return "(\(list: fragments, separator))"
    }

    /// Says that the characters of the text fields in it matter, not only its bytes.
    func dissected() -> SQLFragment {
        var copy = self
        copy.dissectedFields = fields.filter { $0.description.type == .text }
        return copy
    }

    private mutating func append(_ other: SQLFragment) {
        pieces += other.pieces
        for field in other.fields where !fields.contains(where: { $0.index == field.index }) { fields.append(field) }
        for field in other.dissectedFields where !dissectedFields.contains(where: { $0.index == field.index }) {
            dissectedFields.append(field)
        }
    }

    struct Interpolation: StringInterpolationProtocol {
        var fragment = SQLFragment(pieces: [])

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: String) { fragment.pieces.append(.text(literal)) }

        mutating func appendInterpolation(_ other: SQLFragment) { fragment.append(other) }

        /// SQL that is no value: an operator, a type, a quoted name.
        mutating func appendInterpolation(sql text: String) { fragment.pieces.append(.text(text)) }

        mutating func appendInterpolation(list: [SQLFragment], _ separator: String) {
            for (index, item) in list.enumerated() {
                if index > 0 { appendLiteral(separator) }
                fragment.append(item)
            }
        }
    }
}

/// Writes a fragment as a predicate.
struct PredicateRenderer {
    var dialect: Dialect

    /// SQLite's parser gives up at some 90 nested parentheses; the rest is for the statement around the predicate.
    private static let deepestParentheses = 60
    /// SQLite binds 32,766 values, PostgreSQL 65,535; the rest is for the statement around the predicate.
    private static let largestBindings = 30_000

    /// The fragment, or anything unreadable in the fields it reads; nil where a store's own limits would be exceeded.
    func render(_ fragment: SQLFragment, firstPlaceholder: Int) -> Predicate? {
        renderUnguarded(guarded(fragment), firstPlaceholder: firstPlaceholder)
    }

    func renderUnguarded(_ fragment: SQLFragment, firstPlaceholder: Int) -> Predicate? {
        var predicate = Predicate(text: "", bindings: [])
        var depth = 0
        var deepest = 0
        for piece in fragment.pieces {
            switch piece {
            case .text(let text):
                for byte in text.utf8 {
                    if byte == 40 { depth += 1 }
                    if byte == 41 { depth -= 1 }
                    deepest = max(deepest, depth)
                }
                predicate.text += text
            case .value(let value, let type):
                let number = firstPlaceholder + predicate.bindings.count
                predicate.text += dialect == .sqlite ? "?\(number)" : "$\(number)::\(SQLTypes.postgreSQLName(type))"
                predicate.bindings.append(value)
            }
        }
        guard deepest <= Self.deepestParentheses, predicate.bindings.count <= Self.largestBindings else { return nil }
        return predicate
    }

    /// Lets records with unreadable fields through, which the SQL condition would judge by another measure.
    private func guarded(_ fragment: SQLFragment) -> SQLFragment {
        var guards = fragment.fields.compactMap { SQLTypes.unreadable($0, dialect) }
        if dialect == .sqlite {
            // SQLite counts and cuts text only up to the first U+0000.
            guards += fragment.dissectedFields.map { "instr(\(sql: SQLTypes.quoted($0)), char(0)) > 0" }
        }
        return guards.isEmpty ? fragment : "(\(list: [fragment] + guards, " OR "))"
    }
}
