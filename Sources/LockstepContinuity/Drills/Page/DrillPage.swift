/// A drill's report as one HTML file: the verdict first, then what it does not prove, the promises beside what was
/// measured, the way there, every check, and how to verify it all. Made from the report alone. Nothing is loaded from
/// anywhere, no script runs; it prints, and follows the reader's light or dark setting.
public struct DrillPage: Sendable {
    let report: DrillReport
    /// Of the report's JSON.
    let sha256: String
    let isSigned: Bool

    public init(report: DrillReport, sha256: String, isSigned: Bool) {
        self.report = report
        self.sha256 = sha256
        self.isSigned = isSigned
    }

    public var text: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Drill \(escaped(report.plan.id)), \(DrillHTML.time(declared)): \(escaped(report.outcome.rawValue))</title>
        <style>\(DrillStyle.text)</style>
        </head>
        <body>
        <main>
        \(head)
        \(hero)
        \(limits)
        \(measures)
        \(way)
        \(ladder)
        \(differences)
        \(findings)
        \(trend)
        \(people)
        \(evidence)
        \(verification)
        \(foot)
        </main>
        </body>
        </html>

        """
    }

    // MARK: Small parts

    func escaped(_ text: String) -> String { DrillHTML.escaped(text) }
    var declared: String { report.moment(.declared)?.utc ?? "" }

    func badge(_ word: String, _ text: String? = nil) -> String {
        "<span class=\"badge \(escaped(word))\">\(escaped(text ?? word.replacing("-", with: " ")))</span>"
    }

    func list(_ items: [String]) -> String {
        "<ul>\(items.map { "<li>\(escaped($0))</li>" }.joined())</ul>"
    }

    /// Pairs of a word and what is already HTML; pairs without are left out.
    func facts(_ pairs: [(String, String?)]) -> String {
        let lines = pairs.compactMap { name, value in
            value.map { "<dt>\(escaped(name))</dt><dd>\($0)</dd>" }
        }
        return "<dl class=\"facts\">\(lines.joined())</dl>"
    }

    // MARK: The verdict

    private var head: String {
        """
        <header class="top">
        <p class="brand">Lockstep <span>drill</span></p>
        <p class="meta">Project <b>\(escaped(report.project))</b><span class="sep">·</span> plan
        <b>\(escaped(report.plan.id))</b> version \(report.plan.version)<span class="sep">·</span>
        \(DrillHTML.time(declared))</p>
        </header>
        """
    }

    private var hero: String {
        let (mark, word, line): (String, String, String) =
            switch report.outcome {
            case .pass: ("✓", "Passed", "Everything that was promised was measured and holds.")
            case .passWithFindings:
                ("✓", "Passed, with findings", "What was promised holds; something remains to be looked at.")
            case .fail: ("✕", "Failed", "The recovery did not do what was promised.")
            case .inconclusive: ("?", "Inconclusive", "Something that must be looked at was not: nothing is proved.")
            }
        let description = report.plan.description.map { "<p>\(escaped($0))</p>" } ?? ""
        return """
            <section class="hero \(report.outcome.rawValue)" aria-label="The verdict">
            <p class="question">\(escaped(question))</p>
            <h1><span class="mark" aria-hidden="true">\(mark)</span>\(word)</h1>
            <p class="headline">\(line)</p>
            \(description)\(reasons)
            <dl class="key">\(key)</dl>
            </section>
            """
    }

    private var question: String {
        switch report.type {
        case "verify": "Is the backup whole?"
        case "failover": "Can the standby store take over?"
        case "failback": "Can the standby store take over, and give back?"
        case "full": "If we lose everything, do we get it back, and can we go on?"
        default: "If we lose the data, do we get it back?"
        }
    }

    /// What stands against a plain pass, worst first.
    private static let shownReasons = 6

    private var reasons: String {
        let ordered =
            report.findings.filter { $0.severity == .major } + report.findings.filter { $0.severity == .minor }
        guard !ordered.isEmpty else { return "" }
        let more = ordered.count > Self.shownReasons ? ["and \(ordered.count - Self.shownReasons) more, below"] : []
        return list(ordered.prefix(Self.shownReasons).map(\.text) + more)
    }

    private var key: String {
        let all = report.objectives.first { $0.store == nil }
        let passed = report.checks.count { $0.result == .pass }
        let skipped = report.checks.count { $0.result == .skipped }
        let failed = report.checks.count { $0.result == .fail }
        let rows = report.targets.reduce(0) { $0 + $1.rows }
        let cells: [(String, String, String)] = [
            ("Recovery time", measure(all?.rto), promised(all?.rto)),
            lost(all?.rpo),
            (
                "Checks passed", "\(passed) of \(report.checks.count)",
                failed + skipped == 0 ? "none left out" : "\(failed) failed, \(skipped) left out"
            ),
            (
                "Restored", report.targets.isEmpty ? "nothing" : "\(DrillHTML.number(rows)) rows",
                report.targets.isEmpty ? "" : DrillHTML.bytes(report.targets.reduce(0) { $0 + $1.bytes })
            ),
        ]
        return figures(cells)
    }

    /// Where an old snapshot was taken on purpose, its age is no loss.
    private func lost(_ value: DrillReport.Measured.Value?) -> (String, String, String) {
        let isAge = value?.verdict == .notJudged && value?.objectiveSeconds != nil
        return isAge
            ? ("Age of the snapshot", measure(value), "not judged: \(value?.reason ?? "")")
            : ("Data lost", measure(value), promised(value))
    }

    private func figures(_ cells: [(String, String, String)]) -> String {
        cells.map { name, value, small in
            "<div><dt>\(name)</dt><dd>\(escaped(value))<small>\(escaped(small))</small></dd></div>"
        }.joined()
    }

    private func measure(_ value: DrillReport.Measured.Value?) -> String {
        value?.actualSeconds.map(DrillHTML.duration) ?? "not measured"
    }

    private func promised(_ value: DrillReport.Measured.Value?) -> String {
        guard let objective = value?.objectiveSeconds else { return "nothing was promised" }
        return "promised: \(DrillHTML.duration(objective))"
    }

    private var limits: String {
        """
        <section class="limits"><p>What a drill of type “\(escaped(report.type))” does not prove</p>
        \(list(report.scope.notProved))</section>
        """
    }

    private var foot: String {
        """
        <footer><p>Drill \(escaped(report.id)). Made by \(escaped(report.host.tool)) from the signed report; the report \
        counts, this page shows it.</p></footer>
        """
    }
}
