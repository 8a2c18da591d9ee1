/// A word, number, sign or literal of an expression's text.
struct Token: Sendable {
    enum Kind: Sendable {
        /// A name, keyword or qualified name (`Edm.String`).
        case word(String)
        case literal(Literal)
        case open, close, comma, colon, slash, minus, end
    }

    var kind: Kind
    /// Characters from the start of the text.
    var offset: Int
    /// Whether blanks stand before it.
    var followsSpace: Bool

    /// As it is named in messages.
    var name: String {
        switch kind {
        case .word(let word): "'\(word.prefix(40))'"
        case .literal: "a literal"
        case .open: "'('"
        case .close: "')'"
        case .comma: "','"
        case .colon: "':'"
        case .slash: "'/'"
        case .minus: "'-'"
        case .end: "the end"
        }
    }
}
