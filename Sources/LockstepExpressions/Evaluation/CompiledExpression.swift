public import LockstepModel

/// Which rows of a batch a condition holds for, and the rows it could not be decided for.
public struct MatchedRows: Sendable, Hashable {
    public struct Failure: Sendable, Hashable {
        public var row: Int
        public var failure: EvaluationFailure
    }
    /// True where the condition is true; false where it is false, null or failed.
    public var isMatch: [Bool]
    /// In ascending order of rows. These records are neither in nor out: they are parked.
    public var failures: [Failure]
}

/// An expression ready to be evaluated on the rows of batches with known columns.
public struct CompiledExpression: Sendable {
    private let computation: Evaluator.Computation
    /// Where it yields text.
    private let writer: TextWriter.Computation?
    /// Where the whole expression is one field that is kept as bytes.
    private let copied: (reader: FieldReader, type: ValueType)?
    private let kernel: ConditionKernel.Function?

    init(_ checked: CheckedExpression, columns: [Int], context: EvaluationContext) {
        let evaluator = Evaluator(columns: columns, context: context)
        computation = evaluator.make(checked.root)
        writer = checked.resultType == .text ? TextWriter(evaluator: evaluator).make(checked.root) : nil
        copied =
            if case .field(let field) = checked.root, [.text, .decimal].contains(field.description.type) {
                (FieldReader(field.description, column: columns[field.index]), field.description.type)
            } else {
                nil
            }
        kernel =
            checked.isCondition ? ConditionKernel.makeFilter(checked.root, columns: columns, context: context) : nil
    }

    /// The expression's value for a row.
    ///
    /// - Parameters:
    ///   - columnOffset: where the record's columns begin in the row: 0, or the width for the image after of a change.
    ///   - unchangedOffset: where to look instead for a field that is unchanged (the image before: 0); nil where there
    ///     is no other image.
    /// - Throws: ``EvaluationFailure`` where the row has no value: the record is parked.
    public func evaluate(
        _ batch: RowBatch, row: Int, columnOffset: Int = 0, unchangedOffset: Int? = nil
    ) throws(EvaluationFailure) -> Value {
        let record = RecordView(batch: batch, row: row, columnOffset: columnOffset, unchangedOffset: unchangedOffset)
        if let copied {
            // A decimal keeps its digits as the store gave them.
            let operand = try copied.reader.operand(record)
            if operand.isNull { return .null }
            let text = String(decoding: batch.bytes(of: copied.reader.cell(record)), as: UTF8.self)
            return copied.type == .text ? .text(text) : .decimal(text)
        }
        if let writer {
            var text: [UInt8] = []
            text.reserveCapacity(TextWriter.expectedBytes)
            return try writer(record, &text) ? .text(String(decoding: text, as: UTF8.self)) : .null
        }
        return try computation(record).value
    }

    /// Whether a condition is true for a row; false and null are both no.
    ///
    /// A term of an `and` that is false or null decides, even beside a term that cannot be computed; so does a true term of
    /// an `or`. This holds whatever the order of the terms, so that a store that is given some of them decides alike.
    ///
    /// - Throws: ``EvaluationFailure`` where it cannot be decided: the record is parked.
    public func matches(
        _ batch: RowBatch, row: Int, columnOffset: Int = 0, unchangedOffset: Int? = nil
    ) throws(EvaluationFailure) -> Bool {
        if let kernel {
            switch kernel(batch, row, columnOffset, unchangedOffset) {
            case .isTrue: return true
            case .isFalse, .isNull: return false
            case .failed: break
            }
        }
        return try evaluate(batch, row: row, columnOffset: columnOffset, unchangedOffset: unchangedOffset)
            == .bool(true)
    }

    /// Which rows of the batch a condition is true for.
    public func matches(_ batch: RowBatch, columnOffset: Int = 0, unchangedOffset: Int? = nil) -> MatchedRows {
        var result = MatchedRows(isMatch: [], failures: [])
        result.isMatch.reserveCapacity(batch.rowCount)
        for row in 0..<batch.rowCount {
            do {
                let isMatch = try matches(
                    batch, row: row, columnOffset: columnOffset, unchangedOffset: unchangedOffset)
                result.isMatch.append(isMatch)
            } catch {
                result.isMatch.append(false)
                result.failures.append(MatchedRows.Failure(row: row, failure: error))
            }
        }
        return result
    }
}

extension CheckedExpression {
    /// Makes the expression ready for batches whose records have these columns, in this order.
    ///
    /// - Precondition: every one of ``fieldNames`` is among the columns.
    public func compile(columns: [String], context: EvaluationContext = EvaluationContext()) -> CompiledExpression {
        let places = fieldNames.map { name in
            guard let place = columns.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) else {
                preconditionFailure("the batch has no column for a field that the expression reads")
            }
            return place
        }
        return CompiledExpression(self, columns: places, context: context)
    }
}
