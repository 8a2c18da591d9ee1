import Foundation
import LockstepContinuity
import Testing

struct SnapshotRecordTests {
    @Test func recordsAreReadBackAsTheyWereWritten() throws {
        let record = SnapshotRecord(
            repository: "r", id: "20260131T235959Z-0123456789ab", kind: .increment,
            base: SnapshotReference(id: "b", sha256: "00"), previous: nil, cutTime: 1, begun: 2, ended: 3,
            clockOffset: -4,
            stores: [.init(name: "crm", engine: "SQLite", position: "7:x", identity: nil, time: 5)],
            manifest: ObjectReference(name: "m", size: 6, sha256: "11"), parts: [], recipients: ["age1…"],
            signer: nil, writer: "lockstep 0.1", label: "before the move")
        let text = try JSONEncoder().encode(record)
        #expect(try JSONDecoder().decode(SnapshotRecord.self, from: text) == record)
    }
}
