/// Where something stands in a file that people write.
public struct SourceLocation: Sendable, Hashable, Codable {
    /// As people named it, relative to the project where it can be.
    public var file: String
    /// Counted from 1.
    public var line: Int
    /// Counted from 1, in characters.
    public var column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }
}

/// One thing that is wrong in a file, with place, reason and remedy.
public struct Diagnostic: Sendable, Hashable, Codable, CustomStringConvertible {
    public enum Severity: String, Sendable, Hashable, Codable {
        case error, warning
        /// Worth knowing, and nothing to mend.
        case note
    }
    public var severity: Severity
    /// Stable: `LS-MAP-…` for maps, `LS-CFG-…` for `lockstep.yaml`, `LS-DRILL-…` for drill plans.
    public var code: String
    public var location: SourceLocation
    /// What is wrong.
    public var message: String
    /// How to mend it.
    public var hint: String

    public init(_ severity: Severity, _ code: String, at location: SourceLocation, _ message: String, hint: String) {
        self.severity = severity
        self.code = code
        self.location = location
        self.message = message
        self.hint = hint
    }

    /// `file:line:column: error LS-MAP-…: message — hint`.
    public var description: String {
        let place = "\(location.file):\(location.line):\(location.column)"
        return "\(place): \(severity.rawValue) \(code): \(message)\(hint.isEmpty ? "" : " — \(hint)")"
    }
}
