import CPostgreSQL
import ConnectorKit
import Glibc
import LockstepModel

/// Reads a slot's changes over the streaming replication protocol.
///
/// The socket is read only inside ``next()``: while the engine works, the server waits, and memory stays flat.
actor PostgreSQLChangeReader: ChangeReader {
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let pool: WirePool
    private let capture: CaptureState
    private var wire: Wire?
    private var decoder: ChangeDecoder
    /// Everything that committed before this LSN has been received.
    private var received: UInt64
    private var confirmed: UInt64 = 0
    private(set) var quietPosition: Position
    /// Only transactions at or before this LSN are delivered.
    private let end: UInt64
    /// A transaction beyond the end has begun to arrive: there is nothing more to deliver.
    private var isPastEnd = false
    /// The socket wakes us for much only, not for anything.
    private var gathers = false

    /// How long one wait for the socket lasts before the server is asked again how far it is.
    private static let pollMilliseconds: Int32 = 200
    /// While changes flow, a wait lasts until this many bytes are there: the server sends each change by itself, and
    /// being woken for each cost more than decoding it.
    private static let gatheredBytes: Int32 = 64 << 10
    /// … but no longer than this.
    private static let gatherMilliseconds: Int32 = 2
    /// Waits after which the server is made to flush once more what the wait is for.
    private static let nudgeAfterWaits = 5

    init(
        _ wire: Wire, pool: WirePool, capture: CaptureState, decoder: ChangeDecoder, after: UInt64, upTo: Position?
    ) {
        thread = wire.thread
        self.wire = wire
        self.pool = pool
        self.capture = capture
        self.decoder = decoder
        received = after
        quietPosition = Position(order: after)
        end = upTo?.order ?? .max
        capture.readerOpened()
    }

    /// Starts the stream; waits while a predecessor's connection still holds the slot.
    func start(_ names: CaptureNames, at position: UInt64) throws {
        guard let wire else { return }
        let lsn = LogPosition.format(position)
        do {
            try ConnectorError.translating("reading changes") {
                try SlotWaiting.whileInUse {
                    try wire.execute(
                        "START_REPLICATION SLOT \(names.slot) LOGICAL \(lsn)"
                            + " (proto_version '1', publication_names '\(names.publication)')")
                }
            }
        } catch {
            close()
            throw error
        }
    }

    func next() async throws -> ChangeChunk? {
        guard wire != nil else { return nil }
        try translating { try sendFeedback(asksForReply: false, onlyNews: true) }
        var target: UInt64?
        var waits = 0
        while true {
            guard wire != nil else { return nil }
            if Task.isCancelled { throw cancelled() }
            if try translating({ try receive() }) { return decoder.take() }
            if decoder.chunk.isDue { return decoder.take() }
            if isPastEnd {
                quietPosition = Position(order: end)
                return nil
            }
            if !decoder.chunk.isTransactionOpen {
                let goal: UInt64
                if let target {
                    goal = target
                } else {
                    goal = min(try await flushedPosition(), end)
                    target = goal
                    continue
                }
                if received >= goal {
                    quietPosition = Position(order: min(max(received, quietPosition.order), end))
                    return nil
                }
                try translating { try sendFeedback(asksForReply: true, onlyNews: false) }
            }
            waits = try translating { try wait() } ? 0 : waits + 1
            if waits == Self.nudgeAfterWaits {
                waits = 0
                _ = try await flushedPosition()
            }
        }
    }

    /// Handles what has arrived; true when the chunk is full.
    private func receive() throws -> Bool {
        guard let wire else { return false }
        while !decoder.chunk.isFull && !isPastEnd {
            var pointer: UnsafeMutablePointer<CChar>?
            let length = PQgetCopyData(wire.handle, &pointer, 1)
            if length == 0 { return false }
            guard length > 0, let pointer else {
                // One result only: while both sides may copy, libpq would return the same one for ever.
                if let result = PQgetResult(wire.handle) { _ = try wire.checked(result) }
                throw ServerError(state: "08006", message: "the server ended the stream of changes")
            }
            defer { PQfreemem(pointer) }
            var reader = MessageReader(UnsafeRawBufferPointer(start: pointer, count: Int(length)))
            switch try reader.number(UInt8.self) {
            case UInt8(ascii: "w"):
                try reader.skip(24)
                // A commit record begins before the position that it ends at.
                if let commit = reader.beginsTransaction, commit >= end {
                    isPastEnd = true
                    return false
                }
                try decoder.handle(&reader)
            case UInt8(ascii: "k"):
                received = max(received, try reader.number(UInt64.self))
                try reader.skip(8)
                if try reader.number(UInt8.self) == 1 { try sendFeedback(asksForReply: false, onlyNews: false) }
            default: throw MessageReader.malformed
            }
        }
        // Past the end, nothing is read any more: only a full chunk is one to deliver.
        return decoder.chunk.isFull
    }

    /// Waits for the socket; false when nothing came in time.
    private func wait() throws -> Bool {
        guard let wire else { return false }
        let socket = PQsocket(wire.handle)
        if gathers {
            _ = try poll(wire, socket, Self.gatherMilliseconds)
            if try hasArrived(socket) { return try consume(wire) }
            gather(false, socket)
        }
        guard try poll(wire, socket, Self.pollMilliseconds) else { return try consume(wire) && false }
        gather(true, socket)
        return try consume(wire)
    }

    private func poll(_ wire: Wire, _ socket: Int32, _ milliseconds: Int32) throws -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&descriptor, 1, milliseconds) > 0
    }

    private func consume(_ wire: Wire) throws -> Bool {
        guard PQconsumeInput(wire.handle) == 1 else { throw ServerError(result: nil, connection: wire.handle) }
        return true
    }

    private func hasArrived(_ socket: Int32) throws -> Bool {
        var bytes: Int32 = 0
        return ioctl(socket, UInt(FIONREAD), &bytes) == 0 && bytes > 0
    }

    /// Sockets that know no low-water mark (local ones) wake at once, which is as it was.
    private func gather(_ isOn: Bool, _ socket: Int32) {
        guard isOn != gathers else { return }
        var mark = isOn ? Self.gatheredBytes : 1
        setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &mark, socklen_t(MemoryLayout<Int32>.size))
        gathers = isOn
    }

    /// Standby status update (documentation, "Streaming Replication Protocol"): written, flushed, applied, clock, reply.
    /// Only what the engine has released is reported as flushed.
    private func sendFeedback(asksForReply: Bool, onlyNews: Bool) throws {
        guard let wire else { return }
        let released = capture.released
        if onlyNews && released <= confirmed { return }
        confirmed = max(confirmed, released)
        var message: [UInt8] = [UInt8(ascii: "r")]
        for position in [max(received, confirmed), confirmed, confirmed, 0] {
            CellEncoder.put(position, to: &message)
        }
        message.append(asksForReply ? 1 : 0)
        let sent = message.withUnsafeBytes { bytes in
            PQputCopyData(wire.handle, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
        }
        guard sent == 1, PQflush(wire.handle) >= 0 else { throw ServerError(result: nil, connection: wire.handle) }
    }

    /// The LSN up to which everything that committed before now is on disk, as the server sends nothing else.
    ///
    /// Commits that did not wait for the disk (`synchronous_commit = off`) may lie beyond it; then a message in the log,
    /// which belongs to no table, makes the server flush.
    private func flushedPosition() async throws -> UInt64 {
        try await pool.use("reading changes") { wire in
            let sql = """
                select (pg_catalog.pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::int8,
                    pg_catalog.pg_current_wal_insert_lsn() > pg_catalog.pg_current_wal_flush_lsn()
                """
            let first = try wire.query(sql)
            guard first.flag(0, 1) else { return UInt64(first.integer(0, 0) ?? 0) }
            try wire.execute(
                "begin; set local synchronous_commit = on;"
                    + " select pg_catalog.pg_logical_emit_message(true, 'lockstep', ''); commit")
            return UInt64(try wire.query(sql).integer(0, 0) ?? 0)
        }
    }

    /// Nothing is lost: whoever reads again starts where the last chunk ended.
    private func cancelled() -> ConnectorError {
        close()
        return ConnectorError(.busy, doing: "reading changes", message: "the reading was cancelled", hint: "")
    }

    private func translating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try ConnectorError.translating("reading changes") { try body() }
        } catch {
            close()
            throw error
        }
    }

    func close() {
        guard let wire else { return }
        try? sendFeedback(asksForReply: false, onlyNews: true)
        self.wire = nil
        capture.readerClosed()
        _ = PQputCopyEnd(wire.handle, nil)
        _ = PQflush(wire.handle)
    }
}
