/// How large an expression may be.
public struct ExpressionLimits: Sendable, Hashable {
    /// UTF-8 bytes of the text.
    public var byteCount: Int
    /// Operators, functions and parentheses inside one another.
    public var nesting: Int

    public init(byteCount: Int, nesting: Int) {
        self.byteCount = byteCount
        self.nesting = nesting
    }

    /// 16 KiB and 64 levels: far above what people write, far below what would exhaust a thread's stack or the parser of a
    /// store (SQLite's gives up at some 90 parentheses).
    public static let standard = ExpressionLimits(byteCount: 16 * 1024, nesting: 64)
}

/// A condition or a value, in the expression language of OData 4.01 (URL Conventions, section 5.1.1).
///
/// ```swift
/// let filter = try Expression.parse("party_type eq 'Organization' and credit_limit gt 1000")
/// let checked = try filter.check(fields: entity.fields)
/// let compiled = checked.compile(columns: ["party_type", "credit_limit"])
/// ```
///
/// Names of operators and functions may be written in any case. A timestamp without zone is written as OData writes a point
/// in time, without the zone: `2026-01-31T08:00:00`. Two expressions are equal when they are built alike, wherever blanks
/// and needless parentheses stand.
public struct Expression: Sendable, Hashable {
    let root: SyntaxNode

    /// Reads an expression.
    ///
    /// - Throws: one problem, with its place, at the first thing that is no expression or exceeds the limits.
    public static func parse(
        _ text: String, limits: ExpressionLimits = .standard
    ) throws(ExpressionError) -> Expression {
        guard text.utf8.count <= limits.byteCount else {
            throw ExpressionError([
                ExpressionProblem(
                    .limit, at: 0, "the expression is longer than \(limits.byteCount) bytes",
                    hint: "split it, or use 'in' for lists of values")
            ])
        }
        do {
            var parser = try ExpressionParser(text, limits: limits)
            return Expression(root: try parser.parse())
        } catch {
            throw ExpressionError([error])
        }
    }
}

extension ExpressionProblem: Error {}
