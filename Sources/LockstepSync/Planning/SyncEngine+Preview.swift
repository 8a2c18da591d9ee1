internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

extension SyncEngine {
    /// Says what a sync would do with one record, and writes nothing. The same comparison as in the first copy, over the
    /// records as they are now.
    ///
    /// - Parameters:
    ///   - map: its name.
    ///   - key: the key's parts in the map's order, or by the field names of either side.
    /// - Throws: ``SyncError`` where there is no such map, or the key is none of the map's; `ConnectorError`.
    public func preview(map name: String, key: RecordKey) async throws -> RecordPreview {
        guard let index = link.maps.firstIndex(where: { $0.name == name }) else {
            throw SyncError(.notFound, "link \(link.name) has no map \(name)", hint: "`lockstep status` shows them")
        }
        let runtime = MapRuntime(
            index: index, map: link.maps[index], record: MapRecord(link: link.name, map: link.maps[index].name),
            deferrals: Side.allCases.map {
                EntityOrder(link.maps, target: $0, schema: link.schema($0)).deferrals[index]
            })
        return try await PreviewWork(link: link, runtime: runtime).preview(key)
    }
}

/// A key as people write it.
public struct RecordKey: Sendable, Hashable {
    /// One field of it.
    public struct Part: Sendable, Hashable {
        /// Nil where the key has one part only.
        public var name: String?
        public var text: String
    }
    public var parts: [Part]

    /// Reads `A-17` or `account=A-17,company=DE`.
    public init(_ text: String) {
        let pieces = text.split(separator: ",", omittingEmptySubsequences: false)
        let isNamed = pieces.allSatisfy { $0.contains("=") }
        guard isNamed else {
            parts = [Part(name: nil, text: text)]
            return
        }
        parts = pieces.map { piece in
            let halves = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = halves[0].drop { $0 == " " }
            return Part(name: String(name), text: halves.count > 1 ? String(halves[1]) : "")
        }
    }
}

/// Reads one record of both sides and compares it as the engine does.
struct PreviewWork {
    let link: SyncLink
    let runtime: MapRuntime

    /// Keys that are looked through for near ones.
    private static let nearKeysLookedAt = 5000
    private static let mostNearKeys = 3

    func preview(_ key: RecordKey) async throws -> RecordPreview {
        let values = try keyValues(key)
        var rows: [[Value]?] = []
        for side in Side.allCases { rows.append(try await read(values[side.rawValue], side)) }
        var preview = RecordPreview(
            map: runtime.map.name, key: runtime.keyText(.left, values[0]), verdict: .notFound, fields: [])
        switch (rows[0], rows[1]) {
        case (nil, nil): preview.nearKeys = try await nearKeys(values)
        case (let left?, let right?): both(left, right, &preview)
        case (let left?, nil): single(left, .left, &preview)
        case (nil, let right?): single(right, .right, &preview)
        }
        return preview
    }

    // MARK: Key

    /// The key's values by side, each in its field's type.
    private func keyValues(_ key: RecordKey) throws -> [[Value]] {
        let names = runtime.keyFields
        let expected = zip(names[0], names[1]).map { $0 == $1 ? $0 : "\($0) or \($1)" }.joined(separator: ", ")
        func wrong(_ message: String) -> SyncError {
            SyncError(.notPossible, message, hint: "the map's key is \(expected): write `field=value,field=value`")
        }
        var texts: [String?] = names[0].map { _ in nil }
        for part in key.parts {
            guard let name = part.name else {
                texts[0] = part.text
                if names[0].count == 1 { continue }
                // The other part of a map for one partition is that partition.
                guard names[0].count == 2, let partition = MapName(runtime.map.name).partition else {
                    throw wrong("the key has \(names[0].count) parts, one was given")
                }
                texts[1] = partition
                continue
            }
            let index = names[0].firstIndex(of: name) ?? names[1].firstIndex(of: name)
            // A key of one part may itself hold an equals sign.
            if index == nil, names[0].count == 1, key.parts.count == 1 {
                texts[0] = "\(name)=\(part.text)"
                continue
            }
            guard let index else { throw wrong("`\(name)` is no part of the key") }
            texts[index] = part.text
        }
        let given = texts.compactMap { $0 }
        guard given.count == names[0].count else { throw wrong("the key has more parts than were given") }
        return try Side.allCases.map { side in
            try zip(names[side.rawValue].indices, given).map { index, text in
                guard let value = Value(text: text, type: keyType(index, side)) else {
                    throw wrong("a part of the key is no \(keyType(index, side).name)")
                }
                return value
            }
        }
    }

    /// A path has the type of the field it goes with: key fields have one type on both sides.
    private func keyType(_ index: Int, _ side: Side) -> ValueType {
        func type(_ side: Side) -> ValueType? {
            link.schema(side).entity(runtime.map.entities[side.rawValue])?
                .field(runtime.keyFields[side.rawValue][index])?.type
        }
        return type(side) ?? type(side.opposite) ?? .text
    }

    // MARK: Reading

    private func read(_ key: [Value], _ side: Side) async throws -> [Value]? {
        var keys = RowBatch(columnCount: key.count)
        keys.appendRow(key)
        let request = QueryRequest(
            entity: runtime.map.entities[side.rawValue], fields: runtime.shape(side),
            keys: KeySelection(fields: runtime.keyFields[side.rawValue], rows: keys))
        return try await rows(request, side).first
    }

    private func rows(_ request: QueryRequest, _ side: Side) async throws -> [[Value]] {
        let reader = try await link.connector(side).query(request)
        var rows: [[Value]] = []
        do {
            while let batch = try await reader.next() {
                for row in 0..<batch.rowCount { rows.append(batch.values(row: row)) }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        return rows
    }

    private func nearKeys(_ values: [[Value]]) async throws -> [String] {
        var near: [String] = []
        for side in Side.allCases {
            let fields = runtime.keyFields[side.rawValue]
            let wanted = values[side.rawValue].map { Self.simplified($0.displayText) }
            let request = QueryRequest(
                entity: runtime.map.entities[side.rawValue], fields: fields, orderBy: fields,
                limit: Self.nearKeysLookedAt)
            for row in try await rows(request, side)
            where row.map({ Self.simplified($0.displayText) }) == wanted && near.count < Self.mostNearKeys {
                near.append("\(runtime.keyText(side, row)) in \(link.store(side))")
            }
        }
        return near
    }

    private static func simplified(_ text: String) -> String {
        String(text.lowercased().filter { $0.isLetter || $0.isNumber }.drop { $0 == "0" })
    }

    // MARK: Comparing

    private func both(_ left: [Value], _ right: [Value], _ preview: inout RecordPreview) {
        let rows: [[Value]?] = [left, right]
        let comparison = runtime.compare(left: left, right: right)
        preview.fields = fields(rows)
        let hidden = Side.allCases.filter { !runtime.isVisible(rows[$0.rawValue] ?? [], $0) }
        if let side = hidden.first {
            preview.verdict = hidden.count == 2 ? .outsideBoth : .outside(side)
            return
        }
        if let (source, failure) = comparison.failure {
            fail(source, failure, &preview)
            return
        }
        preview.verdict = comparison.isEqual ? .equal : .differs
        var outcomes: [Int: FieldDecision] = [:]
        for difference in comparison.differences { outcomes[difference.pair] = difference.decision }
        for (place, pair) in runtime.pairFields().enumerated() {
            let index = runtime.keyFields[0].count + place
            guard let decision = outcomes[pair.pair] else {
                preview.fields[index].outcome = .equal
                continue
            }
            guard let winner = decision.winner else {
                preview.fields[index].outcome = .undecided
                preview.fields[index].reason = "a person decides"
                continue
            }
            preview.fields[index].outcome = .written
            preview.fields[index].reason = why(decision, winner)
            for field in pair.fields where field.side == winner.opposite {
                guard let value = comparison.writes[field.side.rawValue]?[field.index], value != .unchanged else {
                    continue
                }
                preview.fields[index].writes[field.side.rawValue] = value
                note(how(field, from: rows[winner.rawValue] ?? [], value), &preview.fields[index])
            }
        }
    }

    private func why(_ decision: FieldDecision, _ winner: Side) -> String {
        switch decision.rule {
        case "direction": "goes from \(link.store(winner)) only"
        case "owner": "\(link.store(winner)) owns it"
        case "newest": "\(link.store(winner)) is newer"
        default: "\(link.store(winner)) wins"
        }
    }

    private func single(_ row: [Value], _ side: Side, _ preview: inout RecordPreview) {
        let target = side.opposite
        var rows: [[Value]?] = [nil, nil]
        rows[side.rawValue] = row
        preview.fields = fields(rows)
        guard runtime.map.plan(from: side) != nil else {
            preview.verdict = .missing(target)
            return
        }
        switch runtime.mapped(row, from: side) {
        case .failure(let error): fail(side, error.failure, &preview)
        case .success(nil): preview.verdict = .outside(side)
        case .success(let image?):
            preview.verdict = .inserted(target)
            for (index, value) in keyImage(image, side).enumerated() {
                preview.fields[index].writes[target.rawValue] = value
            }
            for (place, pair) in runtime.pairFields().enumerated() {
                for field in pair.fields where field.side == target {
                    let index = runtime.keyFields[0].count + place
                    preview.fields[index].outcome = .written
                    preview.fields[index].writes[target.rawValue] = image[field.index]
                    note(how(field, from: row, image[field.index]), &preview.fields[index])
                }
            }
        }
    }

    private func keyImage(_ image: [Value], _ side: Side) -> [Value] {
        runtime.map.plan(from: side).map { plan in plan.targetKey.map { image[$0] } } ?? []
    }

    private func fail(_ source: Side, _ failure: MappingFailure, _ preview: inout RecordPreview) {
        preview.verdict = .parks(source, failure)
        for index in preview.fields.indices {
            let isIt =
                preview.fields[index].names[source.rawValue] == failure.field
                || (preview.fields[index].names[source.rawValue] == nil
                    && preview.fields[index].names[source.opposite.rawValue] == failure.field)
            guard isIt else { continue }
            preview.fields[index].outcome = .failed
            preview.fields[index].reason = "\(failure.code): \(failure.message)"
        }
    }

    // MARK: Fields

    /// The key's parts and the map's pairs, with what stands there now.
    private func fields(_ rows: [[Value]?]) -> [RecordPreview.Field] {
        func value(_ side: Side, _ name: String?) -> Value? {
            guard let name, let row = rows[side.rawValue], let index = runtime.shape(side).firstIndex(of: name) else {
                return nil
            }
            return row[index]
        }
        func field(_ names: [String?], _ outcome: RecordPreview.Field.Outcome) -> RecordPreview.Field {
            RecordPreview.Field(
                names: names, values: Side.allCases.map { value($0, names[$0.rawValue]) }, writes: [nil, nil],
                outcome: outcome, reason: "")
        }
        let keys = zip(runtime.keyFields[0], runtime.keyFields[1]).map { field([$0, $1], .key) }
        return keys + runtime.pairFields().map { pair in field(names(pair.fields), .untouched) }
    }

    private func names(_ written: [(side: Side, index: Int)]) -> [String?] {
        var names: [String?] = [nil, nil]
        for (side, index) in written {
            guard let plan = runtime.map.plan(from: side.opposite) else { continue }
            names[side.rawValue] = plan.targetFields[index].name
            switch plan.origin(of: index) {
            case .field(let source), .values(let source):
                if names[side.opposite.rawValue] == nil { names[side.opposite.rawValue] = source }
            case .constant, .expression: break
            }
        }
        return names
    }

    /// How the value came about, where it is not just carried over.
    private func how(_ field: (side: Side, index: Int), from row: [Value], _ value: Value) -> String? {
        guard let plan = runtime.map.plan(from: field.side.opposite) else { return nil }
        let shape = runtime.shape(field.side.opposite)
        let sources = plan.origin(of: field.index).fields.compactMap { name in
            shape.firstIndex(of: name).map { row[$0] }
        }
        if let given = plan.defaultValue(of: field.index), sources.allSatisfy(\.isNull), value.isSame(as: given) {
            return "default"
        }
        switch plan.origin(of: field.index) {
        case .field: return nil
        case .values: return sources.allSatisfy(\.isNull) ? nil : "value map"
        case .constant: return "constant"
        case .expression: return "expression"
        }
    }

    private func note(_ text: String?, _ field: inout RecordPreview.Field) {
        guard let text else { return }
        field.reason = field.reason.isEmpty ? text : "\(field.reason), \(text)"
    }
}
