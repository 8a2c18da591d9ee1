import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// From `init` to a quiet second run, as a person goes.
struct ProjectLifeTests {
    @Test func sampleRunsAsItIs() async throws {
        let project = try await SampleProject()
        let check = try await project.run("check")
        #expect(check.exitCode == 0)
        #expect(check.standardOutput == "No problems: 2 stores, 1 map.\n")
        let sync = try await project.run("sync")
        #expect(sync.exitCode == 0, "\(sync.standardError)")
        #expect(sync.standardOutput.contains("6 records written"))
        #expect(try project.value("SELECT count(*) FROM customers", in: "shop") == .int64(7))
        #expect(try project.value("SELECT count(*) FROM contacts", in: "crm") == .int64(7))
        #expect(try project.value("SELECT city FROM customers WHERE account = 'C-002'", in: "shop") == .text("Oslo"))
    }

    @Test func planWritesNothingAnywhere() async throws {
        let project = try await SampleProject()
        let before = try project.text("lockstep.yaml")
        let stores = try ["shop.db", "crm.db"].map { try Data(contentsOf: URL(fileURLWithPath: project.path($0))) }
        let plan = try await project.run("plan")
        #expect(plan.exitCode == 0)
        #expect(plan.standardOutput.contains("+2 ~1"))
        #expect(plan.standardOutput.contains("city: Bergen -> Oslo"))
        #expect(!FileManager.default.fileExists(atPath: project.path(".lockstep")))
        #expect(try project.text("lockstep.yaml") == before)
        #expect(
            try ["shop.db", "crm.db"].map { try Data(contentsOf: URL(fileURLWithPath: project.path($0))) } == stores)
    }

    @Test func planAndSyncCountTheSame() async throws {
        let project = try await SampleProject()
        func counts(_ command: String) async throws -> NSDictionary {
            let links = try #require(try await project.json(command)["links"] as? [[String: Any]])
            let map = try #require((links[0]["maps"] as? [[String: Any]])?.first)
            return ["left": try #require(map["toLeft"]), "right": try #require(map["toRight"])]
        }
        #expect(try await counts("plan") == (try await counts("sync")))
    }

    @Test func secondRunHasNothingToDo() async throws {
        let project = try await SampleProject()
        _ = try await project.run("sync")
        let second = try await project.run("sync")
        #expect(second.exitCode == 0)
        #expect(second.standardOutput.hasSuffix("Nothing to do.\n"))
    }

    @Test func syncAsJSONIsTheSameEveryTime() async throws {
        let project = try await SampleProject()
        _ = try await project.run("sync")
        let outcome = try await project.run("sync --json")
        #expect(
            outcome.standardOutput == """
                {
                  "links" : [
                    {
                      "link" : "shop-crm",
                      "maps" : [
                        {
                          "decidedConflicts" : 0,
                          "equal" : 0,
                          "leftEntity" : "customers",
                          "map" : "customers",
                          "openConflicts" : 0,
                          "parked" : 0,
                          "reason" : "",
                          "rightEntity" : "contacts",
                          "samples" : [

                          ],
                          "state" : "live",
                          "toLeft" : {
                            "deletes" : 0,
                            "inserts" : 0,
                            "updates" : 0
                          },
                          "toRight" : {
                            "deletes" : 0,
                            "inserts" : 0,
                            "updates" : 0
                          }
                        }
                      ],
                      "rounds" : 1,
                      "status" : "done"
                    }
                  ]
                }

                """)
    }

    @Test func statusCountsWhatWaits() async throws {
        let project = try await SampleProject()
        #expect(try await project.run("status").standardOutput.contains("never synced"))
        _ = try await project.run("sync")
        try project.execute("UPDATE customers SET city = 'Nice' WHERE account = 'C-001'", in: "shop")
        let links = try #require(try await project.json("status")["links"] as? [[String: Any]])
        let map = try #require((links[0]["maps"] as? [[String: Any]])?.first)
        #expect(map["state"] as? String == "live")
        #expect(map["waiting"] as? [Int] == [1, 0])
    }

    @Test func pausedMapWaitsAndReplaysWhenResumed() async throws {
        let project = try await SampleProject()
        _ = try await project.run("sync")
        #expect(try await project.run("pause customers --reason \"spring cleaning\"").exitCode == 0)
        try project.execute("UPDATE customers SET city = 'Nice' WHERE account = 'C-001'", in: "shop")
        _ = try await project.run("sync")
        #expect(try project.value("SELECT town FROM contacts WHERE number = 'C-001'", in: "crm") == .text("Lyon"))
        #expect(try await project.run("status").standardOutput.contains("customers is paused: spring cleaning"))
        #expect(try await project.run("resume customers").exitCode == 0)
        #expect(try await project.run("sync").exitCode == 0)
        #expect(try project.value("SELECT town FROM contacts WHERE number = 'C-001'", in: "crm") == .text("Nice"))
    }

    @Test func initOverwritesNothing() async throws {
        let project = try await SampleProject()
        let before = try project.text("mappings/customers.yaml")
        try FileManager.default.removeItem(atPath: project.path("lockstep.yaml"))
        let again = try await project.run("init --json")
        #expect(again.exitCode == 1)
        #expect(try SampleProject.errorCode(again) == "LS-CMD-EXISTS")
        #expect(try project.text("mappings/customers.yaml") == before)
        #expect(!FileManager.default.fileExists(atPath: project.path("lockstep.yaml")))
    }

    @Test func initDraftsMapsForStoresOfYours() async throws {
        let project = try await SampleProject()
        try FileManager.default.copyItem(atPath: project.path("shop.db"), toPath: project.path("copy.db"))
        try project.execute("DELETE FROM customers WHERE account > 'C-003'", in: "copy")
        #expect(try await project.run("init move --from sqlite:shop.db --to sqlite:copy.db").exitCode == 0)
        #expect(try await project.run("sync --project move").exitCode == 0)
        #expect(try project.value("SELECT count(*) FROM customers", in: "copy") == .int64(5))
    }

    @Test func uninstallLeavesTheStoreAsItWas() async throws {
        let project = try await SampleProject()
        let schema = "SELECT group_concat(type || name || sql) FROM (SELECT * FROM sqlite_master ORDER BY name)"
        let before = try project.value(schema, in: "crm")
        _ = try await project.run("sync")
        #expect(try project.value(schema, in: "crm") != before)
        #expect(try await project.run("store uninstall crm").exitCode == 64)
        #expect(try await project.run("store uninstall crm --yes").exitCode == 0)
        #expect(try project.value(schema, in: "crm") == before)
    }

    @Test func projectIsFoundFromBelow() async throws {
        let project = try await SampleProject()
        let below = project.url.appendingPathComponent("mappings")
        #expect(try await SampleProject.run(["check"], in: below).exitCode == 0)
    }

    @Test func passwordsStayWhereTheyAre() async throws {
        let project = try await SampleProject()
        try project.replace(
            "crm: {url: \"sqlite:crm.db\"}",
            with: "crm: {url: \"postgresql://nobody@127.0.0.1:1/none\", password: {env: SECRET_OF_MINE}}",
            in: "lockstep.yaml")
        let outcome = try await project.run("check", environment: ["SECRET_OF_MINE": "hunter2"])
        #expect(!(outcome.standardOutput + outcome.standardError).contains("hunter2"))
        let missing = try await project.run("sync --json")
        #expect(missing.exitCode == 12)
        #expect(missing.standardOutput.contains("LS-CFG-040"))
    }
}
