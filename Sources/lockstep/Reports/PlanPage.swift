import LockstepModel
import LockstepSync

/// A plan as one HTML file for people who have never seen Lockstep: the answer first, then numbers, then problems, worst
/// first, each with what it means and what to do. Nothing is loaded from anywhere; it prints, and it follows the
/// reader's light or dark setting.
struct PlanPage: Sendable {
    struct Section: Sendable {
        var link: String
        /// Names and kinds of the two stores.
        var stores: [String]
        var kinds: [String]
        var outcome: LinkOutcome
        /// What stands before `--plan` on the command line; nil where only a part was planned.
        var syncArguments: String?
    }

    let project: String
    /// ISO 8601, UTC.
    let time: String
    let sections: [Section]

    private var verdict: PlanVerdict { PlanVerdict(sections.map(\.outcome)) }

    /// What people call a kind of store.
    static func kind(_ scheme: String?) -> String {
        switch scheme {
        case "sqlite": "SQLite"
        case "postgresql": "PostgreSQL"
        case let other?: other
        case nil: ""
        }
    }

    var text: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Plan for \(HTMLText.escaped(project))</title>
        <style>\(PlanStyle.text)</style>
        </head>
        <body>
        <main>
        \(head)
        \(hero)
        \(sections.map { PlanSectionPage(section: $0, isOnly: sections.count == 1).text }.joined(separator: "\n"))
        \(foot)
        </main>
        </body>
        </html>

        """
    }

    private var head: String {
        """
        <header class="top">
        <p class="brand">Lockstep <span>plan</span></p>
        <p class="meta">Project <b>\(HTMLText.escaped(project))</b>
        <span class="sep">·</span> made \(HTMLText.escaped(DisplayText.time(time).replacing("Z", with: ""))) UTC
        <span class="sep">·</span> nothing was written</p>
        </header>
        """
    }

    // MARK: The answer

    private var hero: String {
        let verdict = verdict
        let (word, headline) =
            switch verdict.answer {
            case .go: ("Go", "Nothing stands in the way")
            case .look: ("Look first", "Some records need a person before or after switching on")
            case .stop: ("Do not switch on yet", "The maps or the data are not ready")
            }
        let reasons = verdict.reasons.isEmpty ? "" : list(verdict.reasons, "reasons")
        let notes =
            verdict.notes.isEmpty
            ? "" : "<p class=\"know\">Good to know</p>" + list(verdict.notes, "notes")
        return """
            <section class="hero \(verdict.answer.rawValue)" aria-label="The answer">
            <p class="question">If we switch this on now, what happens?</p>
            <h1><span class="mark" aria-hidden="true">\(mark(verdict.answer))</span>\(word)</h1>
            <p class="headline">\(headline).</p>
            <p class="sum">\(summary)</p>
            \(reasons)
            \(notes)
            </section>
            """
    }

    private func mark(_ answer: PlanVerdict.Answer) -> String {
        switch answer {
        case .go: "✓"
        case .look: "!"
        case .stop: "✕"
        }
    }

    private func list(_ items: [String], _ style: String) -> String {
        let lines = items.map { "<li>\(HTMLText.escaped($0))</li>" }.joined()
        return "<ul class=\"\(style)\">\(lines)</ul>"
    }

    private var summary: String {
        var counts = WriteCounts()
        var equal = 0
        for map in sections.flatMap({ $0.outcome.report?.maps ?? [] }) {
            counts.inserts += map.toLeft.inserts + map.toRight.inserts
            counts.updates += map.toLeft.updates + map.toRight.updates
            counts.deletes += map.toLeft.deletes + map.toRight.deletes
            equal += map.equal
        }
        guard counts.total > 0 else { return "No record would be written\(equal > 0 ? ": both sides agree" : "")." }
        return "<b>\(HTMLText.count(counts.inserts, "record"))</b> would be created, "
            + "<b>\(HTMLText.number(counts.updates))</b> changed and <b>\(HTMLText.number(counts.deletes))</b> deleted"
            + (equal > 0 ? "; \(HTMLText.number(equal)) are the same on both sides already." : ".")
    }

    private var foot: String {
        """
        <footer>
        <p>Numbers count all records; examples are chosen from the worst cases. “Created”, “changed” and “deleted” say what \
        would be written in a store. Values of your records are shown as they are: treat this file as confidential as \
        they are.</p>
        <p>Made by Lockstep \(HTMLText.escaped(Lockstep.version)).</p>
        </footer>
        """
    }
}
