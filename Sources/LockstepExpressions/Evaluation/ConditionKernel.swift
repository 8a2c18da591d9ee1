import LockstepModel

/// Conditions as closures over cells: the shapes that filters mostly have, without a `String` or an ``Operand`` per row.
///
/// Gives the same answers as ``Evaluator``; what it has no shape for, it hands to that.
enum ConditionKernel {
    enum Truth { case isTrue, isFalse, isNull, failed }

    /// Batch, row, column offset, and the offset for unchanged fields.
    typealias Function = @Sendable (RowBatch, Int, Int, Int?) -> Truth

    /// A filter: never null (see ``FilterForm``).
    static func makeFilter(_ node: TypedNode, columns: [Int], context: EvaluationContext) -> Function {
        let node = FilterForm.of(node)
        switch node {
        case .all(let terms):
            return junction(terms.map { makeFilter($0, columns: columns, context: context) }, dominant: .isFalse)
        case .any(let terms):
            return junction(terms.map { makeFilter($0, columns: columns, context: context) }, dominant: .isTrue)
        default:
            let condition = make(node, columns: columns, context: context)
            return { batch, row, offset, unchanged in
                let truth = condition(batch, row, offset, unchanged)
                return truth == .isNull ? .isFalse : truth
            }
        }
    }

    static func make(_ node: TypedNode, columns: [Int], context: EvaluationContext) -> Function {
        switch node {
        case .all(let terms):
            return junction(terms.map { make($0, columns: columns, context: context) }, dominant: .isFalse)
        case .any(let terms):
            return junction(terms.map { make($0, columns: columns, context: context) }, dominant: .isTrue)
        case .not(let operand):
            let inner = make(operand, columns: columns, context: context)
            return { batch, row, offset, unchanged in
                switch inner(batch, row, offset, unchanged) {
                case .isTrue: .isFalse
                case .isFalse: .isTrue
                case .isNull: .isNull
                case .failed: .failed
                }
            }
        case .field(let field): return boolean(field, columns)
        case .compare(let comparison, .field(let field), .constant(let operand, _)):
            return compare(comparison, field, operand, columns) ?? general(node, columns, context)
        default: return general(node, columns, context)
        }
    }

    /// One dominant term decides, even beside one that failed; then a failure, then null.
    private static func junction(_ terms: [Function], dominant: Truth) -> Function {
        { batch, row, offset, unchanged in
            var result: Truth = dominant == .isTrue ? .isFalse : .isTrue
            for term in terms {
                let truth = term(batch, row, offset, unchanged)
                if truth == dominant { return truth }
                if truth == .failed || (truth == .isNull && result != .failed) { result = truth }
            }
            return result
        }
    }

    private static func general(_ node: TypedNode, _ columns: [Int], _ context: EvaluationContext) -> Function {
        let computation = Evaluator(columns: columns, context: context).make(node)
        return { batch, row, offset, unchanged in
            let record = RecordView(batch: batch, row: row, columnOffset: offset, unchangedOffset: unchanged)
            do {
                switch try computation(record) {
                case .bool(let value): return value ? .isTrue : .isFalse
                default: return .isNull
                }
            } catch {
                return .failed
            }
        }
    }

    @inline(__always)
    private static func cell(_ batch: RowBatch, _ row: Int, _ column: Int, _ offset: Int, _ unchanged: Int?) -> Cell {
        let cell = batch[row, offset + column]
        guard cell.kind == .unchanged, let unchanged else { return cell }
        return batch[row, unchanged + column]
    }

    private static func boolean(_ field: FieldReference, _ columns: [Int]) -> Function {
        let column = columns[field.index]
        return { batch, row, offset, unchanged in
            let cell = cell(batch, row, column, offset, unchanged)
            if cell.kind == .bool { return cell.bits != 0 ? .isTrue : .isFalse }
            return cell.kind == .null ? .isNull : .failed
        }
    }

    /// Nil for types that have no kernel.
    private static func compare(
        _ comparison: Comparison, _ field: FieldReference, _ operand: Operand, _ columns: [Int]
    ) -> Function? {
        let column = columns[field.index]
        let kind = Cell.Kind(field.description.type)
        let order: (@Sendable (RowBatch, Cell) -> Int?)?
        switch operand {
        case .null:
            let forNull: Truth = comparison == .eq ? .isTrue : .isFalse
            let forOthers: Truth = comparison == .ne ? .isTrue : .isFalse
            return { batch, row, offset, unchanged in
                let cell = cell(batch, row, column, offset, unchanged)
                return cell.kind == .null ? forNull : cell.kind == kind ? forOthers : .failed
            }
        case .bool(let value): order = { _, cell in ordered(cell.bits, value ? 1 : 0) }
        case .int64(let value), .date(let value), .time(let value), .timestamp(let value), .instant(let value):
            order = { _, cell in ordered(cell.integer, value) }
        case .float64(let value):
            order = { _, cell in cell.float64.isNaN || value.isNaN ? nil : ordered(cell.float64, value) }
        case .text(let slice), .uuid(let slice):
            let bytes = Array(slice)
            if comparison == .eq || comparison == .ne { return equal(comparison, column, kind, bytes) }
            order = { batch, cell in batch.withBytes(of: cell) { BytesOrder.compare($0, bytes) } }
        case .decimal, .duration, .opaque: order = nil
        }
        guard let order else { return nil }
        let forNull: Truth = comparison == .ne ? .isTrue : .isFalse
        return { batch, row, offset, unchanged in
            let cell = cell(batch, row, column, offset, unchanged)
            guard cell.kind == kind else { return cell.kind == .null ? forNull : .failed }
            return comparison.holds(order(batch, cell)) ? .isTrue : .isFalse
        }
    }

    private static func equal(
        _ comparison: Comparison, _ column: Int, _ kind: Cell.Kind, _ bytes: [UInt8]
    ) -> Function {
        let forEqual: Truth = comparison == .eq ? .isTrue : .isFalse
        let forOthers: Truth = comparison == .eq ? .isFalse : .isTrue
        return { batch, row, offset, unchanged in
            let cell = cell(batch, row, column, offset, unchanged)
            guard cell.kind == kind else { return cell.kind == .null ? forOthers : .failed }
            guard Int(cell.length) == bytes.count else { return forOthers }
            return batch.withBytes(of: cell) { BytesOrder.compare($0, bytes) } == 0 ? forEqual : forOthers
        }
    }

    @inline(__always)
    private static func ordered<Number: Comparable>(_ left: Number, _ right: Number) -> Int {
        left == right ? 0 : (left < right ? -1 : 1)
    }
}

/// The order of text: by its UTF-8 bytes.
enum BytesOrder {
    static func areEqual(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        left.count == right.count && compare(left, right) == 0
    }

    static func compare(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        left.withUnsafeBytes { left in right.withUnsafeBytes { right in compare(left, right) } }
    }

    static func compare(_ left: UnsafeRawBufferPointer, _ right: [UInt8]) -> Int {
        right.withUnsafeBytes { compare(left, $0) }
    }

    private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let count = min(left.count, right.count)
        for index in 0..<count where left[index] != right[index] { return left[index] < right[index] ? -1 : 1 }
        return left.count == right.count ? 0 : (left.count < right.count ? -1 : 1)
    }
}
