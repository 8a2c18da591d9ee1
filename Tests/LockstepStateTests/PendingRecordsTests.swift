import LockstepModel
import LockstepState
import LockstepTesting
import Testing

/// Records that belong to a transaction of a stream: they count when it committed, and never were when it did not.
struct PendingRecordsTests {
    private let folder: TemporaryFolder
    private let state: StateDatabase
    private let mark = PendingMark(lane: "l/erp")

    init() throws {
        folder = try TemporaryFolder("state")
        state = try StateDatabase(path: folder.path + "/state.db", project: "one")
    }

    private func record(_ key: UInt8) -> ParkedRecord {
        ParkedRecord(
            link: "l", map: "m", source: 0, key: [key], keyText: "k=\(key)", operation: .insert, before: nil,
            after: StoredRow(fields: ["k"], values: [.int64(Int64(key))]), code: "LS-PARK-UNIQUE", field: "",
            message: "taken")
    }

    private func conflict(
        _ digest: String, _ status: ConflictRecord.Status = .open, left: Int64 = 1,
        kind: ConflictRecord.Kind = .overlap
    ) -> ConflictRecord {
        ConflictRecord(
            digest: digest, link: "l", map: "m", kind: kind, key: [1], keyText: "k=1", fields: ["f"], pairs: [1],
            base: nil, baseSide: 0, left: StoredRow(fields: ["f"], values: [.int64(left)]), right: nil,
            rule: "manual", winner: status == .automatic ? 0 : nil, status: status)
    }

    @Test(arguments: [(Position(order: 5), 1), (Position(order: 4), 0), (nil, 0)] as [(Position?, Int)])
    func aKillIsSettledByTheTargetsCheckpoint(checkpoint: Position?, left: Int) async throws {
        try await state.park([record(1)], pending: mark, time: "t")
        try await state.keep([conflict("a")], pending: mark, time: "t")
        try await state.stampPending(lane: "l/erp", position: Position(order: 5))
        try await state.settlePending(lane: "l/erp", checkpoint: checkpoint)
        #expect(try await state.parkedCount() == left)
        #expect(try await state.conflictCount(status: .open) == left)
        // What was settled once stays.
        try await state.settlePending(lane: "l/erp", checkpoint: nil)
        #expect(try await state.parkedCount() == left)
    }

    @Test func aTransactionThatNeverEndedLeavesNothing() async throws {
        try await state.park([record(1)], pending: mark, time: "t")
        try await state.park([record(2)], pending: nil, time: "t")
        try await state.park([record(3)], pending: PendingMark(lane: "other"), time: "t")
        try await state.settlePending(lane: "l/erp", checkpoint: Position(order: 1_000))
        #expect(try await state.parked().map(\.key) == [[2], [3]])
    }

    @Test func healedRecordsGoWithTheCommitThatHealedThem() async throws {
        try await state.park([record(1), record(2)], pending: nil, time: "t")
        let ids = try await state.parked().map(\.id)
        try await state.markHealed(ids: [ids[0]], lane: "l/erp~", position: Position(order: 3))
        try await state.settlePending(lane: "l/erp~", checkpoint: Position(order: 2))
        #expect(try await state.parkedCount() == 2)
        // The mark is gone: a later commit of another transaction does not take the record with it.
        try await state.settlePending(lane: "l/erp~", checkpoint: Position(order: 3))
        #expect(try await state.parkedCount() == 2)
        try await state.markHealed(ids: [ids[0]], lane: "l/erp~", position: Position(order: 4))
        try await state.settlePending(lane: "l/erp~", checkpoint: Position(order: 4))
        #expect(try await state.parked().map(\.id) == [ids[1]])
    }

    @Test func theSameConflictIsKeptOnce() async throws {
        #expect(try await state.keep([conflict("a", .automatic)], pending: nil, time: "t") == 1)
        #expect(try await state.keep([conflict("a", .automatic)], pending: nil, time: "u") == 0)
        #expect(try await state.keep([conflict("b", .automatic)], pending: nil, time: "u") == 1)
    }

    @Test func anOpenConflictIsBroughtUpToDate() async throws {
        try await state.keep([conflict("a")], pending: nil, time: "t")
        #expect(try await state.keep([conflict("b", left: 2)], pending: nil, time: "u") == 0)
        let open = try await state.conflicts(status: .open)
        #expect(open.map(\.digest) == ["b"] && open[0].left?.values == [.int64(2)])
        #expect(open[0].detectedAt == "t")
    }

    @Test(arguments: [ConflictRecord.Status.resolved, .dismissed])
    func aSettledConflictThatHappensAgainIsOneMore(status: ConflictRecord.Status) async throws {
        try await state.keep([conflict("a")], pending: nil, time: "t")
        let id = try #require(try await state.conflicts().first).id
        try await state.decideConflict(id: id, status: status, winner: nil, decidedBy: "eve", time: "u")
        try await state.keep([conflict("a")], pending: nil, time: "v")
        #expect(try await state.conflicts().map(\.status) == [status, .open])
    }

    @Test func whatWasDismissedAtAFirstMeetingStaysSo() async throws {
        try await state.keep([conflict("a", kind: .firstMeeting)], pending: nil, time: "t")
        let id = try #require(try await state.conflicts().first).id
        try await state.decideConflict(id: id, status: .dismissed, winner: nil, decidedBy: "eve", time: "u")
        try await state.keep([conflict("a", kind: .firstMeeting)], pending: nil, time: "v")
        #expect(try await state.conflicts().map(\.status) == [.dismissed])
    }

    @Test func imagesComeBackAsTheyWere() async throws {
        let values: [Value] = [.null, .unchanged, .text(""), .text("名\u{0}"), .decimal("1.50"), .bytes([0, 255])]
        var parked = record(1)
        parked.before = StoredRow(fields: (0..<values.count).map { "f\($0)" }, values: values)
        try await state.park([parked], pending: nil, time: "t")
        #expect(try await state.parked().first?.before == parked.before)
    }
}
