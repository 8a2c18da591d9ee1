import LockstepSync

/// The answer to "if we switch this on, what happens?" in one word, with the reasons for it.
struct PlanVerdict: Sendable, Encodable {
    enum Answer: String, Sendable, Encodable, Comparable {
        /// Nothing stands in the way.
        case go
        /// A person should look at something first.
        case look
        /// Something would stop, or much of a map's data cannot go through.
        case stop

        static func < (left: Answer, right: Answer) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .go: 0
            case .look: 1
            case .stop: 2
            }
        }
    }

    var answer: Answer
    /// Problems, worst first, one sentence each.
    var reasons: [String]
    /// What will happen by the maps' own rules, and people should know.
    var notes: [String]

    /// When more than this share of a map's records cannot go through, the map or the data are not ready.
    static let largestShare = 0.1

    init(_ outcomes: [LinkOutcome]) {
        answer = .go
        reasons = []
        notes = []
        for outcome in outcomes {
            if let failure = outcome.failure { add(.stop, "\(outcome.link) cannot be planned: \(failure.message)") }
            for map in outcome.report?.maps ?? [] { judge(map) }
        }
    }

    private mutating func add(_ answer: Answer, _ reason: String) {
        self.answer = max(self.answer, answer)
        if answer == .stop { reasons.insert(reason, at: 0) } else { reasons.append(reason) }
    }

    private mutating func judge(_ map: MapReport) {
        if map.plan?.wouldStop == true { add(.stop, "\(map.map) would stop: \(map.reason)") }
        let count = { (number: Int, word: String) in DisplayText.count(number, word) }
        if map.parked > 0 {
            let total = map.toLeft.total + map.toRight.total + map.equal + map.openConflicts + map.parked
            let isMuch = Double(map.parked) > Self.largestShare * Double(total) && map.parked >= Self.fewestRecords
            let share = isMuch ? ", \(map.parked * 100 / max(1, total))% of what the map has to do with" : ""
            add(isMuch ? .stop : .look, "\(map.map): \(count(map.parked, "record")) cannot go through\(share)")
        }
        if map.openConflicts > 0 {
            add(.look, "\(map.map): \(count(map.openConflicts, "conflict")) would wait for a person")
        }
        if let plan = map.plan { judge(plan, of: map) }
        let deletes = map.toLeft.deletes + map.toRight.deletes
        if deletes > 0 { notes.append("\(map.map): \(count(deletes, "record")) would be deleted") }
        if map.decidedConflicts > 0 {
            notes.append("\(map.map): \(count(map.decidedConflicts, "conflict")) would be decided by the map's rule")
        }
    }

    /// Of a handful of records, every one is a large share.
    private static let fewestRecords = 5

    private mutating func judge(_ plan: MapPlan, of map: MapReport) {
        let count = { (number: Int, word: String) in DisplayText.count(number, word) }
        if plan.doubledRecords > 0 {
            add(.look, "\(map.map): \(count(plan.doubledRecords, "record")) would probably be created twice")
        }
        if plan.duplicateGroups > 0 {
            add(.look, "\(map.map): \(count(plan.duplicateGroups, "group")) of probable duplicates within one store")
        }
        // Values that park their records are counted there.
        let unmapped = plan.unmapped.filter { $0.policy != "park" }.reduce(0) { $0 + $1.records }
        if unmapped > 0 {
            notes.append("\(map.map): \(count(unmapped, "record")) with a value that no value map lists")
        }
    }
}
