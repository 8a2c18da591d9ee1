import LockstepExpressions

/// A condition of a map as far as its text says something by itself.
struct Condition: Sendable {
    let text: Located<String>
    let constraints: FieldConstraints

    /// Nil where the text is no expression.
    init?(_ text: Located<String>) {
        guard let expression = try? Expression.parse(text.value) else { return nil }
        self.text = text
        constraints = expression.constraints
    }
}
