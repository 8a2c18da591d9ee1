internal import ConnectorKit
internal import LockstepModel

/// What to compare, and how much of it to show.
public struct ComparisonRequest: Sendable {
    public var store: String
    /// Only these; nil for all but Lockstep's own.
    public var entities: [String]?
    /// Records shown of each entity and kind of difference.
    public var sampleLimit: Int
    /// Shows the values of fields, not only the key's.
    public var showsValues: Bool
    public var progress: @Sendable (ContinuityProgress) -> Void

    public init(
        store: String, entities: [String]?, sampleLimit: Int, showsValues: Bool,
        progress: @escaping @Sendable (ContinuityProgress) -> Void
    ) {
        self.store = store
        self.entities = entities
        self.sampleLimit = sampleLimit
        self.showsValues = showsValues
        self.progress = progress
    }
}

/// Compares two states of a store, entity by entity and record by record. What snapshots know to be equal is not read.
///
/// Memory: some MiB for each of 16 tables at once and a bit a row, and the records that are shown; temporary files of 96
/// bytes a row at most.
public struct ComparisonRun {
    static let doing = "comparing"
    /// Tables that are read together, for several stand in one part.
    private static let batchCount = 16

    private let request: ComparisonRequest
    private let a: any ComparedStore
    private let b: any ComparedStore
    private let scratch: ScratchFolder
    private var progress = ContinuityProgress()
    private var fileCount = 0

    public init(_ request: ComparisonRequest, a: any ComparedStore, b: any ComparedStore) throws {
        self.request = request
        self.a = a
        self.b = b
        scratch = try ScratchFolder()
    }

    /// - Throws: ``ContinuityError``, or `ConnectorError` of a live store.
    public mutating func run() async throws -> StoreComparison {
        let names = try wantedNames()
        var found: [String: EntityComparison] = [:]
        var waiting: [String] = []
        for name in names {
            guard let pair = pair(name) else {
                found[name] = try await alone(name)
                continue
            }
            if isSameShape(pair), let first = a.known(name), let second = b.known(name), first == second {
                var entity = self.entity(name, pair)
                entity.equal = first.rows
                found[name] = entity
            } else {
                waiting.append(name)
            }
        }
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.batchCount))
            waiting.removeFirst(batch.count)
            for entity in try await compare(batch, ignoringKeys: []) { found[entity.name] = entity }
        }
        let notes =
            a.schema.engine == b.schema.engine
            ? [] : ["the engines are different ones: a value that is spelled in another way counts as different"]
        return StoreComparison(store: request.store, entities: names.compactMap { found[$0] }, notes: notes)
    }

    // MARK: Entities

    private func wantedNames() throws -> [String] {
        let all = a.schema.tables + b.schema.tables.filter { a.schema.table($0.name) == nil }
        guard let entities = request.entities else { return all.filter { !$0.isEngineOwned }.map(\.name) }
        for name in entities where !all.contains(where: { $0.name == name }) {
            let known = all.filter { !$0.isEngineOwned }.prefix(20).map(\.name).joined(separator: ", ")
            throw ContinuityError(
                .notFound, doing: Self.doing, object: "\(request.store).\(name)",
                message: "neither side has such an entity", hint: "there is \(known)")
        }
        return all.map(\.name).filter(entities.contains)
    }

    private typealias Pair = (a: ArchivedTable, b: ArchivedTable)

    private func pair(_ name: String) -> Pair? {
        guard let first = a.schema.table(name), let second = b.schema.table(name) else { return nil }
        return (first, second)
    }

    private func names(_ table: ArchivedTable) -> [String] { table.entity.fields.map(\.name) }

    /// A primary key is one also where the engine lets nulls into it: rows that share it are found out.
    private func key(_ table: ArchivedTable) -> [String] {
        guard table.key.isEmpty else { return table.key }
        let fields = names(table)
        return table.entity.keys.first { $0.isPrimary && Set(fields).isSuperset(of: $0.fields) }?.fields ?? []
    }

    private func isSameShape(_ pair: Pair) -> Bool { names(pair.a) == names(pair.b) }

    private func entity(_ name: String, _ pair: Pair) -> EntityComparison {
        let (first, second) = (names(pair.a), names(pair.b))
        let (firstKey, secondKey) = (key(pair.a), key(pair.b))
        var entity = EntityComparison(name: name, presence: .both, key: firstKey == secondKey ? firstKey : [])
        entity.fieldsOnlyInA = first.filter { !second.contains($0) }
        entity.fieldsOnlyInB = second.filter { !first.contains($0) }
        return entity
    }

    /// An entity that one side does not have is counted.
    private mutating func alone(_ name: String) async throws -> EntityComparison {
        let isInA = a.schema.table(name) != nil
        let side = isInA ? a : b
        var count = side.known(name)?.rows
        if count == nil {
            var read: Int64 = 0
            try await side.read([name]) { _, text in read += Int64(text.rowCount) }
            count = read
        }
        var entity = EntityComparison(
            name: name, presence: isInA ? .onlyInA : .onlyInB, key: side.schema.table(name).map(key) ?? [])
        if isInA { entity.onlyInA = count ?? 0 } else { entity.onlyInB = count ?? 0 }
        return entity
    }

    // MARK: Rows

    /// The side that is read first is one whose contents nobody knows yet: the other one may then not have to be read.
    private var isAFirst: Bool {
        a.schema.tables.contains { a.known($0.name) == nil } || !b.schema.tables.contains { b.known($0.name) == nil }
    }

    /// - Parameter ignoringKeys: tables where two rows were found to have the same key.
    private mutating func compare(
        _ names: [String], ignoringKeys: Set<String>
    ) async throws -> [EntityComparison] {
        let (first, second) = isAFirst ? (a, b) : (b, a)
        var tables: [String: TableComparison] = [:]
        var keyless: Set<String> = []
        for name in names { tables[name] = try table(name, hasKey: !ignoringKeys.contains(name)) }

        try await read(first, names) { try tables[$0]?.addFirst($1) }
        var open: [String] = []
        for name in names {
            guard let table = tables[name] else { continue }
            if let pair = pair(name), isSameShape(pair), second.known(name)?.hash == table.hash.description {
                table.takeAsEqual()
            } else if try Self.hasKeys({ try table.finishFirst() }, name, &keyless) {
                open.append(name)
            }
        }
        try await read(second, open) { name, text in
            guard !keyless.contains(name) else { return }
            do { try tables[name]?.addSecond(text) } catch is TableComparison.KeyIsNone { keyless.insert(name) }
        }
        open.removeAll(where: keyless.contains)
        for name in open { try tables[name]?.finishSecond() }
        try await collect(open.compactMap { tables[$0] }, first, second)
        let again = names.filter(keyless.contains)
        var entities = try names.filter { !keyless.contains($0) }.compactMap { name in
            try tables[name].map(entity)
        }
        tables.removeAll()
        if !again.isEmpty { entities += try await compare(again, ignoringKeys: Set(again)) }
        return entities
    }

    private static func hasKeys(_ work: () throws -> Void, _ name: String, _ keyless: inout Set<String>) rethrows
        -> Bool
    {
        do { try work() } catch is TableComparison.KeyIsNone {
            keyless.insert(name)
            return false
        }
        return true
    }

    private mutating func table(_ name: String, hasKey: Bool) throws -> TableComparison? {
        guard let pair = pair(name) else { return nil }
        let entity = entity(name, pair)
        fileCount += 1
        let key = hasKey ? entity.key : []
        // Of a record without a key nothing is to be shown but its values.
        let isShown = !key.isEmpty || request.showsValues
        return try TableComparison(
            name, fields: names(pair.a).filter { !entity.fieldsOnlyInA.contains($0) }, key: key,
            first: isAFirst ? pair.a : pair.b, second: isAFirst ? pair.b : pair.a,
            sampleLimit: isShown ? request.sampleLimit : 0,
            path: scratch.file("table-\(fileCount)"))
    }

    private mutating func read(
        _ side: any ComparedStore, _ names: [String], _ body: (String, RowText) throws -> Void
    ) async throws {
        guard !names.isEmpty else { return }
        var progress = progress
        try await side.read(names) { name, text in
            try body(name, text)
            progress.place = "\(request.store).\(name)"
            progress.rows += Int64(text.rowCount)
            progress.bytes += Int64(text.bytes.count)
            request.progress(progress)
        }
        self.progress = progress
    }

    /// Ends reading when all is found.
    private struct Found: Error {}

    private mutating func collect(
        _ tables: [TableComparison], _ first: any ComparedStore, _ second: any ComparedStore
    ) async throws {
        for (side, isFirst) in [(first, true), (second, false)] {
            let wanted = tables.filter { $0.needs(ofFirst: isFirst) }
            do {
                try await read(side, wanted.map(\.name)) { name, text in
                    try wanted.first { $0.name == name }?.collect(text, ofFirst: isFirst)
                    if !wanted.contains(where: { $0.needs(ofFirst: isFirst) }) { throw Found() }
                }
            } catch is Found {}
        }
    }

    // MARK: Results

    private func entity(_ table: TableComparison) throws -> EntityComparison {
        guard let pair = pair(table.name) else {
            return EntityComparison(name: table.name, presence: .both, key: table.key)
        }
        var entity = entity(table.name, pair)
        entity.key = table.key
        entity.equal = table.equal
        entity.different = table.different
        entity.onlyInA = isAFirst ? table.onlyFirst : table.onlySecond
        entity.onlyInB = isAFirst ? table.onlySecond : table.onlyFirst
        entity.samples = try table.samples.map { try difference($0, table) }.sorted { $0.precedes($1) }
        return entity
    }

    private func difference(_ sample: TableComparison.Sample, _ table: TableComparison) throws -> RecordDifference {
        let first = try sample.first.map(LineShape.values)
        let second = try sample.second.map(LineShape.values)
        let (a, b) = isAFirst ? (first, second) : (second, first)
        let kind: RecordDifference.Kind =
            switch sample.kind {
            case .different: .different
            case .onlyFirst: isAFirst ? .onlyInA : .onlyInB
            case .onlySecond: isAFirst ? .onlyInB : .onlyInA
            }
        func field(_ place: Int, showing isShown: Bool) -> RecordDifference.Field {
            func cell(_ values: [String?]?) -> RecordDifference.Cell? {
                guard isShown, let values, values.indices.contains(place) else { return nil }
                return RecordDifference.Cell(text: values[place])
            }
            return RecordDifference.Field(name: table.fields[place], a: cell(a), b: cell(b))
        }
        let key = table.key.compactMap { table.fields.firstIndex(of: $0) }
        let changed = table.fields.indices.filter { place in
            guard kind == .different, let a, let b else { return request.showsValues && !key.contains(place) }
            return a.indices.contains(place) && b.indices.contains(place) && a[place] != b[place]
        }
        return RecordDifference(
            kind: kind, key: key.map { field($0, showing: true) },
            fields: changed.map { field($0, showing: request.showsValues) })
    }
}

extension RecordDifference {
    /// The order in which they are shown: by kind, then by key, numbers by their size.
    fileprivate func precedes(_ other: RecordDifference) -> Bool {
        if kind != other.kind { return kind.rank < other.kind.rank }
        for (left, right) in zip(keyTexts, other.keyTexts) where left != right {
            if let left = Double(left), let right = Double(right), left != right { return left < right }
            return left < right
        }
        return false
    }

    private var keyTexts: [String] { key.map { $0.a?.text ?? $0.b?.text ?? "" } }
}

extension RecordDifference.Kind {
    fileprivate var rank: Int {
        switch self {
        case .onlyInA: 0
        case .different: 1
        case .onlyInB: 2
        }
    }
}
