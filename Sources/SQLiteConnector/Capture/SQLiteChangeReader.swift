internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// Reads the journal in rounds. A round goes up to the newest number that one read transaction sees, which is the end
/// of a transaction because SQLite shows whole ones only; it is streamed in chunks, of which the last has the position.
/// Committed journal rows do not change until released, so no read transaction stays open between chunks.
actor SQLiteChangeReader: ChangeReader, StorePart {
    private static let doing = "reading changes"
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let database: SQLiteDatabase
    private let request: ChangesRequest
    /// Of the position at the end of the last round.
    private var token: String
    private var roundToken: String
    private var layout: JournalLayout
    private var schemaVersion: Int64
    private var dataVersion: Int64 = -1
    private var read: Int64
    private var roundEnd: Int64
    private var isRoundPartlyDelivered = false
    private var isClosed = false

    init(file: StoreFile, request: ChangesRequest) throws(ConnectorError) {
        thread = DedicatedThread("sqlite.changes")
        let database = try file.open(forWriting: false, doing: Self.doing)
        let after = Int64(clamping: request.after.order)
        let opened = try reporting(Self.doing) {
            try database.transaction(.deferred) {
                try Self.verifyHistory(database, after: request.after)
                return (
                    try JournalLayout(database: database, request: request),
                    try database.integer("PRAGMA schema_version") ?? 0,
                    request.after.token.isEmpty
                        ? try CaptureTables(database: database).position(after).token : request.after.token
                )
            }
        }
        self.database = database
        self.request = request
        (layout, schemaVersion, token) = opened
        roundToken = token
        read = after
        roundEnd = after
    }

    var quietPosition: Position { Position(order: UInt64(read), token: token) }

    func next() async throws -> ChangeChunk? {
        try reporting(Self.doing) {
            guard !isClosed else { return nil }
            do {
                return try nextChunk()
            } catch {
                database.rollback()
                throw error
            }
        }
    }

    func close() async {
        isClosed = true
        database.close()
    }

    private func nextChunk() throws -> ChangeChunk? {
        if read >= roundEnd {
            guard try beginRound() else { return nil }
        }
        var chunk = JournalChunk(layout: layout, limits: request.limits)
        let statement = try database.prepare(layout.sql)
        defer { statement.reset() }
        try statement.bind(read, at: 1)
        try statement.bind(roundEnd, at: 2)
        // Moves on only once the chunk is whole: a failing step leaves everything to be read again.
        var end = roundEnd
        while try statement.step() {
            chunk.append(statement)
            guard !chunk.isFull else {
                end = statement.integer(0)
                break
            }
        }
        read = end
        if read >= roundEnd { token = roundToken }
        if read >= roundEnd && chunk.isEmpty && !isRoundPartlyDelivered {
            // Nothing in it was for this reader; what came meanwhile belongs to the next call.
            return nil
        }
        let isEnd = read >= roundEnd
        isRoundPartlyDelivered = !isEnd
        return chunk.finished(position: isEnd ? quietPosition : nil)
    }

    /// - Returns: false when nothing was committed since the last round.
    private func beginRound() throws -> Bool {
        let version = try database.dataVersion()
        guard version != dataVersion else { return false }
        let round = try database.transaction(.deferred) {
            let schema = try database.integer("PRAGMA schema_version") ?? 0
            if schema != schemaVersion {
                guard try CaptureTables(database: database).isInstalled else {
                    throw CaptureTables.notInstalled(Self.doing, "capture was removed")
                }
                layout = try JournalLayout(database: database, request: request)
                schemaVersion = schema
            }
            try Self.verifyHistory(database, after: quietPosition)
            let tables = CaptureTables(database: database)
            let newest = try tables.newest()
            let end = max(read, min(newest, request.upTo.map { Int64(clamping: $0.order) } ?? newest))
            return (end: end, token: end > read ? try tables.position(end).token : token)
        }
        // Taken before the round was looked at: a commit in between is seen as new once more, never missed.
        dataVersion = version
        (roundEnd, roundToken) = round
        return read < roundEnd
    }

    private static func verifyHistory(_ database: SQLiteDatabase, after: Position) throws {
        let tables = CaptureTables(database: database)
        guard try tables.isInstalled else {
            throw CaptureTables.notInstalled(doing, "capture is not installed in the store")
        }
        let sequence = Int64(clamping: after.order)
        let message: String
        if try !tables.isOwn(after) {
            message = "the position belongs to another journal: the file was replaced, or capture installed anew"
        } else if try sequence < tables.released() {
            message = "the changes after the position were trimmed from the journal"
        } else if try sequence > tables.newest() || !tables.isUnchanged(at: after) {
            message = "the store went back in time: an older copy of the file was restored"
        } else {
            return
        }
        throw ConnectorError(
            .historyLost, doing: doing, message: message, hint: "resync the link: it compares both sides")
    }
}
