import LockstepModel

/// How one target field is made. A class, so that the loop over rows hands on one reference instead of its parts.
final class Step: Sendable {
    enum Action: Sendable {
        /// The source's cells are the target's.
        case copy
        /// The source's cells are the target's where they fit.
        case check
        case convert
        case values(ValueMap, unmapped: PairDefinition.Unmapped)
        case constant(Value)
        case formula(Formula)
    }

    let action: Action
    /// The column of the source field; 0 for constants and formulas, which have none.
    let column: Int
    /// The source field, or the target field where there is none: what failures name.
    let sourceName: String
    /// The kind of cell that the source field has.
    let kind: Cell.Kind
    let target: FieldDescription
    let options: ConversionOptions
    let textForm: TextForm
    /// Of the source, and of the target.
    let sentinels: (source: Sentinels?, target: Sentinels?)
    /// Already in the target's type.
    let defaultValue: Value?
    let isKey: Bool

    init(
        action: Action, column: Int, sourceName: String, kind: Cell.Kind, target: FieldDescription,
        options: ConversionOptions, textForm: TextForm = TextForm(),
        sentinels: (source: Sentinels?, target: Sentinels?) = (nil, nil), defaultValue: Value?, isKey: Bool
    ) {
        self.action = action
        self.column = column
        self.sourceName = sourceName
        self.kind = kind
        self.target = target
        self.options = options
        self.textForm = textForm
        self.sentinels = sentinels
        self.defaultValue = defaultValue
        self.isKey = isKey
    }

    /// Whether null goes through as null.
    var takesNull: Bool { defaultValue == nil && target.isNullable && !isKey && sentinels.target == nil }

    /// What the loop over rows needs to know of a step to do the common case without it.
    struct Shortcut: Sendable {
        var column: Int
        /// Cells of this kind are appended as they are.
        var kind: Cell.Kind
        /// Null cells are appended as they are.
        var takesNull: Bool
        /// False where every cell needs the step.
        var isOpen: Bool
    }

    var shortcut: Shortcut {
        switch action {
        case .copy where sentinels.source == nil && textForm.isEmpty:
            Shortcut(column: column, kind: kind, takesNull: takesNull, isOpen: true)
        // Null is the only kind of cell that may pass these by.
        case .copy, .check, .convert, .values:
            Shortcut(column: column, kind: .null, takesNull: takesNull, isOpen: takesNull)
        case .constant, .formula: Shortcut(column: 0, kind: .null, takesNull: false, isOpen: false)
        }
    }

    // MARK: One cell

    /// Appends the target's cell for a row whose image begins at a column offset. The output's heap begins as that of
    /// `rows`, so that cells which stay as they are are appended without their bytes.
    func append(_ rows: RowBatch, row: Int, offset: Int, to output: inout RowBatch) throws(ValueProblem) {
        switch action {
        case .constant(let value):
            return try finish(value, &output)
        case .formula(let formula):
            guard !formula.isUnchanged(rows, row: row, offset: offset) else { return output.append(Cell.unchanged) }
            let value = try formula.value(rows, row: row, offset: offset)
            return try finish(try ValueConversion.convert(value, to: target, options), &output)
        case .copy, .check, .convert, .values:
            break
        }
        let cell = rows[row, offset + column]
        switch cell.kind {
        case .null: return try finish(.null, &output)
        case .unchanged: return output.append(Cell.unchanged)
        case .invalid:
            let reason = String(decoding: rows.bytes(of: cell), as: UTF8.self)
            throw ValueProblem(.unreadableValue, "the store's value cannot be read: \(reason)")
        case .bool, .int64, .float64, .decimal, .text, .bytes, .date, .time, .timestamp, .instant, .uuid, .json: break
        }
        if sentinels.source?.contains(cell, in: rows) == true { return try finish(.null, &output) }
        if !textForm.isEmpty, cell.kind == .text, !rows.withBytes(of: cell, textForm.isKept) {
            return try append(.text(textForm(String(decoding: rows.bytes(of: cell), as: UTF8.self))), to: &output)
        }
        switch action {
        case .copy where cell.kind == kind: output.append(cell)
        case .check where cell.kind == kind && fitsAtOnce(cell, in: rows): output.append(cell)
        case .values(let map, let unmapped): try append(cell, rows, row, offset, map, unmapped, to: &output)
        case .copy, .check, .convert, .constant, .formula:
            try finish(try converted(rows.value(row, offset + column)), &output)
        }
    }

    /// Appends what a text in its form becomes: a value that stands in no batch.
    private func append(_ value: Value, to output: inout RowBatch) throws(ValueProblem) {
        if sentinels.source?.contains(value) == true { return try finish(.null, &output) }
        guard case .values(let map, let unmapped) = action else { return try finish(try converted(value), &output) }
        if let target = map.target(of: value) { return try finish(target, &output) }
        switch unmapped {
        case .park: throw ValueProblem(.unmappedValue, "the value is not in the value map of `\(sourceName)`")
        case .null: try finish(.null, &output)
        case .pass: try finish(try converted(value), &output)
        }
    }

    private func append(
        _ cell: Cell, _ rows: RowBatch, _ row: Int, _ offset: Int, _ map: ValueMap,
        _ unmapped: PairDefinition.Unmapped, to output: inout RowBatch
    ) throws(ValueProblem) {
        if let value = map.target(of: cell, in: rows) { return try finish(value, &output) }
        switch unmapped {
        case .park: throw ValueProblem(.unmappedValue, "the value is not in the value map of `\(sourceName)`")
        case .null: try finish(.null, &output)
        case .pass: try finish(try converted(rows.value(row, offset + column)), &output)
        }
    }

    /// Whether a value map has a counterpart for a cell in its form, or needs none because the cell is null or stands
    /// for it.
    func lists(_ cell: Cell, in rows: RowBatch, _ map: ValueMap) -> Bool {
        if [.null, .unchanged].contains(cell.kind) || sentinels.source?.contains(cell, in: rows) == true {
            return true
        }
        guard !textForm.isEmpty, cell.kind == .text else { return map.target(of: cell, in: rows) != nil }
        let value = Value.text(textForm(String(decoding: rows.bytes(of: cell), as: UTF8.self)))
        return sentinels.source?.contains(value) == true || map.target(of: value) != nil
    }

    private func converted(_ value: Value) throws(ValueProblem) -> Value {
        try ValueConversion.convert(value, to: target, options)
    }

    /// Appends a finished value; null becomes the default, then what stands for null in the target, or is refused where
    /// the target must have a value.
    private func finish(_ value: Value, _ output: inout RowBatch) throws(ValueProblem) {
        guard value == .null else { return output.append(value) }
        if let defaultValue { return output.append(defaultValue) }
        if let sentinel = sentinels.target { return output.append(sentinel.first) }
        if isKey { throw ValueProblem(.keyIsNull, "key field `\(sourceName)` is null") }
        guard target.isNullable else {
            throw ValueProblem(.nullNotAllowed, "null does not go into `\(target.name)`, which must have a value")
        }
        output.appendNull()
    }

    /// Whether a cell of the target's own type fits, by a look at the cell alone; false where a closer look is needed.
    private func fitsAtOnce(_ cell: Cell, in rows: RowBatch) -> Bool {
        switch cell.kind {
        case .int64:
            return ValueFit.holds(cell.integer, bits: target.integerBits)
        case .text:
            guard target.labels == nil, target.maximumLength.map({ Int(cell.length) <= $0 }) ?? true else {
                return false
            }
            return target.holdsZeroCharacter || rows.withBytes(of: cell) { !$0.contains(0) }
        case .float64:
            return target.floatBits != 32 && options.digits == nil && !cell.float64.isNaN
        case .null, .unchanged, .invalid, .bool, .decimal, .bytes, .date, .time, .timestamp, .instant, .uuid, .json:
            return false
        }
    }
}
