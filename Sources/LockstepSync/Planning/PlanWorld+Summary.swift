internal import LockstepModel
internal import LockstepState
internal import SQLiteAccess

/// What was planned, map by map: a digest of every write, examples, and the clashes of unique values.
extension PlanWorld {
    struct MapHead: Sendable {
        var name: String
        var fingerprint: String
    }

    struct Summary: Sendable {
        var digest = ""
        var samples: [PlanSample] = []
        var collisions: [PlanCollision] = []
    }

    /// One planned write.
    private struct Written {
        var key: [UInt8]
        var before: StoredRow?
        var after: StoredRow?

        /// Fields whose values would change, by name.
        var changes: [PlannedChange] {
            guard let before, let after else { return [] }
            return after.fields.compactMap { field in
                let (old, new) = (before.value(field) ?? .null, after.value(field) ?? .null)
                return old.isSame(as: new) ? nil : PlannedChange(field: field, before: old, after: new)
            }.sorted { $0.field < $1.field }
        }
    }

    private struct PlannedChange {
        var field: String
        var before: Value
        var after: Value
    }

    private struct Building {
        var digest = PieceDigest()
        var samples = PlanSamples()
        /// The list of fields that was last told to the digest.
        var shape: Int64 = -1
        private var place: Int64 = -1

        /// Tells the digest where the next records are; a map is not told of places of others.
        mutating func enter(_ number: Int64, _ place: Place) {
            guard number != self.place else { return }
            self.place = number
            shape = -1
            digest.update(piece: place.store.utf8)
            digest.update(piece: place.entity.utf8)
        }
    }

    func summaries(_ heads: [MapHead]) throws -> [String: Summary] {
        var buildings: [String: Building] = [:]
        for head in heads {
            var building = Building()
            building.digest.update(piece: head.name.utf8)
            building.digest.update(piece: head.fingerprint.utf8)
            buildings[head.name] = building
        }
        // Places by their names: their numbers depend on who came first.
        let ordered = places.enumerated().sorted {
            ($0.element.store, $0.element.entity, $0.element.keyFields.joined(separator: "\u{1F}"))
                < ($1.element.store, $1.element.entity, $1.element.keyFields.joined(separator: "\u{1F}"))
        }
        for (number, place) in ordered { try summarise(Int64(number), place, &buildings) }
        let collisions = try collisions()
        return buildings.reduce(into: [:]) { result, entry in
            var summary = Summary()
            summary.digest = entry.value.digest.hexadecimal()
            summary.samples = entry.value.samples.all + (collisions.samples[entry.key]?.all ?? [])
            summary.collisions = collisions.counts[entry.key] ?? []
            result[entry.key] = summary
        }
    }

    private func summarise(_ number: Int64, _ place: Place, _ buildings: inout [String: Building]) throws {
        try work { database in
            let statement = try database.prepare(
                """
                SELECT key, map, before_shape, before, after_shape, after FROM written WHERE place = ?1 ORDER BY key
                """)
            defer { statement.reset() }
            try statement.bind(number, at: 1)
            while try statement.step() {
                let map = maps[Int(statement.integer(1))]
                let hasBefore = statement.storageClass(3) != .null
                let hasAfter = statement.storageClass(5) != .null
                guard hasBefore || hasAfter else { continue }
                let key = Array(statement.blob(0))
                buildings[map]?.enter(number, place)
                if !hasBefore {
                    // The usual case of a first copy does without reading the record's values.
                    let image = Array(statement.blob(5))
                    let shape = statement.integer(4)
                    insert(key, shape, image, place, &buildings[map, default: Building()])
                    continue
                }
                let written = Written(
                    key: key, before: row(shape: statement.integer(2), Array(statement.blob(3))),
                    after: hasAfter ? row(shape: statement.integer(4), Array(statement.blob(5))) : nil)
                change(written, place, &buildings[map, default: Building()])
            }
        }
    }

    private func insert(
        _ key: [UInt8], _ shape: Int64, _ image: [UInt8], _ place: Place, _ building: inout Building
    ) {
        if building.shape != shape {
            building.shape = shape
            building.digest.update(piece: shapes[Int(shape)].joined(separator: "\u{1F}").utf8)
        }
        building.digest.update(piece: "insert".utf8)
        building.digest.update(piece: key)
        building.digest.update(piece: image)
        building.samples.add(
            sample("insert", place, nil, row(shape: shape, image), []), weight: 0, key: key,
            group: "insert \(place.store)")
    }

    private func change(_ written: Written, _ place: Place, _ building: inout Building) {
        let isDelete = written.after == nil
        let changes = written.changes
        // A record that was changed back is not written at all.
        guard isDelete || !changes.isEmpty else { return }
        let action = isDelete ? "delete" : "update"
        building.digest.update(piece: action.utf8)
        building.digest.update(piece: written.key)
        for change in changes {
            building.digest.update(piece: change.field.utf8)
            building.digest.update(piece: RowBatch(row: [change.before, change.after]).encodedRow(0))
        }
        if isDelete, let before = written.before {
            building.digest.update(piece: RowBatch(row: before.values).encodedRow(0))
        }
        building.samples.add(
            sample(action, place, written.before, written.after, changes), weight: changes.count, key: written.key,
            group: "\(action) \(place.store)")
    }

    /// Fields that are shown of a record that comes or goes.
    private static let shownFields = 8

    private func sample(
        _ action: String, _ place: Place, _ before: StoredRow?, _ after: StoredRow?, _ changes: [PlannedChange]
    ) -> PlanSample {
        let row = after ?? before ?? StoredRow(fields: [], values: [])
        let key = PlanText.key(place.keyFields, place.keyFields.map { row.value($0) ?? .null })
        var fields = changes.map {
            PlanField(field: $0.field, first: PlanText.optional($0.before), second: PlanText.optional($0.after))
        }
        let details = fields.map { "\($0.field): \($0.first ?? "null") -> \($0.second ?? "null")" }
        if changes.isEmpty {
            let shown = row.fields.filter { !place.keyFields.contains($0) && row.value($0) != .unchanged }
            fields = shown.prefix(Self.shownFields).map { field in
                let text = PlanText.optional(row.value(field))
                return PlanField(field: field, first: after == nil ? text : nil, second: after == nil ? nil : text)
            }
        }
        return PlanSample(action: action, store: place.store, key: key, details: details, fields: fields)
    }

    // MARK: Unique values

    private func collisions() throws -> (counts: [String: [PlanCollision]], samples: [String: PlanSamples]) {
        var counts: [String: [PlanCollision]] = [:]
        var samples: [String: PlanSamples] = [:]
        try work { database in
            let totals = try database.query(
                "SELECT map, place, unique_key, count(*), sum(is_planned) FROM collision GROUP BY 1, 2, 3")
            for row in totals {
                guard case .int64(let map) = row[0], case .int64(let place) = row[1], case .int64(let unique) = row[2],
                    case .int64(let records) = row[3], case .int64(let planned) = row[4]
                else { continue }
                let key = uniqueKeys[Int(unique)]
                counts[maps[Int(map)], default: []].append(
                    PlanCollision(
                        store: places[Int(place)].store, key: key.name, fields: key.fields, records: Int(records),
                        amongThemselves: Int(planned)))
            }
            let statement = try database.prepare(
                "SELECT key, map, place, key_text, holder_text, value_text, is_planned FROM collision")
            defer { statement.reset() }
            while try statement.step() {
                let (map, place) = (maps[Int(statement.integer(1))], places[Int(statement.integer(2))])
                let texts = (3...5).map { String(decoding: statement.text($0), as: UTF8.self) }
                let isPlanned = statement.integer(6) != 0
                let other = isPlanned ? "another record of this plan" : "a record that \(place.store) has"
                samples[map, default: PlanSamples()].add(
                    PlanSample(
                        action: "collision", store: place.store, key: texts[0],
                        details: ["\(texts[2]) is taken by \(other): \(texts[1])"],
                        fields: [PlanField(field: texts[2], first: texts[0], second: texts[1])], note: texts[1]),
                    weight: 0, key: Array(statement.blob(0)), group: "collision \(place.store)")
            }
        }
        for map in counts.keys {
            counts[map]?.sort { ($1.records, $0.store, $0.key) < ($0.records, $1.store, $1.key) }
        }
        return (counts, samples)
    }
}
