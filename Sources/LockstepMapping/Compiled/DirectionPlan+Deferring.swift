internal import LockstepModel

extension DirectionPlan {
    /// The column of ``sourceFields`` whose null makes a target field null, and which decides nothing else: neither the
    /// key nor who passes a filter. Such a field may be written after its record.
    ///
    /// - Parameter index: into ``targetFields``.
    /// - Returns: nil for keys, constants, formulas, fields with a default, and fields that must have a value.
    public func deferrableSource(ofTarget index: Int) -> Int? {
        let step = steps[index]
        if case .constant = step.action { return nil }
        if case .formula = step.action { return nil }
        guard !step.isKey, step.target.isNullable, !sourceKey.contains(step.column),
            sourceFilter?.columns.contains(step.column) != true, targetFilter?.columns.contains(index) != true
        else { return nil }
        var nulls = RowBatch(columnCount: sourceFields.count)
        nulls.appendRow(sourceFields.map { _ in .null })
        var made = RowBatch(columnCount: 1)
        do throws(ValueProblem) {
            try step.append(nulls, row: 0, offset: 0, to: &made)
        } catch {
            return nil
        }
        return made[0, 0].isNull ? step.column : nil
    }
}
