import LockstepMapping
import LockstepSync

/// One thing that is wrong with a map, as people and programs are told.
struct LintFinding: Sendable, Encodable {
    var severity: Diagnostic.Severity
    var code: String
    var file: String?
    var line: Int?
    var column: Int?
    /// The store, where it is one that could not be looked at.
    var store: String?
    var map: String?
    var message: String
    /// What goes wrong where it is ignored.
    var why: String
    /// How to mend it.
    var hint: String
    /// How many records it is about, for findings on records.
    var records: Int?
    /// Values that a value map lacks.
    var values: [CountedValue]?
    var furtherValues: Int?

    init(_ diagnostic: Diagnostic, map: String? = nil) {
        severity = diagnostic.severity
        code = diagnostic.code
        file = diagnostic.location.file
        line = diagnostic.location.line
        column = diagnostic.location.column
        self.map = map
        message = diagnostic.message
        why = MapCode(rawValue: diagnostic.code)?.explanation ?? ""
        hint = diagnostic.hint
    }

    /// Whether a person would read the same at the same place.
    func saysTheSame(as other: LintFinding) -> Bool {
        line == other.line && column == other.column && code == other.code && file == other.file
            && message == other.message && store == other.store
    }

    init(_ finding: DataFinding) {
        self.init(finding.diagnostic, map: finding.map)
        if finding.records > 0 { records = finding.records }
        if !finding.values.isEmpty { values = finding.values }
        if finding.furtherValues > 0 { furtherValues = finding.furtherValues }
    }

    init(_ failure: Failure, store: String) {
        severity = .error
        code = failure.code
        self.store = store
        message = failure.message
        why = "What the store has could not be compared with the maps."
        hint = failure.hint
    }

    /// Files before stores; by place, then by code.
    static func inOrder(_ left: LintFinding, _ right: LintFinding) -> Bool {
        func key(_ finding: LintFinding) -> (Int, String, Int, Int, String) {
            (
                finding.file == nil ? 1 : 0, finding.file ?? finding.store ?? "", finding.line ?? 0,
                finding.column ?? 0, finding.code
            )
        }
        return key(left) < key(right)
    }
}
