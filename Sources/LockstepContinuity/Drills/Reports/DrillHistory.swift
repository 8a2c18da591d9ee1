public import LockstepMapping

/// Past drills, and what is due again.
public struct DrillHistory: Sendable, Hashable, Codable {
    /// One drill.
    public struct Entry: Sendable, Hashable, Codable {
        public var id: String
        public var plan: String
        public var type: String
        public var utc: String
        public var outcome: DrillOutcome
        public var rtoSeconds: Double?
        public var rtoMarginSeconds: Double?
        public var rpoSeconds: Double?
        public var rpoMarginSeconds: Double?
        public var majorFindings: Int
        public var minorFindings: Int
    }

    /// How a plan stands.
    public struct PlanState: Sendable, Hashable, Codable {
        public enum State: String, Sendable, Hashable, Codable {
            /// It passed, and not too long ago.
            case current
            /// It was never run.
            case never
            /// The last drill that passed is longer ago than the plan allows.
            case overdue
            /// The last drill did not pass.
            case failing
        }
        public var plan: String
        public var state: State
        public var lastId: String?
        public var lastUTC: String?
        public var lastOutcome: DrillOutcome?
        /// The last drill that passed.
        public var lastPassUTC: String?
        public var everySeconds: Int64?
        /// When it is due; nil where the plan has no schedule.
        public var dueUTC: String?
        /// How long it is overdue.
        public var overdueSeconds: Int64?
    }

    /// Newest first.
    public var entries: [Entry]
    /// In order of their names.
    public var plans: [PlanState]

    /// Every plan passed its last drill, and none that has a schedule is overdue or was never run: what monitoring asks.
    public var isHealthy: Bool {
        plans.allSatisfy { $0.state == .current || ($0.state == .never && $0.everySeconds == nil) }
    }

    /// - Parameter now: microseconds since 1970-01-01T00:00:00Z.
    public init(reports: [DrillReport], plans: [DrillPlan], now: Int64) {
        let ordered = reports.sorted { ($0.declaredAt, $0.id) < ($1.declaredAt, $1.id) }
        entries = ordered.reversed().map(Entry.init)
        self.plans = plans.sorted { $0.name.value < $1.name.value }.map { plan in
            PlanState(plan, ordered.filter { $0.plan.id == plan.name.value }, now: now)
        }
    }

    /// Seconds since the last drill that passed, whatever its plan; nil where there was none. A metric for monitoring.
    public func lastPassAge(now: Int64) -> Double? {
        guard let last = entries.first(where: { $0.outcome.isPass }), let time = DrillTime.parse(last.utc) else {
            return nil
        }
        return Double(now - time) / 1_000_000
    }
}

extension DrillHistory.Entry {
    init(_ report: DrillReport) {
        let all = report.objectives.first { $0.store == nil }
        id = report.id
        plan = report.plan.id
        type = report.type
        utc = report.moment(.declared)?.utc ?? ""
        outcome = report.outcome
        rtoSeconds = all?.rto.actualSeconds
        rtoMarginSeconds = all?.rto.marginSeconds
        rpoSeconds = all?.rpo.actualSeconds
        rpoMarginSeconds = all?.rpo.verdict == .notJudged ? nil : all?.rpo.marginSeconds
        majorFindings = report.findings.count { $0.severity == .major }
        minorFindings = report.findings.count { $0.severity == .minor }
    }
}

extension DrillHistory.PlanState {
    /// - Parameter reports: of the plan, oldest first.
    init(_ plan: DrillPlan, _ reports: [DrillReport], now: Int64) {
        let last = reports.last
        let lastPass = reports.last { $0.outcome.isPass }
        self.plan = plan.name.value
        lastId = last?.id
        lastUTC = last?.moment(.declared)?.utc
        lastOutcome = last?.outcome
        lastPassUTC = lastPass?.moment(.declared)?.utc
        everySeconds = plan.every
        let due = plan.every.flatMap { every in lastPass.map { $0.declaredAt + every * 1_000_000 } }
        dueUTC = due.map(DrillTime.text)
        overdueSeconds = due.flatMap { $0 < now ? (now - $0) / 1_000_000 : nil }
        if let last, !last.outcome.isPass {
            state = .failing
        } else if overdueSeconds != nil {
            state = .overdue
        } else {
            state = last == nil ? .never : .current
        }
    }
}

extension DrillReport {
    /// Microseconds since 1970-01-01T00:00:00Z; 0 where the report does not say.
    package var declaredAt: Int64 { moment(.declared).flatMap { DrillTime.parse($0.utc) } ?? 0 }
}
