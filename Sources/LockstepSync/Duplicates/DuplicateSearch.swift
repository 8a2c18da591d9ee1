internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import SQLiteAccess

/// Records of one side among which duplicates are looked for.
struct DuplicateCandidates: Sendable {
    var rows: RowBatch
    var included: [Bool]
    var keyFields: [String]
    var keyColumns: [Int]
    /// By rule: the columns of its fields.
    var ruleColumns: [[Int]]
}

/// Finds records that agree under a map's match rules: within one side, and across both under different keys.
///
/// Everything is kept in a file without a name and read in order, so that memory is flat however many records there
/// are. Time grows with the number of records, not with its square: equal texts meet by sorting; near texts are looked
/// for among the neighbours in three orders.
actor DuplicateSearch {
    private let thread = DedicatedThread("duplicates")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    let rules: [MatchRule]
    let stores: [String]
    let database: SQLiteDatabase

    private static let cacheKibibytes = 16384
    /// Examples that are kept of each rule.
    static let sampleCount = 8
    /// Records that are shown of a group.
    static let memberCount = 6

    init(rules: [MatchRule], stores: [String]) throws {
        self.rules = rules
        self.stores = stores
        do {
            database = try SQLiteDatabase(path: "", mode: .create)
            try database.execute(
                "PRAGMA cache_size = -\(Self.cacheKibibytes); PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE"
            )
            try database.execute(Self.schema)
            try database.execute("BEGIN")
        } catch {
            throw PlanWorld.noRoom(error)
        }
    }

    private static let schema = """
        CREATE TABLE known (key BLOB PRIMARY KEY, sides INTEGER) WITHOUT ROWID;
        CREATE TABLE candidate (rule INTEGER, side INTEGER, text BLOB, key BLOB, key_text TEXT, shown TEXT);
        CREATE TABLE distinct_text (
            id INTEGER PRIMARY KEY, text TEXT, sorted TEXT, reversed TEXT, skeleton TEXT,
            lefts INTEGER, rights INTEGER, left_only INTEGER, right_only INTEGER);
        CREATE TABLE near (score REAL, one INTEGER, other INTEGER, PRIMARY KEY (one, other)) WITHOUT ROWID;
        """

    @discardableResult
    func work<Result>(_ body: (SQLiteDatabase) throws -> Result) throws -> Result {
        do {
            return try body(database)
        } catch let error as SQLiteError {
            throw PlanWorld.noRoom(error)
        }
    }

    // MARK: Taking records in

    func add(_ candidates: DuplicateCandidates, from side: Side) throws {
        try work { database in
            let known = try database.prepare(
                "INSERT INTO known VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET sides = sides | excluded.sides")
            let insert = try database.prepare("INSERT INTO candidate VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
            defer {
                known.reset()
                insert.reset()
            }
            let rows = candidates.rows
            for row in 0..<rows.rowCount where candidates.included[row] {
                guard !candidates.keyColumns.contains(where: { rows[row, $0].isNull }) else { continue }
                let key = KeyEncoder.encode(rows, row: row, columns: candidates.keyColumns)
                try known.bind(key, at: 1)
                try known.bind(Int64(1 << side.rawValue), at: 2)
                try known.run()
                var keyText: String?
                for (rule, columns) in candidates.ruleColumns.enumerated() {
                    guard let text = Self.text(rules[rule].kind, rows, row, columns) else { continue }
                    let shownKey =
                        keyText
                        ?? PlanText.key(candidates.keyFields, candidates.keyColumns.map { rows.value(row, $0) })
                    keyText = shownKey
                    let shown = columns.map { PlanText.value(rows.value(row, $0)) }.joined(separator: "\u{1F}")
                    try insert.bind(Int64(rule), at: 1)
                    try insert.bind(Int64(side.rawValue), at: 2)
                    try insert.bind(text, at: 3)
                    try insert.bind(key, at: 4)
                    try insert.bind(shownKey, at: 5)
                    try insert.bind(shown, at: 6)
                    try insert.run()
                }
            }
        }
    }

    /// What a record is compared by; nil where one of the fields has no value.
    private static func text(_ kind: MatchRule.Kind, _ rows: RowBatch, _ row: Int, _ columns: [Int]) -> [UInt8]? {
        var text: [UInt8] = []
        for (index, column) in columns.enumerated() {
            let cell = rows[row, column]
            guard !cell.isNull, cell.kind != .unchanged, cell.kind != .invalid else { return nil }
            if cell.kind == .text, cell.length == 0 { return nil }
            switch kind {
            case .exact: KeyEncoder.append(cell, in: rows, to: &text)
            case .normalised, .similar:
                let part = MatchText.normalised(rows.value(row, column).displayText)
                guard !part.isEmpty else { return nil }
                if index > 0 { text.append(MatchText.separator) }
                text += part.utf8
            }
        }
        return text
    }

    // MARK: Finding

    func find() throws -> [PlanDuplicates] {
        try work { try $0.execute("CREATE INDEX by_text ON candidate (rule, text, side, key)") }
        return try rules.indices.map { rule in
            var finding = try findEqual(rule)
            if rules[rule].kind == .similar { try findNear(rule, &finding) }
            return finding
        }
    }

    private func findEqual(_ rule: Int) throws -> PlanDuplicates {
        let isSimilar = rules[rule].kind == .similar
        var finding = PlanDuplicates(
            rule: rules[rule].kind.rawValue, leftFields: rules[rule].fields[0], rightFields: rules[rule].fields[1])
        var samples = GroupSamples()
        try work { database in
            try database.execute("DELETE FROM distinct_text; DELETE FROM near")
            let statement = try database.prepare(
                """
                SELECT c.text, c.side, c.key_text, c.shown, k.sides FROM candidate c JOIN known k ON k.key = c.key
                WHERE c.rule = ?1 ORDER BY c.text, c.side, c.key
                """)
            defer { statement.reset() }
            try statement.bind(Int64(rule), at: 1)
            var group = DuplicateGroup()
            while try statement.step() {
                let text = statement.blob(0)
                if !group.isEmpty, !text.elementsEqual(group.text) {
                    group.count(in: &finding)
                    samples.add(group)
                    if isSimilar { try keep(group, database) }
                    group = DuplicateGroup()
                }
                if group.isEmpty { group.text = Array(text) }
                let side = Int(statement.integer(1))
                let isShown = group.members.count(where: { $0.store == stores[side] }) < Self.memberCount / 2
                group.add(side, hasCounterpart: statement.integer(4) == 3)
                guard isShown else { continue }
                group.members.append(member(side, statement, from: 2))
            }
            guard !group.isEmpty else { return }
            group.count(in: &finding)
            samples.add(group)
            if isSimilar { try keep(group, database) }
        }
        finding.samples = samples.groups
        return finding
    }

    func member(_ side: Int, _ statement: SQLiteStatement, from column: Int) -> PlanDuplicates.Member {
        let texts = [column, column + 1].map { String(decoding: statement.text($0), as: UTF8.self) }
        return PlanDuplicates.Member(
            store: stores[side], key: texts[0],
            values: texts[1].split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init),
            hasCounterpart: statement.integer(column + 2) == 3)
    }

    private func keep(_ group: DuplicateGroup, _ database: SQLiteDatabase) throws {
        let text = String(decoding: group.text, as: UTF8.self)
        let sorted = MatchText.sortedWords(text)
        let statement = try database.prepare(
            "INSERT INTO distinct_text VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        defer { statement.reset() }
        for (index, value) in [text, sorted, String(text.reversed()), MatchText.skeleton(sorted)].enumerated() {
            try statement.bind(value, at: index + 1)
        }
        for (index, count) in [group.records[0], group.records[1], group.single[0], group.single[1]].enumerated() {
            try statement.bind(Int64(count), at: index + 5)
        }
        try statement.run()
    }
}

/// Records of equal text, counted.
struct DuplicateGroup {
    var text: [UInt8] = []
    /// By side: all records, and those without a counterpart of the same key.
    var records = [0, 0]
    var single = [0, 0]
    var members: [PlanDuplicates.Member] = []

    var isEmpty: Bool { records == [0, 0] }

    mutating func add(_ side: Int, hasCounterpart: Bool) {
        records[side] += 1
        if !hasCounterpart { single[side] += 1 }
    }

    /// Records that the other side would get although it probably has the thing already.
    var doubled: Int { (records[1] > 0 ? single[0] : 0) + (records[0] > 0 ? single[1] : 0) }

    func count(in finding: inout PlanDuplicates) {
        for (side, path) in zip(0...1, [\PlanDuplicates.left, \PlanDuplicates.right]) where records[side] > 1 {
            finding[keyPath: path].groups += 1
            finding[keyPath: path].records += records[side]
        }
        guard doubled > 0 else { return }
        finding.acrossGroups += 1
        finding.doubledRecords += doubled
    }
}

/// The groups that a report shows: those across both sides first, then the nearest, then the largest.
struct GroupSamples {
    private var entries: [(rank: Int, group: PlanDuplicates.Group)] = []

    var groups: [PlanDuplicates.Group] { entries.map(\.group) }

    mutating func add(_ group: DuplicateGroup, score: Double = 1) {
        guard group.doubled > 0 || group.records.contains(where: { $0 > 1 }) else { return }
        let total = group.records[0] + group.records[1]
        add(
            PlanDuplicates.Group(score: score, records: total, members: group.members),
            rank: group.doubled > 0 ? 1 : 0)
    }

    mutating func add(_ group: PlanDuplicates.Group, rank: Int) {
        let place =
            entries.firstIndex { entry in
                (entry.rank, entry.group.score, entry.group.records) < (rank, group.score, group.records)
            } ?? entries.count
        guard place < DuplicateSearch.sampleCount else { return }
        entries.insert((rank, group), at: place)
        if entries.count > DuplicateSearch.sampleCount { entries.removeLast() }
    }
}
