/// One step of a drill.
public struct DrillStep: Sendable, Hashable {
    public enum Action: Sendable, Hashable {
        /// The repository is asked, nothing is restored. A share of the data between 0 (lists, sizes, signatures and the
        /// chain only) and 1 is read.
        case verify(share: Double)
        /// Stores of the snapshot become scratch stores, and are checked. Empty for all; entities by store, all where a
        /// store is not named.
        case restore(stores: [Located<String>], entities: [String: [String]])
        /// A query on a scratch store gives what is expected.
        case query(store: Located<String>, sql: String, expected: Expectation)
        /// A condition over the records of a scratch store's entity holds.
        case records(store: Located<String>, entity: String, rule: Rule, condition: Located<String>)
        /// A shell command ends as expected.
        case command(text: String, exitCode: Int32)
        /// A person answers.
        case confirm(question: String, by: String?)
        /// The two scratch stores of a link hold the same, as its maps see them.
        case reconcile(link: Located<String>)
        /// The sync of a link goes on with the scratch stores, and comes to rest.
        case sync(link: Located<String>)
        /// The other store of a link takes the writes.
        case failover(link: Located<String>, to: Located<String>, on: Ground)
        /// The writes go back to where they were.
        case failback(link: Located<String>, on: Ground)
    }
    /// How many records must meet a condition.
    public enum Rule: Sendable, Hashable {
        case every
        case none
        case count(Expectation)
    }
    /// Which stores are switched over.
    public enum Ground: String, Sendable, Hashable, CaseIterable {
        case scratch
        /// The project's own stores. Only where whoever starts the drill allows it.
        case live
    }
    /// What a query is expected to give.
    public enum Expectation: Sendable, Hashable {
        /// One row with one value; nil for null.
        case value(String?)
        /// These rows in this order, each with these values.
        case rows([[String?]])
        /// So many rows.
        case rowCount(Int)
        /// One number, within bounds.
        case number(atLeast: String?, atMost: String?)
    }

    /// What the report calls it.
    public var name: String
    public var action: Action
    /// Seconds after which a command or a question has failed.
    public var timeout: Int64
    public var location: SourceLocation

    /// Commands and people are given this long unless the plan says otherwise.
    public static let standardTimeout: Int64 = 900

    /// The word that the plan has for it.
    public var word: String {
        switch action {
        case .verify: "verify"
        case .restore: "restore"
        case .query, .records: "assert"
        case .command: "command"
        case .confirm: "confirm"
        case .reconcile: "reconcile"
        case .sync: "sync"
        case .failover: "failover"
        case .failback: "failback"
        }
    }

    /// The link that it works on.
    public var link: Located<String>? {
        switch action {
        case .reconcile(let link), .sync(let link), .failover(let link, _, _), .failback(let link, _): link
        case .verify, .restore, .query, .records, .command, .confirm: nil
        }
    }
}
