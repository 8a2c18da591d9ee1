import ConnectorKit
import Glibc

/// A slot that another process uses: a predecessor that was killed keeps it until the server notices.
enum SlotWaiting {
    private static let largestTryCount = 60
    private static let pauseMicroseconds: UInt32 = 250_000

    /// Tries again for 15 seconds while the server says that the slot is in use. Runs on a connection's own thread.
    @discardableResult
    static func whileInUse<Result>(_ body: () throws -> Result) throws -> Result {
        var tries = 1
        while true {
            do { return try body() } catch let error as ServerError where error.state == "55006" {
                guard tries < largestTryCount else { throw error }
                tries += 1
                usleep(pauseMicroseconds)
            }
        }
    }
}

/// The errors of capture that say more than the server does.
enum CaptureError {
    static let notInstalledHint = "Start the link's sync: it installs capture."

    static func notInstalled(_ doing: String) -> ConnectorError {
        ConnectorError(
            .notInstalled, doing: doing, message: "capture is not installed in this database", hint: notInstalledHint)
    }

    static func historyLost(_ message: String) -> ConnectorError {
        ConnectorError(
            .historyLost, doing: "reading changes", message: message,
            hint: "Resync the link: it compares both sides and writes the differences only.")
    }

    /// How long a new slot waits for transactions that began before it.
    static let slotPatienceSeconds = 300

    static func slotRefused(_ error: ServerError, doing: String) -> any Error {
        switch error.state {
        case "55P03":
            ConnectorError(
                .busy, doing: doing,
                message: "another transaction on this server has been open for \(slotPatienceSeconds) seconds and more",
                hint: "Capture begins when it ends. Find it: SELECT pid, datname, state, xact_start FROM "
                    + "pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY xact_start;")
        case "53400":
            ConnectorError(
                .unsupported, doing: doing, message: "all replication slots are in use",
                hint: "Raise max_replication_slots and restart the server, or drop slots that nobody uses.")
        case "42501":
            ConnectorError(
                .forbidden, doing: doing, message: "the role may not replicate",
                hint: "Run as a superuser: ALTER ROLE … REPLICATION;")
        default: error
        }
    }
}
