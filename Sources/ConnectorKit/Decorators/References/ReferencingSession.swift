internal import LockstepModel

/// A write session that takes paths and writes the fields that refer.
///
/// What was looked up is kept within one transaction, and forgotten where the transaction ends, goes back to its mark, or
/// writes to the entity that was asked.
actor ReferencingSession: WriteSession {
    /// Times that the unresolved rows of a batch are tried once more because others of it were applied: the longest
    /// chain of records that refer to each other against the batch's order. What is left is reported, and heals later.
    private static let largestRoundCount = 256
    /// Plans kept: one a map and direction is the rule.
    private static let largestPlanCount = 256

    private let base: any WriteSession
    private let paths: [String: [FieldPath]]
    private let resolver: ReferenceResolver
    private var plans: [WriteTranslation.ID: WriteTranslation] = [:]

    init(_ base: any WriteSession, paths: [String: [FieldPath]]) {
        self.base = base
        self.paths = paths
        resolver = ReferenceResolver(RecordFinder { try await base.lookUp($0) })
    }

    func apply(_ batch: WriteBatch) async throws -> WriteResult {
        do {
            let translation = self.translation(batch)
            guard translation.hasPaths else {
                let result = try await base.apply(batch)
                await resolver.forget(batch.entity)
                return result
            }
            return try await apply(batch, translation)
        } catch {
            await giveUp()
            throw error
        }
    }

    /// Applies what resolves, and then what resolves because of that, until there is no progress.
    private func apply(_ batch: WriteBatch, _ translation: WriteTranslation) async throws -> WriteResult {
        var result = WriteResult(
            changedCount: 0, exceptions: [], current: RowBatch(columnCount: max(1, batch.readFields.count)))
        let refersToItself = translation.roots.entities.contains(batch.entity)
        var places = Array(batch.operations.indices)
        var round = 0
        while true {
            let part = round == 0 ? batch : batch.rows(places)
            var work = TranslatedBatch(part, translation)
            try await work.resolve(resolver)
            try await settleDoubts(&work)
            let applied = try await apply(&work)
            result.add(applied, places)
            let progress = applied.changedCount > 0
            if work.unresolved.isEmpty || !refersToItself || !progress || round == Self.largestRoundCount {
                result.reject(work.unresolved, places, translation)
                break
            }
            places = work.unresolved.map { places[$0.row] }
            round += 1
        }
        result.exceptions.sort { $0.row < $1.row }
        return result
    }

    private func apply(_ work: inout TranslatedBatch) async throws -> WriteResult {
        let translation = work.translation
        var result = WriteResult(changedCount: 0, exceptions: work.exceptions, current: work.current)
        guard let inner = work.inner() else { return result }
        let applied = try await base.apply(inner)
        if applied.changedCount > 0 { await resolver.forget(work.batch.entity) }
        result.changedCount = applied.changedCount
        let shift = result.current.rowCount
        let needsCurrent = !applied.current.isEmpty && !applied.exceptions.isEmpty
        if needsCurrent {
            let reader = PathReader(translation.readLayout, RecordFinder { [base] in try await base.lookUp($0) })
            let current = translation.readLayout.hasPaths ? try await reader.fill(applied.current) : applied.current
            for row in 0..<current.rowCount { result.current.appendRow(row, from: current) }
        }
        for exception in applied.exceptions {
            result.exceptions.append(
                WriteException(row: work.kept[exception.row], outcome: exception.outcome.shifted(by: shift)))
        }
        return result
    }

    private func translation(_ batch: WriteBatch) -> WriteTranslation {
        let id = WriteTranslation.ID(batch)
        if let known = plans[id] { return known }
        let made = WriteTranslation(id, paths: paths[batch.entity] ?? [])
        if plans.count >= Self.largestPlanCount { plans.removeAll() }
        plans[id] = made
        return made
    }

    // MARK: Doubts

    /// Sees to rows whose image before names a record that is not there (any more), or several: what the record holds now
    /// is read and compared as it was asked.
    private func settleDoubts(_ work: inout TranslatedBatch) async throws {
        guard !work.doubts.isEmpty else { return }
        let translation = work.translation
        let finder = RecordFinder { [base] in try await base.lookUp($0) }
        let (keys, keyFields) = work.doubtfulKeys()
        let layout = translation.doubtLayout
        let fields = layout.innerFields + keyFields.filter { !layout.innerFields.contains($0) }
        var distinct = DistinctKeys(columnCount: keyFields.count)
        let numbers = distinct.numbers(of: Array(keyFields.indices), in: keys)
        let found = try await finder.records(of: work.batch.entity, keyFields, distinct.keys, fields: fields)
        let inner = found.rows.columns(0..<layout.innerFields.count)
        let current = try await PathReader(layout, finder).fill(inner)
        for (doubt, number) in zip(work.doubts, numbers) {
            let place = number >= 0 ? found.places[Int(number)] : RecordFinder.Found.nothing
            work.settle(doubt, current: place >= 0 ? Int(place) : nil, of: current, inner: inner)
        }
    }

    // MARK: Transactions

    func lookUp(_ request: LookUpRequest) async throws -> RowBatch {
        do {
            let finder = RecordFinder { [base] in try await base.lookUp($0) }
            let layout = FieldLayout(request.fields, paths: paths[request.entity] ?? [])
            var inner = request
            inner.fields = layout.innerFields
            let names = (paths[request.entity] ?? []).map(\.name)
            if request.keys.fields.contains(where: names.contains) {
                inner.keys = try await KeyTranslation(
                    request.keys, paths: paths[request.entity] ?? [], finder
                ).translated()
            }
            let rows = try await base.lookUp(inner)
            return layout.hasPaths ? try await PathReader(layout, finder).fill(rows) : rows
        } catch {
            await giveUp()
            throw error
        }
    }

    func mark() async throws { try await ending { try await $0.mark() } }

    func revert() async throws {
        await resolver.forgetAll()
        try await ending { try await $0.revert() }
    }

    func commit(_ checkpoint: Position?) async throws {
        await resolver.forgetAll()
        try await ending { try await $0.commit(checkpoint) }
    }

    func rollback() async { await giveUp() }

    func close() async {
        await resolver.forgetAll()
        await base.close()
    }

    private func ending(_ body: (any WriteSession) async throws -> Void) async throws {
        do {
            try await body(base)
        } catch {
            await giveUp()
            throw error
        }
    }

    /// The transaction is gone, whichever part of it failed.
    private func giveUp() async {
        await resolver.forgetAll()
        await base.rollback()
    }
}

extension WriteBatch {
    /// Some of its rows.
    func rows(_ places: [Int]) -> WriteBatch {
        var part = self
        part.rows = rows.rows(places)
        part.operations = places.map { operations[$0] }
        return part
    }
}

extension RowBatch {
    /// Some of the columns; the bytes stay where they are.
    func columns(_ columns: Range<Int>) -> RowBatch {
        if columns.count == columnCount { return self }
        var rows = RowBatch(columnCount: columns.count, reservingRows: rowCount, sharingHeapOf: self)
        for row in 0..<rowCount {
            for column in columns { rows.append(self[row, column]) }
        }
        return rows
    }
}

extension WriteException.Outcome {
    /// The same, its record standing further behind.
    func shifted(by count: Int) -> WriteException.Outcome {
        switch self {
        case .exists(let current): .exists(current: current + count)
        case .differs(let current): .differs(current: current + count)
        case .missing, .rejected: self
        }
    }
}

extension WriteResult {
    /// Adds what became of a part of the batch.
    fileprivate mutating func add(_ part: WriteResult, _ places: [Int]) {
        changedCount += part.changedCount
        let shift = current.rowCount
        for row in 0..<part.current.rowCount { current.appendRow(row, from: part.current) }
        for exception in part.exceptions {
            exceptions.append(
                WriteException(row: places[exception.row], outcome: exception.outcome.shifted(by: shift)))
        }
    }

    fileprivate mutating func reject(
        _ unresolved: [TranslatedBatch.Unresolved], _ places: [Int], _ translation: WriteTranslation
    ) {
        for entry in unresolved {
            let root = translation.roots.roots[entry.root]
            let (paths, entity) = (root.paths.joined(separator: ", "), root.node.id.entity)
            let rejection = Rejection(
                cause: .reference,
                constraint: entry.isAmbiguous ? ReferencingConnector.ambiguous : ReferencingConnector.unresolved,
                message: entry.isAmbiguous
                    ? "several records of \(entity) have the value of \(paths)"
                    : "no record of \(entity) has the value of \(paths)")
            exceptions.append(WriteException(row: places[entry.row], outcome: .rejected(rejection)))
        }
    }
}
