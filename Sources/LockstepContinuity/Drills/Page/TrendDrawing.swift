/// One measure over past drills and this one, with the promise as a line.
struct TrendDrawing {
    let title: String
    let points: [DrillReport.TrendPoint]
    let promise: Double?
    let value: @Sendable (DrillReport.TrendPoint) -> Double?

    private static let width = 470.0
    private static let height = 190.0
    private static let left = 64.0
    private static let right = 18.0
    private static let top = 34.0
    private static let bottom = 34.0

    private var values: [Double] { points.compactMap(value) }
    private var most: Double {
        let largest = max(values.max() ?? 0, 0.000_001)
        // A promise far above would press the points onto the ground.
        let shown = if let promise, promise < largest * 8 { max(largest, promise) } else { largest }
        // Twice a round number, so that the half is one, too.
        return 2 * TimelineDrawing.tick(shown * 0.55)
    }

    private func c(_ value: Double) -> String { DrillHTML.coordinate(value) }
    private func x(_ index: Int) -> Double {
        let space = Self.width - Self.left - Self.right
        return Self.left + (points.count > 1 ? space * Double(index) / Double(points.count - 1) : space / 2)
    }
    private func y(_ value: Double) -> Double {
        Self.height - Self.bottom - (Self.height - Self.top - Self.bottom) * max(0, value) / most
    }

    var text: String {
        """
        <figure><figcaption>\(DrillHTML.escaped(title))\(beyond)</figcaption>
        <svg class="drawing" viewBox="0 0 \(c(Self.width)) \(c(Self.height))" role="img" \
        aria-label="\(DrillHTML.escaped(title)) over past drills">
        \(axis)
        \(promised)
        <polyline class="way" points="\(way)"/>
        \(points.indices.map(mark).joined(separator: "\n"))
        \(dates)
        </svg></figure>
        """
    }

    /// Said in words where the line would not fit.
    private var beyond: String {
        guard let promise, promise > most else { return "" }
        return " <small>promised: \(DrillHTML.escaped(DrillHTML.duration(promise)))</small>"
    }

    private var axis: String {
        [0, most / 2, most].map { value in
            """
            <line class="grid" x1="\(c(Self.left))" y1="\(c(y(value)))" x2="\(c(Self.width - Self.right))" \
            y2="\(c(y(value)))"/><text class="tick" x="\(c(Self.left - 8))" y="\(c(y(value) + 4))" text-anchor="end">\
            \(value == 0 ? "0" : DrillHTML.escaped(DrillHTML.duration(value)))</text>
            """
        }.joined(separator: "\n")
    }

    private var promised: String {
        guard let promise, promise <= most else { return "" }
        return """
            <line class="promise" x1="\(c(Self.left))" y1="\(c(y(promise)))" x2="\(c(Self.width - Self.right))" \
            y2="\(c(y(promise)))"/><text class="promise-name" x="\(c(Self.width - Self.right))" \
            y="\(c(y(promise) - 5))" text-anchor="end">promised \
            \(DrillHTML.escaped(DrillHTML.duration(promise)))</text>
            """
    }

    private var way: String {
        points.indices.compactMap { index in
            value(points[index]).map { "\(c(x(index))),\(c(y($0)))" }
        }.joined(separator: " ")
    }

    private func mark(_ index: Int) -> String {
        let point = points[index]
        let style = point.outcome.isPass ? "good" : point.outcome == .fail ? "bad" : "open"
        let isLast = index == points.count - 1
        let title = "\(point.id): \(point.outcome.rawValue)"
        guard let value = value(point) else {
            // A drill that took an old snapshot on purpose says nothing about what would have been lost.
            guard !point.outcome.isPass else { return "" }
            // Nothing was measured: a cross on the ground.
            return """
                <text class="none" x="\(c(x(index)))" y="\(c(y(0) + 4))" text-anchor="middle">×<title>\
                \(DrillHTML.escaped(title))</title></text>
                """
        }
        let label =
            isLast
            ? "<text class=\"last\" x=\"\(c(x(index)))\" y=\"\(c(y(value) - 10))\" text-anchor=\"\(points.count > 1 ? "end" : "middle")\">"
                + "\(DrillHTML.escaped(DrillHTML.duration(value)))</text>" : ""
        return """
            <circle class="point \(style)" cx="\(c(x(index)))" cy="\(c(y(value)))" r="\(isLast ? 6 : 4)"><title>\
            \(DrillHTML.escaped(title)), \(DrillHTML.escaped(DrillHTML.duration(value)))</title></circle>\(label)
            """
    }

    private var dates: String {
        let ends = points.count > 1 ? [0, points.count - 1] : Array(points.indices)
        return ends.map { index in
            let anchor = points.count == 1 ? "middle" : index == 0 ? "start" : "end"
            return "<text class=\"tick\" x=\"\(c(x(index)))\" y=\"\(c(Self.height - 10))\" text-anchor=\"\(anchor)\">"
                + "\(DrillHTML.escaped(String(points[index].utc.prefix(10))))</text>"
        }.joined()
    }
}
