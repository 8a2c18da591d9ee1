/// Rows under titles, aligned by what a terminal shows.
struct TextTable: Sendable {
    enum Alignment: Sendable { case left, right }

    struct Column: Sendable {
        var title: String
        var alignment: Alignment

        init(_ title: String, _ alignment: Alignment = .left) {
            self.title = title
            self.alignment = alignment
        }
    }

    /// Longer values are cut: `show` and `--json` have all of them.
    static let widestCell = 44

    private let columns: [Column]
    private let widestCell: Int?
    private var rows: [[String]] = []

    /// - Parameter widestCell: nil to show all of each value.
    init(_ columns: [Column], widestCell: Int? = Self.widestCell) {
        self.columns = columns
        self.widestCell = widestCell
    }

    mutating func add(_ cells: [String]) {
        rows.append(
            cells.map { cell in
                let text = DisplayText.safe(cell)
                return widestCell.map { DisplayText.cut(text, to: $0) } ?? text
            })
    }

    /// The titles, then a line for each row.
    func lines() -> [String] {
        let all = [columns.map { $0.title.uppercased() }] + rows
        let widths = columns.indices.map { column in all.map { DisplayText.width($0[column]) }.max() ?? 0 }
        return all.map { row in
            let cells = columns.indices.map { column -> String in
                let space = String(repeating: " ", count: widths[column] - DisplayText.width(row[column]))
                return columns[column].alignment == .left ? row[column] + space : space + row[column]
            }
            let line = cells.joined(separator: "  ")
            return String(line[..<(line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex)])
        }
    }
}
