import Foundation

/// Where a command's words go: results to standard output, everything else to standard error.
struct Output: Sendable {
    enum Style: String, Sendable {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    let isJSON: Bool
    private let isColoured: Bool
    private let isErrorColoured: Bool
    /// A progress bar may be drawn on standard error.
    let showsProgress: Bool

    init(isJSON: Bool, environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.isJSON = isJSON
        let mayColour = !isJSON && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
        isColoured = mayColour && isatty(STDOUT_FILENO) == 1
        isErrorColoured = mayColour && isatty(STDERR_FILENO) == 1
        showsProgress = !isJSON && isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    }

    // MARK: Results

    /// A line for people; nothing with `--json`.
    func line(_ text: String = "") {
        if !isJSON { print(text) }
    }

    func table(_ table: TextTable) {
        for (index, row) in table.lines().enumerated() { line(index == 0 ? styled(row, .bold) : row) }
    }

    /// The result for programs; nothing without `--json`.
    func json(_ value: some Encodable) throws {
        if isJSON { print(try Self.encode(value)) }
    }

    /// A result that is a document by itself, whatever form was asked for.
    func document(_ text: String) { print(text, terminator: text.hasSuffix("\n") ? "" : "\n") }

    func styled(_ text: String, _ style: Style) -> String { Self.styled(text, style, isColoured) }

    // MARK: Words beside the result

    /// Says something on standard error; nothing with `--json`.
    func note(_ text: String) {
        if !isJSON { Self.complain(text) }
    }

    /// Tells of a failure, as text or as JSON, on standard error.
    func report(_ failure: Failure) {
        if isJSON {
            let body = ErrorBody(error: ErrorBody.Content(failure))
            Self.complain((try? Self.encode(body)) ?? "{\"error\": {\"code\": \"\(failure.code)\"}}")
            return
        }
        for finding in failure.findings { Self.complain(text(of: finding, isColoured: isErrorColoured)) }
        let head = Self.styled("error", .red, isErrorColoured)
        Self.complain("\(head) \(failure.code): \(DisplayText.safe(failure.message))")
        if !failure.hint.isEmpty { Self.complain("  \(DisplayText.safe(failure.hint))") }
    }

    func line(_ finding: Finding) { line(text(of: finding, isColoured: isColoured)) }

    private func text(of finding: Finding, isColoured: Bool) -> String {
        let severity = Self.styled(
            finding.severity.rawValue, finding.severity == .error ? .red : .yellow, isColoured)
        let place = finding.place.isEmpty ? "" : DisplayText.safe(finding.place) + ": "
        let hint = finding.hint.isEmpty ? "" : "\n  \(DisplayText.safe(finding.hint))"
        return "\(place)\(severity) \(finding.code): \(DisplayText.safe(finding.message))\(hint)"
    }

    static func complain(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    private static func styled(_ text: String, _ style: Style, _ isColoured: Bool) -> String {
        isColoured ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// A failure as programs read it.
struct ErrorBody: Encodable {
    struct Content: Encodable {
        var code: String
        var message: String
        var hint: String
        var findings: [Finding]?

        init(_ failure: Failure) {
            code = failure.code
            message = failure.message
            hint = failure.hint
            findings = failure.findings.isEmpty ? nil : failure.findings
        }
    }
    var error: Content
}
