/// What a drill leaves behind: everything an auditor asks for, as data. Written as canonical JSON, signed beside, and
/// chained to the report before it. The outcome is computed from the checks and the objectives (``DrillVerdict``).
public struct DrillReport: Sendable, Hashable, Codable {
    public static let currentSchema = "lockstep.drill/1"

    public var schema: String
    // 1. Identity
    /// `20260131T235959Z-0123456789ab`; also the file's name.
    public var id: String
    /// The project that it belongs to.
    public var project: String
    public var plan: PlanReference
    public var trigger: Trigger
    /// The report before this one, whatever its plan; nil for the first.
    public var previous: ReportReference?
    // 2. Type
    public var type: String
    public var announced: Bool
    public var scope: Scope
    // 3. Scenario and success criteria
    public var scenario: String?
    public var criteria: Criteria
    // 4. People
    public var people: [Person]
    // 5. Assets
    public var assets: [Asset]
    // 6. Source evidence
    /// Nil where no snapshot could be chosen.
    public var source: Source?
    // 7. Environment
    public var host: DrillHost
    public var targets: [Target]
    // 8. Timeline
    public var timeline: [Moment]
    /// Steps in the order that they were taken.
    public var steps: [Step]
    // 9. Measured beside promised
    public var objectives: [Measured]
    /// Past drills of the plan, oldest first, without this one.
    public var trend: [TrendPoint]
    // 10. and 11. Integrity checks, and assertions of the application
    public var checks: [DrillCheck]
    // 12. Differences
    public var differences: [Difference]
    // 13. Outcome
    /// The drill went to its end; false where it was interrupted.
    public var completed: Bool
    public var outcome: DrillOutcome
    // 14. Findings
    public var findings: [Finding]
    /// Findings of the plan's drill before this one that this one shows to be mended.
    public var closedFindings: [ClosedFinding]
    // 15. Cleanup
    public var cleanup: Cleanup
    // 16. Evidence
    public var evidence: [Evidence]

    /// The moment of that name that is of all stores together.
    public func moment(_ name: MomentName) -> Moment? { timeline.first { $0.name == name && $0.store == nil } }
}

extension DrillReport {
    public struct PlanReference: Sendable, Hashable, Codable {
        public var id: String
        public var version: Int
        /// Of the plan's file, byte for byte.
        public var sha256: String
        public var file: String
        public var description: String?
    }

    /// Why the drill took place.
    public struct Trigger: Sendable, Hashable, Codable {
        public enum Reason: String, Sendable, Hashable, Codable, CaseIterable {
            case byHand = "by-hand"
            case scheduled
            case afterChange = "after-change"
        }
        public var reason: Reason
        /// Which change, where it was one.
        public var change: String?

        public init(_ reason: Reason, change: String? = nil) {
            self.reason = reason
            self.change = change
        }
    }

    public struct Scope: Sendable, Hashable, Codable {
        public var included: [String]
        /// Stores of the project that took no part.
        public var excluded: [String]
        /// What a drill of this type leaves open even where it passes.
        public var notProved: [String]
    }

    /// What success is, fixed before the drill began.
    public struct Criteria: Sendable, Hashable, Codable {
        public var text: String?
        public var objectives: [Promise]
        /// Names of the assertions in the plan.
        public var assertions: [String]
        public var frozenAt: String
        /// Of the canonical JSON of `text`, `objectives` and `assertions`.
        public var sha256: String

        public struct Promise: Sendable, Hashable, Codable {
            /// A store; nil for all of them together.
            public var store: String?
            public var rtoSeconds: Int64?
            public var rpoSeconds: Int64?
        }
    }

    public struct Person: Sendable, Hashable, Codable {
        public var role: String
        public var name: String
        /// What the system knows them as, where it was asked.
        public var identity: String?
        public var answeredAt: String?
    }

    public struct Asset: Sendable, Hashable, Codable {
        public var store: String
        public var engine: String?
        public var engineVersion: String?
        public var role: String?
        public var process: String?
        public var tier: String?
        public var tolerableSeconds: Int64?
    }

    public struct Source: Sendable, Hashable, Codable {
        /// How the plan chose: `latest`, `oldest`, `random`, `at …`, `id …`.
        public var selection: String
        public var snapshot: DrillSnapshot
        /// From the cut to the declaration.
        public var ageSeconds: Double
        /// Between the earliest and the latest cut of the stores.
        public var skewMilliseconds: Double
    }

    public struct Target: Sendable, Hashable, Codable {
        public var store: String
        public var engine: String
        public var engineVersion: String
        public var name: String
        public var place: StorePlace
        public var rows: Int64
        public var bytes: Int64
        /// It was shown before anything was restored that no store of the project is there.
        public var isolated: Bool
        public var isolationEvidence: [String]
        /// What another engine could not take over.
        public var notes: [String]
    }

    public enum MomentName: String, Sendable, Hashable, Codable, CaseIterable {
        /// The loss is declared: the recovery time begins.
        case declared
        case snapshotChosen = "snapshot-chosen"
        case restoreStarted = "restore-started"
        case firstByte = "first-byte"
        case dataLoaded = "data-loaded"
        case indexesBuilt = "indexes-built"
        case integrityChecked = "integrity-checked"
        case assertionsChecked = "assertions-checked"
        /// The recovery time ends.
        case usable
        case cleanedUp = "cleaned-up"
        case ended
    }

    /// A point on the drill's way.
    public struct Moment: Sendable, Hashable, Codable {
        public var name: MomentName
        /// Nil for all of them together.
        public var store: String?
        public var utc: String
        /// Seconds since the declaration, by a clock that is never set.
        public var mono: Double
    }

    public struct Step: Sendable, Hashable, Codable {
        public enum Result: String, Sendable, Hashable, Codable { case done, failed, skipped }
        public var number: Int
        public var group: String
        public var name: String
        /// `restore`, `assert` … as the plan has it.
        public var kind: String
        public var stores: [String]
        /// A person did it or was waited for.
        public var isManual: Bool
        public var utc: String
        /// Seconds since the declaration.
        public var mono: Double
        public var seconds: Double
        public var rows: Int64?
        public var bytes: Int64?
        public var result: Result
        public var reason: String?
    }

    /// What was promised, and what it was.
    public struct Measured: Sendable, Hashable, Codable {
        public enum Verdict: String, Sendable, Hashable, Codable {
            case met
            case breached
            /// It should have been measured and was not.
            case notMeasured = "not-measured"
            /// A drill like this one says nothing about it.
            case notJudged = "not-judged"
        }
        public struct Value: Sendable, Hashable, Codable {
            public var objectiveSeconds: Double?
            public var actualSeconds: Double?
            /// Recovery time without the waiting for people.
            public var machineSeconds: Double?
            public var verdict: Verdict
            public var reason: String?

            public var marginSeconds: Double? {
                guard let objectiveSeconds, let actualSeconds else { return nil }
                return objectiveSeconds - actualSeconds
            }
        }
        /// Nil for all of them together.
        public var store: String?
        public var rto: Value
        public var rpo: Value
        /// Transactions that were committed in the live store after the cut, where it could be asked.
        public var missedTransactions: Int64?
    }

    public struct TrendPoint: Sendable, Hashable, Codable {
        public var id: String
        public var utc: String
        public var rtoSeconds: Double?
        public var rpoSeconds: Double?
        public var bytes: Int64?
        public var outcome: DrillOutcome
    }

    public struct Difference: Sendable, Hashable, Codable {
        public enum Class: String, Sendable, Hashable, Codable {
            case unclassified
            case laterWrite = "later-write"
            case expected
            case defect
        }
        public var check: String
        public var store: String
        public var table: String?
        public var expected: String
        public var actual: String
        public var classification: Class
        public var decidedBy: String
    }

    public struct Finding: Sendable, Hashable, Codable {
        public enum Severity: String, Sendable, Hashable, Codable { case major, minor }
        public var id: String
        public var severity: Severity
        public var text: String
        /// The check or objective that it comes from.
        public var about: String?
        public var owner: String?
        public var due: String?
        public var ticket: String?
        public var status: String
    }

    public struct ClosedFinding: Sendable, Hashable, Codable {
        /// The drill that it is of.
        public var drill: String
        public var finding: String
        public var text: String
    }

    public struct Cleanup: Sendable, Hashable, Codable {
        public struct Item: Sendable, Hashable, Codable {
            public var store: String
            public var name: String
            public var dropped: Bool
            /// It was looked for afterwards.
            public var verified: Bool
            public var remains: [String]
            public var reason: String?
        }
        public var items: [Item]
        /// Scratch stores were left on purpose.
        public var kept: Bool
        public var verified: Bool
    }

    public struct Evidence: Sendable, Hashable, Codable {
        /// Beside the report, in the folder of its id.
        public var name: String
        public var sha256: String
        public var size: Int
    }
}

/// A report, and the bytes that are meant.
public struct ReportReference: Sendable, Hashable, Codable {
    public var id: String
    /// Hexadecimal SHA-256 of the report's bytes.
    public var reportSha256: String

    public init(id: String, reportSha256: String) {
        self.id = id
        self.reportSha256 = reportSha256
    }
}
