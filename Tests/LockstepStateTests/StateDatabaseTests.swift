import Foundation
import LockstepModel
import LockstepState
import LockstepTesting
import SQLiteAccess
import Testing

/// The file: made, opened again, refused.
struct StateDatabaseTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("state") }

    private var path: String { folder.path + "/state.db" }

    private func code(_ project: String = "one") -> String? {
        do {
            _ = try StateDatabase(path: path, project: project)
            return nil
        } catch {
            return (error as? StateError)?.code.text ?? "\(error)"
        }
    }

    @Test func whatWasKeptIsThereAfterOpeningAgain() async throws {
        var record = MapRecord(link: "l", map: "m")
        record.state = .initializing
        record.floors = [Position(order: 7, token: "a:b"), nil]
        record.heldFrom = [nil, Position(order: 9)]
        do {
            let state = try StateDatabase(path: path, project: "one")
            try await state.setMap(record, actor: "engine", time: "t")
            try await state.setStoreIdentity("erp", "id")
            try await state.setIdlePosition(lane: "l/erp", Position(order: 3))
        }
        let state = try StateDatabase(path: path, project: "one")
        #expect(try await state.maps(link: "l") == [record])
        #expect(try await state.storeIdentity("erp") == "id")
        #expect(try await state.idlePosition(lane: "l/erp") == Position(order: 3))
    }

    @Test func anotherProjectsFileIsRefused() throws {
        #expect(code("one") == nil)
        #expect(code("two") == "LS-STATE-OTHER-PROJECT")
        #expect(code("one") == nil)
    }

    @Test func aFileOfANewerVersionIsRefusedAndLeftAlone() throws {
        #expect(code() == nil)
        try SQLiteDatabase(path: path, mode: .create).execute("PRAGMA user_version = 999")
        #expect(code() == "LS-STATE-NEWER")
        let version = try SQLiteDatabase(path: path, mode: .create).query("PRAGMA user_version", [])
        #expect(version == [[.int64(999)]])
    }

    @Test func aDatabaseOfSomethingElseIsRefused() throws {
        try SQLiteDatabase(path: path, mode: .create).execute("CREATE TABLE customers(a); PRAGMA user_version = 1")
        #expect(code() == "LS-STATE-UNUSABLE")
        let tables = try SQLiteDatabase(path: path, mode: .create).query("SELECT name FROM sqlite_master", [])
        #expect(tables == [[.text("customers")]])
    }

    @Test func aDamagedFileIsRefused() throws {
        try folder.write(String(repeating: "not a database ", count: 1000), to: "state.db")
        #expect(code() == "LS-STATE-UNUSABLE")
    }

    @Test func oneProcessHoldsAProjectAtATime() throws {
        let lockPath = folder.path + "/lock"
        var first: ProjectLock? = try ProjectLock(path: lockPath)
        do {
            _ = try ProjectLock(path: lockPath)
            Issue.record("a second holder")
        } catch let error as StateError {
            #expect(error.code == .locked)
            #expect(error.message.contains("\(ProcessInfo.processInfo.processIdentifier)"))
        }
        _ = first
        first = nil
        _ = try ProjectLock(path: lockPath)
    }

    @Test func legalMovesAreKeptAndOthersRefused() async throws {
        let state = try StateDatabase(path: path, project: "one")
        var record = MapRecord(link: "l", map: "m")
        for next in [MapState.initializing, .catchingUp, .live, .paused, .catchingUp, .live, .failed, .stopped] {
            record.state = next
            try await state.setMap(record, actor: "eve", time: "t")
        }
        #expect(try await state.transitions(link: "l", map: "m").map(\.to).last == .stopped)
        #expect(try await state.transitions(link: "l", map: "m").count == 8)
        record.state = .live
        await #expect(throws: StateError.self) { try await state.setMap(record, actor: "eve", time: "t") }
        #expect(try await state.map(link: "l", map: "m").state == .stopped)
    }
}
