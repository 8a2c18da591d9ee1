public import LockstepMapping
import LockstepModel

/// Runs a drill from the declaration of the loss to the proof that nothing is left behind, whatever happens between.
public struct DrillEngine: Sendable {
    /// What the run is told from outside.
    public struct Settings: Sendable {
        /// Whether steps may work on the project's own stores.
        public enum LivePermission: Sendable, Hashable { case forbidden, allowed }

        public var project: String
        /// Names of all the project's stores.
        public var stores: [String]
        public var trigger: DrillReport.Trigger
        public var live: LivePermission
        /// Past reports of the folder, oldest first: for the trend.
        public var past: [DrillReport]
        /// Canonical JSON (RFC 8785).
        public var encode: DrillEncoder

        public init(
            project: String, stores: [String], trigger: DrillReport.Trigger = .init(.byHand),
            live: LivePermission = .forbidden, past: [DrillReport] = [], encode: @escaping DrillEncoder
        ) {
            self.project = project
            self.stores = stores
            self.trigger = trigger
            self.live = live
            self.past = past
            self.encode = encode
        }
    }

    let plan: DrillPlan
    let world: any DrillWorld
    let settings: Settings

    public init(plan: DrillPlan, world: any DrillWorld, settings: Settings) {
        self.plan = plan
        self.world = world
        self.settings = settings
    }

    /// Runs the drill. Failures and interruption are results: there is a report, and the scratch stores are gone.
    ///
    /// - Parameters:
    ///   - random: where names of scratch stores and of the drill come from.
    ///   - progress: told of each step as it begins and ends.
    /// - Throws: only what `encode` throws, before anything is done.
    public func run(
        using random: inout some RandomNumberGenerator,
        progress: @escaping @Sendable (DrillProgress) -> Void = { _ in }
    ) async throws -> FinishedDrill {
        let now = world.now()
        let suffix = HexText.format((0..<6).map { _ in UInt8.random(in: 0...255, using: &random) })
        let seed = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        let criteria = try DrillReport.Criteria(plan: plan, frozenAt: now, encode: settings.encode)
        var work = DrillWork(
            plan: plan, world: world, settings: settings, id: DrillTime.identifier(now, suffix: suffix), seed: seed,
            progress: progress)
        await work.run()
        return FinishedDrill(report: await work.report(criteria), attachments: work.attachments)
    }
}

/// Turns a value into canonical JSON.
public typealias DrillEncoder = @Sendable (any Encodable & Sendable) throws -> [UInt8]

/// What a drill tells while it runs.
public enum DrillProgress: Sendable, Hashable {
    case began(step: String, group: String)
    case ended(step: String, result: DrillReport.Step.Result, reason: String?)
    case checked(DrillCheck)
}

/// A drill that is over, and what it left behind. Its report is not chained yet: ``DrillReportFolder`` does that.
public struct FinishedDrill: Sendable {
    public var report: DrillReport
    /// Evidence by name.
    public var attachments: [Attachment]

    public struct Attachment: Sendable, Hashable {
        public var name: String
        public var bytes: [UInt8]
    }
}
