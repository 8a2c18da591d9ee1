import ConnectorKit
import LockstepMapping

/// One thing that is wrong with a project or a store, with its place.
struct Finding: Sendable, Hashable, Encodable {
    enum Severity: String, Sendable, Hashable, Encodable { case error, warning }

    var severity: Severity
    var code: String
    var file: String?
    var line: Int?
    var column: Int?
    var store: String?
    var entity: String?
    var message: String
    var hint: String

    init(_ diagnostic: Diagnostic) {
        severity = diagnostic.severity == .error ? .error : .warning
        code = diagnostic.code
        file = diagnostic.location.file
        line = diagnostic.location.line
        column = diagnostic.location.column
        message = diagnostic.message
        hint = diagnostic.hint
    }

    init(_ finding: AccessFinding, store: String) {
        severity = finding.severity == .error ? .error : .warning
        code = finding.code
        self.store = store
        entity = finding.entity
        message = finding.message
        hint = finding.hint
    }

    init(_ failure: Failure, store: String) {
        severity = .error
        code = failure.code
        self.store = store
        message = failure.message
        hint = failure.hint
    }

    /// Where it is: `mappings/customers.yaml:4:3`, or `store erp, customers`.
    var place: String {
        if let file, let line, let column { return "\(file):\(line):\(column)" }
        guard let store else { return "" }
        return "store \(store)" + (entity.map { ", \($0)" } ?? "")
    }

    /// By place; files before stores, errors before warnings of the same place.
    static func inOrder(_ left: Finding, _ right: Finding) -> Bool {
        func key(_ finding: Finding) -> (Int, String, Int, Int, String) {
            (
                finding.file == nil ? 1 : 0, finding.file ?? "\(finding.store ?? "") \(finding.entity ?? "")",
                finding.line ?? 0, finding.column ?? 0, finding.severity == .error ? "0" : "1" + finding.code
            )
        }
        return key(left) < key(right)
    }
}
