import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// A map whose store is not what it was made for does not keep the others from running.
struct MapsThatFailAloneTests {
    @Test func aMapWithErrorsStopsAloneAndSaysWhere() async throws {
        let project = try await SampleProject()
        for store in ["shop", "crm"] {
            try project.execute("CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT)", in: store)
        }
        let map = """
            map: notes
            version: 1.0.0
            between: {shop: notes, crm: notes}
            key: [{shop: id, crm: id}]
            direction: both
            fields:
              - {shop: text, crm: txt}
            conflicts: {overlap: shop}
            """
        try Data(map.utf8).write(to: URL(fileURLWithPath: project.path("mappings/notes.yaml")))
        let outcome = try await project.run("sync")
        #expect(outcome.exitCode == 1)
        #expect(outcome.standardOutput.contains("notes is failed"), "\(outcome.standardOutput)")
        #expect(outcome.standardOutput.contains("notes.yaml:7:"), "\(outcome.standardOutput)")
        let crm = try SQLiteDatabase(path: project.path("crm.db"))
        let shop = try SQLiteDatabase(path: project.path("shop.db"))
        #expect(
            try crm.value("SELECT count(*) FROM contacts") == (try shop.value("SELECT count(*) FROM customers")))
        try project.execute("INSERT INTO notes VALUES (1, 'x')", in: "shop")
        try project.replace("crm: txt}", with: "crm: text}", in: "mappings/notes.yaml")
        #expect(try await project.run("sync").exitCode == 0)
        #expect(try crm.value("SELECT text FROM notes") == .text("x"))
    }

    @Test func aStoreThatRefusesLeavesNoTracesInTheOther() async throws {
        let project = try await SampleProject()
        try project.replace(
            "\"sqlite:crm.db\"}", with: "\"sqlite:crm.db\", options: {access: read-only}}", in: "lockstep.yaml")
        #expect(try await project.run("sync").exitCode == 1)
        let shop = try SQLiteDatabase(path: project.path("shop.db"))
        #expect(
            try shop.value("SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_lockstep%' ESCAPE '\\'")
                == .int64(0))
    }
}
