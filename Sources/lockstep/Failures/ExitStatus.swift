/// How a command ends, for scripts.
enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    /// Done, but parked records or open conflicts wait for somebody.
    case partial = 3
    /// Everything came back, but a recovery took too long or lost too much, or a drill is overdue.
    case late = 4
    /// Compared, and something differs.
    case different = 5
    case noProject = 10
    /// Another run holds the project or a store's stream.
    case locked = 11
    /// A password is wrong, missing or cannot be fetched.
    case credentials = 12
    case usage = 64
    case interrupted = 130

    /// Of several endings the one that says most: a failure before what is done in part, before what is done.
    static func worst(_ statuses: [ExitStatus]) -> ExitStatus {
        let order: [ExitStatus] = [
            .done, .different, .partial, .late, .failed, .locked, .credentials, .noProject, .usage, .interrupted,
        ]
        return statuses.max { (order.firstIndex(of: $0) ?? 0) < (order.firstIndex(of: $1) ?? 0) } ?? .done
    }
}
