internal import LockstepModel
internal import SQLiteAccess

/// Near texts: the sorted-neighbourhood method of Hernández and Stolfo (1995). Different texts are put in three orders
/// in which near ones tend to stand close, and each is compared with the next few.
extension DuplicateSearch {
    /// Texts at least this near are probably one thing; found by trial on names of companies and people.
    static let threshold = 0.92
    /// Words at least this near count as the same word in another spelling.
    static let wordThreshold = 0.85
    /// Each text is compared with this many that follow it in each order.
    static let window = 10
    /// Pairs that are kept; more than this nobody will look through.
    static let pairLimit = 100_000

    private struct Text {
        var id: Int64
        var fields: [[Unicode.Scalar]]
        var sorted: [Unicode.Scalar]
        var words: [[Unicode.Scalar]]
        var numbers: String

        init(id: Int64, text: String) {
            self.id = id
            fields = text.split(separator: "\u{1F}", omittingEmptySubsequences: false).map {
                Array($0.unicodeScalars.prefix(JaroWinkler.longestText))
            }
            sorted = Array(MatchText.sortedWords(text).unicodeScalars.prefix(JaroWinkler.longestText))
            words = sorted.split(separator: " ").map(Array.init)
            numbers = MatchText.numbers(text)
        }

        /// Whether each word of the text with fewer has one like it in the other: texts that differ in a whole word, be it
        /// a short one, are of different things (`Berg Foods A` and `Berg Foods B`).
        private func sharesWords(_ other: Text) -> Bool {
            let (few, many) = words.count <= other.words.count ? (words, other.words) : (other.words, words)
            return few.allSatisfy { word in
                many.contains { JaroWinkler.similarity(word, $0) >= DuplicateSearch.wordThreshold }
            }
        }

        func similarity(_ other: Text) -> Double {
            guard numbers == other.numbers, fields.count == other.fields.count else { return 0 }
            // Every field must be near by itself; the order of a single field's words does not count.
            let inOrder = zip(fields, other.fields).map { JaroWinkler.similarity($0, $1) }.min() ?? 0
            let score = fields.count == 1 ? max(inOrder, JaroWinkler.similarity(sorted, other.sorted)) : inOrder
            return score >= DuplicateSearch.threshold && sharesWords(other) ? score : 0
        }
    }

    func findNear(_ rule: Int, _ finding: inout PlanDuplicates) throws {
        var kept = 0
        var dropped = 0
        var cutShort = 0
        for order in ["sorted", "reversed", "skeleton"] {
            var recent: [Text] = []
            try work { database in
                let statement = try database.prepare("SELECT id, text FROM distinct_text ORDER BY \(order), id")
                let insert = try database.prepare("INSERT OR IGNORE INTO near VALUES (?1, ?2, ?3)")
                defer {
                    statement.reset()
                    insert.reset()
                }
                while try statement.step() {
                    let text = Text(
                        id: statement.integer(0), text: String(decoding: statement.text(1), as: UTF8.self))
                    for (index, other) in recent.enumerated() {
                        let score = text.similarity(other)
                        guard score >= Self.threshold else { continue }
                        // The farthest that was compared is still near: there may be more beyond.
                        if index == 0, recent.count == Self.window { cutShort += 1 }
                        guard kept < Self.pairLimit else {
                            dropped += 1
                            continue
                        }
                        try insert.bind(score, at: 1)
                        try insert.bind(min(text.id, other.id), at: 2)
                        try insert.bind(max(text.id, other.id), at: 3)
                        try insert.run()
                        kept += Int(database.changes)
                    }
                    recent.append(text)
                    if recent.count > Self.window { recent.removeFirst() }
                }
            }
        }
        try count(rule, &finding)
        finding.method = Self.method(dropped: dropped, cutShort: cutShort)
    }

    private static func method(dropped: Int, cutShort: Int) -> String {
        var text =
            "Near: a Jaro-Winkler similarity of \(threshold) or more with the same numbers in both; each text is compared "
            + "with its \(window) neighbours in three orders (words sorted, letters reversed, consonants)."
        if cutShort > 0 { text += " \(cutShort) texts may have near ones beyond their neighbours." }
        if dropped > 0 { text += " More than \(pairLimit) near pairs: the rest is not counted." }
        return text
    }

    private func count(_ rule: Int, _ finding: inout PlanDuplicates) throws {
        var samples = GroupSamples()
        for group in finding.samples {
            samples.add(group, rank: group.members.contains { !$0.hasCounterpart } && group.isAcross ? 1 : 0)
        }
        var seen: Set<Int64> = []
        try work { database in
            let statement = try database.prepare(
                """
                SELECT n.score, a.id, b.id, a.lefts, a.rights, a.left_only, a.right_only,
                    b.lefts, b.rights, b.left_only, b.right_only, a.text, b.text
                FROM near n JOIN distinct_text a ON a.id = n.one JOIN distinct_text b ON b.id = n.other
                ORDER BY n.score DESC, n.one, n.other
                """)
            defer { statement.reset() }
            while try statement.step() {
                let numbers = (3...10).map { Int(statement.integer($0)) }
                let ids = [statement.integer(1), statement.integer(2)]
                let (lefts, rights) = (numbers[0] + numbers[4], numbers[1] + numbers[5])
                if numbers[0] > 0, numbers[4] > 0 { finding.left.add(records: lefts) }
                if numbers[1] > 0, numbers[5] > 0 { finding.right.add(records: rights) }
                // Records of one text that meet records of the other text on the other side. Those that met their like
                // under their own text are counted already, and each text counts once.
                for (id, own, other) in [(ids[0], 0, 4), (ids[1], 4, 0)] where !seen.contains(id) {
                    var doubled = numbers[own + 1] == 0 && numbers[other + 1] > 0 ? numbers[own + 2] : 0
                    doubled += numbers[own] == 0 && numbers[other] > 0 ? numbers[own + 3] : 0
                    finding.doubledRecords += doubled
                    if doubled > 0 { seen.insert(id) }
                }
                let isAcross =
                    (numbers[2] > 0 && numbers[5] > 0) || (numbers[3] > 0 && numbers[4] > 0)
                    || (numbers[6] > 0 && numbers[1] > 0) || (numbers[7] > 0 && numbers[0] > 0)
                if isAcross { finding.acrossGroups += 1 }
                guard isAcross || (numbers[0] > 0 && numbers[4] > 0) || (numbers[1] > 0 && numbers[5] > 0) else {
                    continue
                }
                guard samples.groups.count < Self.sampleCount || isAcross else { continue }
                let texts = [11, 12].map { Array(statement.text($0)) }
                let members = try texts.flatMap { try self.members(rule, text: $0, database) }
                samples.add(
                    PlanDuplicates.Group(score: statement.double(0), records: lefts + rights, members: members),
                    rank: isAcross ? 1 : 0)
            }
        }
        finding.samples = samples.groups
    }

    private func members(
        _ rule: Int, text: [UInt8], _ database: SQLiteDatabase
    ) throws -> [PlanDuplicates.Member] {
        let statement = try database.prepare(
            """
            SELECT c.side, c.key_text, c.shown, k.sides FROM candidate c JOIN known k ON k.key = c.key
            WHERE c.rule = ?1 AND c.text = ?2 ORDER BY c.side, c.key LIMIT \(Self.memberCount / 2)
            """)
        defer { statement.reset() }
        try statement.bind(Int64(rule), at: 1)
        try statement.bind(text, at: 2)
        var members: [PlanDuplicates.Member] = []
        while try statement.step() { members.append(member(Int(statement.integer(0)), statement, from: 1)) }
        return members
    }
}

extension PlanDuplicates.Group {
    /// Whether the group has records of both stores.
    var isAcross: Bool { Set(members.map(\.store)).count > 1 }
}

extension PlanDuplicates.Within {
    mutating func add(records: Int) {
        groups += 1
        self.records += records
    }
}
