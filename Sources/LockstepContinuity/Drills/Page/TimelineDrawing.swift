/// The drill's steps as bars over time, with the moments that matter and the promised recovery time.
struct TimelineDrawing {
    let report: DrillReport

    private static let width = 960.0
    private static let left = 250.0
    private static let right = 28.0
    private static let row = 30.0
    private static let top = 40.0
    /// What is longer is cut; the whole name shows when pointing at it.
    private static let longestLabel = 34

    private var end: Double {
        let stepEnd = report.steps.map { $0.mono + $0.seconds }.max() ?? 0
        let ended = report.moment(.ended)?.mono ?? 0
        let objective = promise.map { $0 <= max(stepEnd, ended) * 1.6 ? $0 : 0 } ?? 0
        return max(stepEnd, ended, objective, 0.001) * 1.02
    }
    private var promise: Double? { report.objectives.first { $0.store == nil }?.rto.objectiveSeconds }
    private var height: Double { Self.top + Double(report.steps.count) * Self.row + 30 }

    private func x(_ seconds: Double) -> Double {
        Self.left + (Self.width - Self.left - Self.right) * min(1, max(0, seconds / end))
    }
    private func c(_ value: Double) -> String { DrillHTML.coordinate(value) }

    var text: String {
        """
        <svg class="drawing wide" viewBox="0 0 \(c(Self.width)) \(c(height))" role="img" aria-label="Steps over time">
        \(axis)
        \(report.steps.enumerated().map { bar($1, at: $0) }.joined(separator: "\n"))
        \(moments)
        \(promised)
        </svg>
        """
    }

    // MARK: Parts

    private var axis: String {
        let step = Self.tick(end / 6)
        var lines: [String] = []
        var at = 0.0
        // Six or so: the bound is for ends that are no numbers.
        while at <= end, lines.count < 40 {
            lines.append(
                """
                <line class="grid" x1="\(c(x(at)))" y1="\(c(Self.top - 6))" x2="\(c(x(at)))" y2="\(c(height - 24))"/>\
                <text class="tick" x="\(c(x(at)))" y="\(c(height - 8))" text-anchor="middle">\
                \(DrillHTML.escaped(Self.label(at, step: step)))</text>
                """)
            at += step
        }
        return lines.joined(separator: "\n")
    }

    private func bar(_ step: DrillReport.Step, at index: Int) -> String {
        let y = Self.top + Double(index) * Self.row
        let width = max(3, x(step.mono + step.seconds) - x(step.mono))
        let style =
            switch step.result {
            case .done: step.isManual ? "manual" : "done"
            case .failed: "failed"
            case .skipped: "skipped"
            }
        let cut = step.name.count > Self.longestLabel ? step.name.prefix(Self.longestLabel - 1) + "…" : step.name[...]
        let words = step.result == .skipped ? "not taken" : DrillHTML.duration(step.seconds)
        let room = x(step.mono) + width + 70 < Self.width
        let place = room ? x(step.mono) + width + 6 : x(step.mono) - 6
        return """
            <g><title>\(DrillHTML.escaped(step.name)): \(DrillHTML.escaped(step.result.rawValue)), \
            \(DrillHTML.escaped(words))</title>
            <text class="label" x="\(c(Self.left - 12))" y="\(c(y + 14))" text-anchor="end">\
            \(DrillHTML.escaped(String(cut)))</text>
            <rect class="bar \(style)" x="\(c(x(step.mono)))" y="\(c(y + 2))" width="\(c(width))" height="17" rx="3"/>
            <text class="took" x="\(c(place))" y="\(c(y + 14.5))"\(room ? "" : " text-anchor=\"end\"")>\
            \(DrillHTML.escaped(words))</text></g>
            """
    }

    /// The declaration and the end of the recovery time.
    private var moments: String {
        let all: [(DrillReport.MomentName, String)] = [(.declared, "declared"), (.usable, "usable")]
        return all.compactMap { name, word in
            guard let moment = report.moment(name) else { return nil }
            let place = x(moment.mono)
            let anchor = name == .declared ? "start" : "end"
            let shift = name == .declared ? 4.0 : -4.0
            let detail = name == .usable ? " \(DrillHTML.duration(moment.mono))" : ""
            return """
                <line class="moment" x1="\(c(place))" y1="14" x2="\(c(place))" y2="\(c(height - 24))"/>\
                <text class="moment-name" x="\(c(place + shift))" y="22" text-anchor="\(anchor)">\(word)\
                \(DrillHTML.escaped(detail))</text>
                """
        }.joined(separator: "\n")
    }

    private var promised: String {
        guard let promise, promise <= end else { return "" }
        return """
            <line class="promise" x1="\(c(x(promise)))" y1="14" x2="\(c(x(promise)))" y2="\(c(height - 24))"/>\
            <text class="promise-name" x="\(c(x(promise) - 4))" y="34" text-anchor="end">promised \
            \(DrillHTML.escaped(DrillHTML.duration(promise)))</text>
            """
    }

    // MARK: Ticks

    /// A round length of time near the one given.
    static func tick(_ seconds: Double) -> Double {
        let round: [Double] = [
            0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
            3600, 7200, 14_400, 21_600, 43_200, 86_400,
        ]
        return round.first { $0 >= seconds } ?? (seconds / 86_400).rounded(.up) * 86_400
    }

    private static func label(_ seconds: Double, step: Double) -> String {
        if seconds == 0 { return "0" }
        if step >= 3600 { return "\(Int(seconds / 3600)) h" }
        if step >= 60 { return "\(Int(seconds / 60)) min" }
        if step >= 1 { return "\(Int(seconds)) s" }
        return "\((seconds * 1000).rounded() / 1000) s"
    }
}
