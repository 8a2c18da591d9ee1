public import ConnectorKit
public import LockstepMapping

/// All that a drill does to the world: the repository, the scratch stores, people and the clock. The drill decides what
/// is done and what it means; this only does it. Every method may throw ``ContinuityError`` or ``ConnectorError``; the
/// drill records what is thrown and goes on.
public protocol DrillWorld: Sendable {
    // MARK: Time

    /// Microseconds since 1970-01-01T00:00:00Z.
    func now() -> Int64
    /// A clock that is never set: the time since some moment.
    func elapsed() -> Duration

    // MARK: What there is

    /// The machine and the program, for the report.
    func host() async -> DrillHost
    /// Where every store of the project is, also those that take no part: what a scratch store must not be. A store that
    /// cannot be reached (it may be lost, after all) is reported by what its address says.
    func places() async throws -> [StorePlace]
    /// What every store of the project can be seen to be unchanged by: asked before anything is done, and at the end.
    func marks() async -> [StoreMark]
    /// Transactions that were committed in the live store after the cut; nil where that cannot be told.
    func missedTransactions(of cut: DrillSnapshot.Cut) async throws -> Int64?

    // MARK: The snapshot

    /// - Parameter stores: which must be in it; empty for whichever are.
    func choose(_ selection: DrillPlan.Selection, stores: [String]) async throws -> DrillSnapshot
    /// Lists, sizes, digests, signatures and the chain to the snapshot's base and its predecessors; with a share above
    /// 0, so much of the data is read.
    ///
    /// - Returns: at least one proof of each of `digests`, `signature` and `chain`.
    func verify(_ snapshot: DrillSnapshot, share: Double) async throws -> [ArchiveProof]
    /// What the archive says a store held at the cut, whole or the tables asked for.
    func expected(_ store: String, in snapshot: DrillSnapshot, tables: [String]?) async throws -> StoreContents

    // MARK: Scratch stores

    /// Where the scratch store will be, resolved as far as it can be. No side effect.
    func place(of request: ScratchRequest) async throws -> StorePlace
    /// Makes the scratch store and restores into it. After a throw nothing of it is left, or ``remains(of:)`` says what.
    func restore(_ request: ScratchRequest, from snapshot: DrillSnapshot) async throws -> ScratchStore
    /// The engine's own look at the store: what is wrong, empty where all is well.
    func inspect(_ scratch: ScratchStore) async throws -> [String]
    /// What the store holds, read from the store itself.
    func contents(of scratch: ScratchStore, tables: [String]?) async throws -> StoreContents
    /// The caller closes it.
    func connector(to scratch: ScratchStore) async throws -> any Connector
    /// Runs a query that cannot write. - Throws: also where there are more rows than the limit.
    func query(_ scratch: ScratchStore, sql: String, limit: Int) async throws -> QueryRows
    /// Ends the scratch store and all that belongs to it. Nothing where it was never made, or only half.
    func discard(_ request: ScratchRequest) async throws
    /// What is left of it, as people would look for it; empty when nothing is.
    func remains(of request: ScratchRequest) async throws -> [String]

    // MARK: Links

    /// Compares the two scratch stores of a link as its maps see them.
    func reconcile(link: String, scratch: [String: ScratchStore]) async throws -> Reconciliation
    /// Runs the sync of a link on its scratch stores from the cut's own positions, then once more.
    func sync(link: String, scratch: [String: ScratchStore]) async throws -> ResumedSync
    /// Lets the other store of a link take the writes, or gives them back.
    func switchOver(_ request: SwitchRequest) async throws -> SwitchOutcome

    // MARK: People and programs

    /// What a command runs in. Scratch stores are added by the drill.
    func commandEnvironment() -> [String: String]
    /// The folder that commands run in.
    var directory: String { get }
    /// Asks a person, and waits as long as the question says.
    func ask(_ question: DrillQuestion) async -> DrillAnswer
}

/// The machine that a drill runs on.
public struct DrillHost: Sendable, Hashable, Codable {
    public var name: String
    /// Operating system and its version.
    public var system: String
    public var tool: String
    /// What tells this build from others; nil where the build does not say.
    public var build: String?
    /// Where the time comes from: `system clock`, `NTP-synchronised system clock`.
    public var clockSource: String
    /// How far this machine's clock is from the repository's, in seconds; nil where that is not known.
    public var clockOffsetSeconds: Double?

    public init(
        name: String, system: String, tool: String, build: String? = nil, clockSource: String,
        clockOffsetSeconds: Double? = nil
    ) {
        self.name = name
        self.system = system
        self.tool = tool
        self.build = build
        self.clockSource = clockSource
        self.clockOffsetSeconds = clockOffsetSeconds
    }
}
