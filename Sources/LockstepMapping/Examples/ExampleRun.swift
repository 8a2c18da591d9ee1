public import LockstepModel

/// What a map makes of an example, beside what it should.
public struct ExampleResult: Sendable {
    /// A field that came out differently.
    public struct Difference: Sendable, Hashable {
        public var field: String
        /// Nil where nothing was expected of the field.
        public var expected: Value?
        public var actual: Value
        /// Where the expected value stands in the file.
        public var location: SourceLocation?
    }
    /// What the map made of the record.
    public enum Actual: Sendable {
        case output([(field: String, value: Value)])
        case failed(MappingFailure)
        case filtered
        /// The example could not be run: see ``ExampleResult/diagnostics``.
        case none
    }

    public var example: MapExamples.Example
    public var actual: Actual
    public var differences: [Difference]
    /// What is wrong, where it is not single fields; empty otherwise.
    public var message: String
    /// Fields that are not there, and values that are none of their type.
    public var diagnostics: [Diagnostic]

    /// The map does not see the record.
    public var isFiltered: Bool { if case .filtered = actual { true } else { false } }

    public var hasPassed: Bool { differences.isEmpty && message.isEmpty && diagnostics.isEmpty }
}

/// Runs examples through a compiled map.
public struct ExampleRun {
    let map: CompiledMap
    let schemas: [StoreDescription]

    /// - Parameter schemas: what the map was compiled against, by ``Side``.
    public init(map: CompiledMap, schemas: [StoreDescription]) {
        self.map = map
        self.schemas = schemas
    }

    public func run(_ example: MapExamples.Example) -> ExampleResult {
        var result = ExampleResult(example: example, actual: .none, differences: [], message: "", diagnostics: [])
        guard let plan = map.plan(from: example.source) else {
            result.message = "the map does not go from \(map.stores[example.source.rawValue])"
            return result
        }
        guard let row = input(example, plan, &result) else { return result }
        result.actual = actual(plan, row)
        compare(plan, &result)
        return result
    }

    // MARK: Input

    /// The record in the plan's source fields. Fields that the example leaves out are not looked at, but by the filter,
    /// which takes them for null.
    private func input(
        _ example: MapExamples.Example, _ plan: DirectionPlan, _ result: inout ExampleResult
    ) -> RowBatch? {
        var values: [String: Value] = [:]
        for field in example.input {
            guard let value = value(field, example.source, &result) else { continue }
            values[field.name.value] = value
        }
        guard result.diagnostics.isEmpty else { return nil }
        var row = RowBatch(columnCount: plan.sourceFields.count)
        let filtering = Set(plan.sourceFilter?.columns ?? [])
        row.appendRow(
            plan.sourceFields.enumerated().map { index, name in
                values[name] ?? (filtering.contains(index) ? .null : .unchanged)
            })
        return row
    }

    /// A value in its field's type; what is wrong is noted with its place.
    private func value(
        _ field: MapExamples.Example.Field, _ side: Side, _ result: inout ExampleResult
    ) -> Value? {
        guard var description = description(field.name.value, side) else {
            let entity = schemas[side.rawValue].entity(map.entities[side.rawValue])
            let known = (entity?.fields.map(\.name) ?? []) + map.paths[side.rawValue].map(\.name)
            result.diagnostics.append(
                Diagnostic(
                    .error, MapCode.unknownField.rawValue, at: field.name.location,
                    "`\(map.entities[side.rawValue])` in `\(map.stores[side.rawValue])` has no field "
                        + "`\(field.name.value)`",
                    hint: Suggestion.hint(for: field.name.value, among: known)))
            return nil
        }
        description.isNullable = true
        do throws(ValueProblem) {
            return try Literal.value(field.value.value, for: description)
        } catch {
            result.diagnostics.append(
                Diagnostic(
                    .error, MapCode.valueDoesNotFit.rawValue, at: field.value.location,
                    "the value of `\(field.name.value)` does not fit: \(error.message)",
                    hint: "the field is of type \(description.type.name)"))
            return nil
        }
    }

    /// A field of a side's entity, or the last one of a path that the map uses.
    private func description(_ name: String, _ side: Side) -> FieldDescription? {
        let schema = schemas[side.rawValue]
        if let field = schema.entity(map.entities[side.rawValue])?.field(name) { return field }
        guard let path = map.paths[side.rawValue].first(where: { $0.name == name }), let last = path.hops.last else {
            return nil
        }
        return schema.entity(last.entity)?.field(path.field)
    }

    // MARK: Output

    private func actual(_ plan: DirectionPlan, _ row: RowBatch) -> ExampleResult.Actual {
        let mapped = plan.map(records: row)
        if let failure = mapped.failures.first { return .failed(failure) }
        guard mapped.isIncluded.first == true else { return .filtered }
        return .output(zip(plan.targetFields, mapped.rows.values(row: 0)).map { ($0.name, $1) })
    }

    private func compare(_ plan: DirectionPlan, _ result: inout ExampleResult) {
        let target = result.example.source.opposite
        switch (result.example.expected, result.actual) {
        case (.output(let fields, let isExact), .output(let values)):
            for field in fields {
                guard let actual = values.first(where: { $0.field == field.name.value }) else {
                    refuse(field, target, plan, &result)
                    continue
                }
                guard let expected = value(field, target, &result) else { continue }
                note(field, expected, actual.value, &result)
            }
            let named = Set(fields.map(\.name.value))
            for value in values where isExact && !named.contains(value.field) {
                result.differences.append(
                    ExampleResult.Difference(field: value.field, expected: nil, actual: value.value, location: nil))
            }
        case (.fails(let code), .failed(let failure)):
            guard code.value != failure.code else { return }
            result.message =
                "fails with \(failure.code) instead of \(code.value), at \(failure.field): \(failure.message)"
        case (.filtered, .filtered): return
        case (.unknown, _): result.message = "says nothing of what should come out: add `output`, `fails` or `filtered`"
        case (_, .failed(let failure)):
            result.message = "fails with \(failure.code) at \(failure.field): \(failure.message)"
        case (.fails(let code), _): result.message = "does not fail, where \(code.value) was expected"
        case (_, .filtered): result.message = "is outside the filter"
        case (.filtered, _): result.message = "is inside the filter"
        case (_, .none): return
        }
    }

    private func note(
        _ field: MapExamples.Example.Field, _ expected: Value, _ actual: Value, _ result: inout ExampleResult
    ) {
        var batch = RowBatch(columnCount: 2)
        batch.appendRow([expected, actual])
        guard !RowBatch.areEqual(batch[0, 0], in: batch, batch[0, 1], in: batch) else { return }
        result.differences.append(
            ExampleResult.Difference(
                field: field.name.value, expected: expected, actual: actual, location: field.value.location))
    }

    private func refuse(
        _ field: MapExamples.Example.Field, _ target: Side, _ plan: DirectionPlan, _ result: inout ExampleResult
    ) {
        result.diagnostics.append(
            Diagnostic(
                .error, MapCode.unknownField.rawValue, at: field.name.location,
                "the map does not write `\(field.name.value)` into `\(map.stores[target.rawValue])`",
                hint: Suggestion.hint(for: field.name.value, among: plan.targetFields.map(\.name))))
    }
}
