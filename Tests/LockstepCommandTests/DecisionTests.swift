import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// What people decide about conflicts and parked records.
struct DecisionTests {
    private func projectWithConflict() async throws -> SampleProject {
        let project = try await SampleProject()
        try project.askPeople()
        let sync = try await project.run("sync")
        try #require(sync.exitCode == 3, "\(sync.standardOutput)\(sync.standardError)")
        return project
    }

    private func towns(_ project: SampleProject) throws -> [Value?] {
        [
            try project.value("SELECT city FROM customers WHERE account = 'C-002'", in: "shop"),
            try project.value("SELECT town FROM contacts WHERE number = 'C-002'", in: "crm"),
        ]
    }

    @Test func openConflictLeavesBothSidesAndExitsThree() async throws {
        let project = try await projectWithConflict()
        #expect(try towns(project) == [.text("Bergen"), .text("Oslo")])
        let conflicts = try #require(try await project.json("conflicts")["conflicts"] as? [[String: Any]])
        #expect(conflicts.count == 1)
        #expect(conflicts[0]["fields"] as? [String] == ["city ~ town"])
        #expect(conflicts[0]["status"] as? String == "open")
        #expect(try await project.run("conflicts show 1").standardOutput.contains("≠  city ~ town"))
    }

    @Test(arguments: [("shop", "Bergen"), ("crm", "Oslo")])
    func takenSideIsOnBoth(store: String, town: String) async throws {
        let project = try await projectWithConflict()
        #expect(try await project.run("conflicts resolve 1 --take \(store)").exitCode == 0)
        #expect(try towns(project) == [.text(town), .text(town)])
        #expect(try await project.run("conflicts").standardOutput == "No open conflicts.\n")
        #expect(try await project.run("sync").exitCode == 0)
        #expect(try towns(project) == [.text(town), .text(town)])
    }

    @Test func givenValueIsOnBoth() async throws {
        let project = try await projectWithConflict()
        #expect(try await project.run("conflicts resolve --all --set \"town=Stavanger\"").exitCode == 0)
        #expect(try towns(project) == [.text("Stavanger"), .text("Stavanger")])
        #expect(try await project.run("sync").exitCode == 0)
    }

    @Test func dismissedConflictLeavesBothSides() async throws {
        let project = try await projectWithConflict()
        #expect(try await project.run("conflicts dismiss 1").exitCode == 0)
        #expect(try towns(project) == [.text("Bergen"), .text("Oslo")])
        #expect(try await project.run("conflicts dismiss 1").exitCode == 1)
    }

    @Test func automaticDecisionIsUndone() async throws {
        let project = try await SampleProject()
        _ = try await project.run("sync")
        #expect(try towns(project) == [.text("Oslo"), .text("Oslo")])
        #expect(try await project.run("conflicts resolve 1 --take shop").exitCode == 1)
        #expect(try await project.run("conflicts undo 1").exitCode == 0)
        #expect(try towns(project) == [.text("Bergen"), .text("Bergen")])
        #expect(try await project.run("sync").exitCode == 0)
        #expect(try towns(project) == [.text("Bergen"), .text("Bergen")])
    }

    @Test func unknownConflictIsToldApartFromOthers() async throws {
        let project = try await projectWithConflict()
        let outcome = try await project.run("conflicts resolve 99 --take shop --json")
        #expect(outcome.exitCode == 1)
        #expect(try SampleProject.errorCode(outcome) == "LS-SYNC-NOT-FOUND")
    }

    private func projectWithParked() async throws -> SampleProject {
        let project = try await SampleProject()
        try project.execute("UPDATE customers SET status = 'vip' WHERE account = 'C-005'", in: "shop")
        let sync = try await project.run("sync")
        try #require(sync.exitCode == 3, "\(sync.standardOutput)\(sync.standardError)")
        return project
    }

    @Test func parkedRecordHealsWhenItsCauseGoes() async throws {
        let project = try await projectWithParked()
        let parked = try #require(try await project.json("parked")["parked"] as? [[String: Any]])
        #expect(parked.count == 1)
        #expect(parked[0]["code"] as? String == "LS-MAP-107")
        #expect(try await project.run("parked show 1").standardOutput.contains("vip"))
        #expect(try await project.run("parked retry --all").exitCode == 3)
        try project.execute("UPDATE customers SET status = 'active' WHERE account = 'C-005'", in: "shop")
        #expect(try await project.run("sync").exitCode == 0)
        #expect(try await project.run("parked").standardOutput == "No parked records.\n")
        #expect(
            try project.value("SELECT full_name FROM contacts WHERE number = 'C-005'", in: "crm") == .text("Emeka Obi"))
    }

    @Test func droppedRecordIsForgotten() async throws {
        let project = try await projectWithParked()
        #expect(try await project.run("parked drop --all").exitCode == 64)
        #expect(try await project.run("parked drop --all --yes").exitCode == 0)
        #expect(try await project.run("sync").exitCode == 0)
        #expect(try project.value("SELECT count(*) FROM contacts WHERE number = 'C-005'", in: "crm") == .int64(0))
    }
}
