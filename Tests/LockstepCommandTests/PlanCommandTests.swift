import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// Plans as people meet them: on the terminal, as a page, and as what a sync is bound to.
struct PlanCommandTests {
    /// The digest that a plan prints for `sync --plan`.
    private func digest(_ project: SampleProject) async throws -> String {
        let plan = try await project.run("plan")
        let line = try #require(plan.standardOutput.split(separator: "\n").last)
        let words = line.split(separator: " ")
        #expect(line.hasSuffix("` does exactly this."))
        return String(try #require(words.first { $0.hasSuffix("`") && $0.contains(".") }).dropLast())
    }

    @Test func syncByDigestDoesWhatWasPlanned() async throws {
        let project = try await SampleProject()
        let sync = try await project.run("sync --plan \(try await digest(project))")
        #expect(sync.exitCode == 0, "\(sync.standardError)")
        #expect(sync.standardOutput.contains("6 records written"))
    }

    @Test func syncByDigestWritesNothingWhenTheWorldMoved() async throws {
        let project = try await SampleProject()
        let digest = try await digest(project)
        try project.execute("UPDATE customers SET name = 'Other' WHERE account = 'C-004'", in: "shop")
        let sync = try await project.run("sync --json --plan \(digest)")
        #expect(sync.exitCode == 1)
        #expect(try SampleProject.errorCode(sync) == "LS-SYNC-PLAN-MOVED")
        #expect(sync.standardError.contains("customers"))
        #expect(try project.value("SELECT count(*) FROM contacts WHERE number = 'C-004'", in: "crm") == .int64(0))
        let again = try await project.run("sync --plan \(try await self.digest(project).prefix(8))")
        #expect(again.exitCode == 0, "\(again.standardError)")
    }

    @Test(arguments: ["sync --plan 1234567", "sync --plan hello", "sync --resync --plan 12345678"])
    func whatIsNoPlanIsAUsageError(line: String) async throws {
        let project = try await SampleProject()
        #expect(try await project.run(line).exitCode == 64)
    }

    @Test func jsonHasTheDigestOfThePlanAndOfEachMap() async throws {
        let project = try await SampleProject()
        let plan = try await project.json("plan")
        let link = try #require((plan["links"] as? [[String: Any]])?.first)
        let map = try #require((link["maps"] as? [[String: Any]])?.first)
        let whole = try #require(link["digest"] as? String)
        let part = try #require((map["plan"] as? [String: Any])?["digest"] as? String)
        #expect(whole.count == 64 && part.count == 64)
        #expect(link["plan"] as? String == "\(whole.prefix(16)).\(part.prefix(4))")
        #expect((link["verdict"] as? [String: Any])?["answer"] as? String == "go")
        #expect(try await project.json("plan") as NSDictionary == plan as NSDictionary)
    }

    @Test func exitCodeSaysWhetherAPersonShouldLookOnlyWhenAsked() async throws {
        let project = try await SampleProject()
        #expect(try await project.run("plan --exit-code").exitCode == 0)
        try project.askPeople()
        #expect(try await project.run("plan").exitCode == 0)
        #expect(try await project.run("plan --exit-code").exitCode == 3)
    }

    @Test func aPartOfALinkHasNoDigestToSyncBy() async throws {
        let project = try await SampleProject()
        let plan = try await project.run("plan --map customers")
        #expect(!plan.standardOutput.contains("--plan"))
    }

    // MARK: The page

    @Test func thePageSaysTheAnswerFirst() async throws {
        let project = try await SampleProject()
        let plan = try await project.run("plan --html plan.html")
        #expect(plan.exitCode == 0, "\(plan.standardError)")
        let page = try project.text("plan.html")
        #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        #expect(page.contains("<h1><span class=\"mark\" aria-hidden=\"true\">✓</span>Go</h1>"))
        #expect(page.contains("<b>5 records</b> would be created, <b>1</b> changed and <b>0</b> deleted"))
        #expect(page.contains("<span class=\"count new\" title=\"created\">+3</span>"))
        #expect(page.contains("<td class=\"loses\">Bergen</td>") || page.contains("<td class=\"wins\">Oslo</td>"))
        #expect(page.contains("lockstep sync --plan "))
        #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"))
        // Nothing but the page is left behind.
        let names = try FileManager.default.contentsOfDirectory(atPath: project.url.path)
        #expect(!names.contains { $0.hasPrefix(".plan") })
    }

    @Test func valuesCannotBecomeMarkup() async throws {
        let project = try await SampleProject()
        let hostile = #"<script>alert("1")</script>&'"#
        try project.execute(
            "UPDATE customers SET name = '\(hostile.replacingOccurrences(of: "'", with: "''"))', account = '<img src=x>' "
                + "WHERE account = 'C-004'", in: "shop")
        let page = try await project.run("plan --html -").standardOutput
        #expect(page.hasPrefix("<!DOCTYPE html>"))
        #expect(!page.contains("<script"))
        #expect(!page.contains("<img"))
        #expect(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"))
        #expect(page.contains("&lt;img src=x&gt;"))
    }

    @Test func thePageShowsConflictsBesideEachOther() async throws {
        let project = try await SampleProject()
        try project.askPeople()
        let page = try await project.run("plan --html -").standardOutput
        #expect(page.contains("<section class=\"hero look\""))
        #expect(page.contains("Look first</h1>"))
        #expect(
            page.contains("<tr><th scope=\"row\">city / town</th><td>Bergen</td><td>Oslo</td></tr>")
                || page.contains("<tr><th scope=\"row\">city / town</th><td>Oslo</td><td>Bergen</td></tr>"))
        #expect(page.contains("<b>What to do:</b>"))
    }

    @Test func aPageThatCannotBeWrittenIsAFailure() async throws {
        let project = try await SampleProject()
        let plan = try await project.run("plan --html missing/plan.html")
        #expect(plan.exitCode == 1)
        #expect(plan.standardError.contains("LS-CMD-CANNOT-WRITE"))
        #expect(try await project.run("plan --json --html -").exitCode == 64)
    }
}
