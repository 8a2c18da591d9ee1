extension DrillPage {
    // MARK: Promised and measured

    var measures: String {
        // Only where some store could be asked.
        let counts = report.objectives.contains { $0.missedTransactions != nil }
        let rows = report.objectives.map { measured in
            let name = measured.store.map(escaped) ?? "<b>All stores</b>"
            let missed =
                counts ? "<td class=\"n\">\(measured.missedTransactions.map(DrillHTML.number) ?? "–")</td>" : ""
            return """
                <tr><th scope="row">\(name)</th>\(cells(measured.rto))<td class="n">\
                \(measured.rto.machineSeconds.map { escaped(DrillHTML.duration($0)) } ?? "–")</td>\
                \(cells(measured.rpo))\(missed)</tr>
                """
        }
        return """
            <h2>Promised and measured</h2>
            <div class="card"><table class="measures">
            <thead><tr><th rowspan="2"></th><th colspan="4">Recovery time (RTO)</th>\
            <th colspan="\(counts ? 4 : 3)">Recovery point (RPO)</th></tr>
            <tr><th class="n">promised</th><th class="n">measured</th><th></th><th class="n">without people</th>\
            <th class="n">promised</th><th class="n">measured</th><th></th>\(counts ? "<th class=\"n\">commits missing</th>" : "")</tr></thead>
            <tbody>\(rows.joined())</tbody></table></div>
            \(reasons)
            """
    }

    private func cells(_ value: DrillReport.Measured.Value) -> String {
        let objective = value.objectiveSeconds.map { escaped(DrillHTML.duration($0)) } ?? "–"
        let actual = value.actualSeconds.map { escaped(DrillHTML.duration($0)) } ?? "–"
        let verdict = value.objectiveSeconds == nil ? "" : badge(value.verdict.rawValue)
        return "<td class=\"n\">\(objective)</td><td class=\"n\"><b>\(actual)</b></td><td>\(verdict)</td>"
    }

    /// Why something promised was not judged or not measured.
    private var reasons: String {
        let texts = report.objectives.flatMap { measured in
            [("RTO", measured.rto), ("RPO", measured.rpo)].compactMap { word, value -> String? in
                guard value.objectiveSeconds != nil, let reason = value.reason else { return nil }
                return "\(word) of \(measured.store ?? "all stores"): \(reason)."
            }
        }
        guard !texts.isEmpty else { return "" }
        return "<p class=\"meta\">\(texts.map(escaped).joined(separator: " "))</p>"
    }

    // MARK: The way

    var way: String {
        guard !report.steps.isEmpty else { return "" }
        let kinds = Set(report.steps.map { $0.isManual && $0.result == .done ? "manual" : $0.result.rawValue })
        let names = [("done", "done"), ("manual", "a person"), ("failed", "failed"), ("skipped", "not taken")]
        let legend = names.filter { kinds.contains($0.0) }.map { "<li><i class=\"\($0.0)\"></i>\($0.1)</li>" }
        return """
            <h2>What happened, when</h2>
            <div class="card padded">\(TimelineDrawing(report: report).text)
            <ul class="legend">\(legend.joined())</ul></div>
            <h2>Steps</h2>
            <div class="card"><table><thead><tr><th class="n">#</th><th>Step</th><th>Began</th><th class="n">Took</th>\
            <th class="n">Rows</th><th class="n">Speed</th><th>Result</th></tr></thead>
            <tbody>\(report.steps.map(step).joined())</tbody></table></div>
            """
    }

    private func step(_ step: DrillReport.Step) -> String {
        let speed: String =
            if let rows = step.rows, let bytes = step.bytes, step.seconds > 0, rows > 0 {
                "\(DrillHTML.number(Int64(Double(rows) / step.seconds))) rows/s<br><small>"
                    + "\(escaped(DrillHTML.bytes(Int64(Double(bytes) / step.seconds))))/s</small>"
            } else { "–" }
        let reason = step.reason.map { "<br><small>\(escaped($0))</small>" } ?? ""
        return """
            <tr><td class="n">\(step.number)</td><td>\(escaped(step.name))<br><small>\(escaped(step.kind)), group \
            \(escaped(step.group))</small></td><td class="time">\(escaped(String(step.utc.dropFirst(11).prefix(8))))</td>\
            <td class="n">\(escaped(DrillHTML.duration(step.seconds)))</td>\
            <td class="n">\(step.rows.map(DrillHTML.number) ?? "–")</td><td class="n">\(speed)</td>\
            <td>\(badge(step.result.rawValue))\(reason)</td></tr>
            """
    }

    // MARK: Trend

    var trend: String {
        let points = report.trend + [report.trendPoint]
        let all = report.objectives.first { $0.store == nil }
        guard points.contains(where: { $0.rtoSeconds != nil || $0.rpoSeconds != nil }) else { return "" }
        let time = TrendDrawing(title: "Recovery time", points: points, promise: all?.rto.objectiveSeconds) {
            $0.rtoSeconds
        }
        let loss = TrendDrawing(title: "Recovery point", points: points, promise: all?.rpo.objectiveSeconds) {
            $0.rpoSeconds
        }
        let words = points.count == 1 ? "the first drill of this plan" : "\(points.count) drills of this plan"
        return """
            <h2>Over time <small>\(words)</small></h2>
            <div class="card padded"><div class="trend">\(time.text)\(loss.text)</div>
            <ul class="legend"><li><i class="good"></i>passed</li><li><i class="open"></i>inconclusive</li>\
            <li><i class="bad"></i>failed</li></ul>\(forecast)</div>
            """
    }

    /// With data growing as it did, when the promise would be broken: only said where there is enough to go by.
    private var forecast: String {
        guard let promise = report.objectives.first(where: { $0.store == nil })?.rto.objectiveSeconds,
            let forecast = DrillForecast(points: report.trend + [report.trendPoint], promise: promise)
        else { return "" }
        return "<p class=\"meta\">\(escaped(forecast.text))</p>"
    }
}
