import Foundation
import LockstepMapping
import LockstepSync

/// Findings for people: file by file, each with the line that it is about.
struct LintPrinter {
    /// Lines are shown as far as this; of longer ones a part around the place.
    static let widestLine = 110

    let output: Output

    func print(_ lint: ProjectLint) {
        var file: String?
        var source: SourceText?
        for finding in lint.findings {
            let place = finding.file ?? finding.store.map { "store \($0)" } ?? ""
            if place != file {
                if file != nil { output.line() }
                output.line(output.styled(DisplayText.safe(place), .bold))
                file = place
                source = lint.paths[place].flatMap { SourceText(path: $0) }
            }
            print(finding, source)
        }
        if !lint.findings.isEmpty { output.line() }
        for line in closing(lint) { output.line(line) }
    }

    private func print(_ finding: LintFinding, _ source: SourceText?) {
        let style: Output.Style =
            switch finding.severity {
            case .error: .red
            case .warning: .yellow
            case .note: .dim
            }
        let place = finding.line.map { "\($0):\(finding.column ?? 1) " } ?? ""
        let severity = output.styled(finding.severity.rawValue, style)
        output.line("  \(place)\(severity) \(finding.code): \(DisplayText.safe(finding.message))")
        if let line = finding.line, let column = finding.column, let text = source?.line(line) {
            for excerpt in Self.excerpt(text, line: line, column: column) {
                output.line("    " + output.styled(excerpt, .dim))
            }
        }
        if let values = finding.values {
            let listed = values.map { "\(DisplayText.cut(DisplayText.safe($0.value), to: 40)) (\($0.records))" }
            let more = finding.furtherValues.map { ", and \($0) or more others" } ?? ""
            output.line("    values: \(listed.joined(separator: ", "))\(more)")
        }
        let why = Self.firstSentence(finding.why)
        if !why.isEmpty { output.line("    why: \(why)") }
        if !finding.hint.isEmpty { output.line("    mend: \(DisplayText.safe(finding.hint))") }
    }

    private func closing(_ lint: ProjectLint) -> [String] {
        var lines: [String] = []
        let maps = DisplayText.count(lint.maps, "map")
        if lint.findings.isEmpty {
            lines.append("No problems in \(maps).")
        } else {
            var parts = [
                DisplayText.count(lint.count(.error), "error"), DisplayText.count(lint.count(.warning), "warning"),
            ]
            if lint.count(.note) > 0 { parts.append(DisplayText.count(lint.count(.note), "note")) }
            lines.append("\(parts.joined(separator: ", ")) in \(maps).")
        }
        for cut in lint.coverage where !cut.isWhole {
            lines.append(
                "Of \(cut.entity) in \(cut.store) only \(cut.records) records were read for the \(cut.purpose) of map "
                    + "\(cut.map); --limit 0 reads all.")
        }
        for skipped in lint.skipped { lines.append("Not looked at: \(skipped).") }
        return lines
    }

    // MARK: Excerpts

    /// The line, and a caret under the column.
    static func excerpt(_ text: String, line: Int, column: Int) -> [String] {
        let scalars = Array(text.unicodeScalars)
        let place = max(0, min(column - 1, scalars.count))
        let start = place > widestLine - 30 ? place - (widestLine - 30) : 0
        let before = DisplayText.safe(String(String.UnicodeScalarView(scalars[start..<place])))
        let after = DisplayText.safe(String(String.UnicodeScalarView(scalars[place...])))
        let number = String(line)
        let cut = start > 0 ? "…" : ""
        let shown = DisplayText.cut(cut + before + after, to: widestLine)
        let space = String(repeating: " ", count: DisplayText.width(cut + before))
        return [
            "\(number) | \(shown)", "\(String(repeating: " ", count: number.count)) | \(space)^",
        ]
    }

    static func firstSentence(_ text: String) -> String {
        guard let end = text.range(of: ". ") else { return text }
        return String(text[..<end.lowerBound]) + "."
    }
}
