internal import ConnectorKit
internal import LockstepExpressions
internal import LockstepMapping
internal import LockstepModel

extension DataLinter {
    /// Counts the records that are inside the filters of two maps which write them.
    func checkOverlaps(_ snapshots: [any Snapshot], _ report: inout DataLintReport) async throws {
        for pair in MapLinter.filterPairs(request.definitions) {
            let maps = [request.definitions[pair.first], request.definitions[pair.second]]
            guard maps.contains(where: isWanted) else { continue }
            var diagnostic = MapLinter.diagnostic(pair, of: request.definitions)
            var count = 0
            if pair.verdict == .unknown, pair.isCountable,
                let found = try await countBoth(pair, maps, snapshots, &report)
            {
                count = found.records
                diagnostic =
                    count > 0
                    ? overlap(pair, maps, count)
                    : MapLinter.diagnostic(pair, of: request.definitions, isCounted: found.isWhole)
            }
            guard let diagnostic else { continue }
            report.findings.append(DataFinding(diagnostic: diagnostic, map: maps[1].name.value, records: count))
        }
    }

    private func overlap(_ pair: FilterPair, _ maps: [MapDefinition], _ count: Int) -> Diagnostic {
        let side = pair.secondSide.rawValue
        let fields = pair.commonFields.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
        return Diagnostic(
            pair.commonFields.isEmpty ? .warning : .error, MapCode.recordsInTwoMaps.rawValue,
            at: maps[1].filters[side]?.location ?? maps[1].name.location,
            "\(count) records of `\(maps[1].entities[side].value)` in `\(maps[1].stores[side])` are in both "
                + "`\(maps[0].name.value)` (\(maps[0].file)) and `\(maps[1].name.value)`"
                + (fields.isEmpty ? "" : ", which both write \(fields)"),
            hint: "narrow one of the two conditions")
    }

    /// Nil where the conditions do not fit the entity.
    private func countBoth(
        _ pair: FilterPair, _ maps: [MapDefinition], _ snapshots: [any Snapshot], _ report: inout DataLintReport
    ) async throws -> (records: Int, isWhole: Bool)? {
        let texts = [
            maps[0].filters[pair.firstSide.rawValue]?.value, maps[1].filters[pair.secondSide.rawValue]?.value,
        ].compactMap(\.self)
        let side = pair.secondSide
        guard let entity = link.schema(side).entity(maps[1].entities[side.rawValue].value),
            let condition = condition(texts, entity)
        else { return nil }
        let pushed = link.connector(side).capabilities.dialect.map { condition.pushDown($0) }
        if let pushed, pushed.isExact, let predicate = pushed.predicate {
            // The store counts by itself.
            return (
                Int(try await link.connector(side).count(CountRequest(entity: entity.name, predicate: predicate))), true
            )
        }
        let compiled = condition.compile(columns: condition.fieldNames)
        var count = 0
        let read = try await self.read(
            ReadRequest(entity: entity.name, fields: condition.fieldNames, predicate: pushed?.predicate),
            snapshots[side.rawValue], subject: maps[1].name.value, expected: entity.estimatedCount
        ) { batch in
            for row in 0..<batch.rowCount where (try? compiled.matches(batch, row: row, columnOffset: 0)) == true {
                count += 1
            }
        }
        report.coverage.append(
            DataCoverage(
                map: maps[1].name.value, store: maps[1].stores[side.rawValue], entity: entity.name, purpose: "overlap",
                records: read.records, isWhole: read.isWhole))
        return (count, read.isWhole)
    }
}
