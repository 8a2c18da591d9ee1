import Foundation
import LockstepMapping
import LockstepTesting
import Testing

@testable import LockstepContinuity

@Suite struct DrillPagesTests {
    private static let nasty = "<script>alert('x')</script>\" onload=\"x & \u{202E}\u{1B}[31m"

    private func report() async throws -> DrillReport {
        let world = try DrillRehearsal(mischief: .init(damage: ["crm": "delete from notes"]))
        try world.takeSnapshot()
        let plan = try DrillRehearsal.plan(["restore: all", "{command: exit 1}", "{confirm: good?}"])
        return try await world.run(plan).report
    }

    /// Every text of a value replaced, wherever it stands in the JSON.
    private func poisoned(_ report: DrillReport) throws -> DrillReport {
        let kept: Set<String> = [
            "schema", "result", "level", "verdict", "outcome", "severity", "classification", "reason",
        ]
        func poison(_ value: Any, _ key: String, _ path: [String]) -> Any {
            switch value {
            case let map as [String: Any]:
                return Dictionary(uniqueKeysWithValues: map.map { ($0.key, poison($0.value, $0.key, path + [key])) })
            case let list as [Any]: return list.map { poison($0, key, path) }
            case is String where key == "reason" && path.contains("trigger"): return value
            case is String where key == "name" && path.contains("timeline"): return value
            case is String where path.last == "timeline" || key == "timeline": return value
            case is String: return kept.subtracting(["reason"]).contains(key) ? value : Self.nasty
            default: return value
            }
        }
        let object = try JSONSerialization.jsonObject(with: Data(try DrillRehearsal.encode(report)))
        var map = try #require(poison(object, "", []) as? [String: Any])
        // Moments have names of their own.
        let plain = try #require(object as? [String: Any])
        map["timeline"] = plain["timeline"]
        return try JSONDecoder().decode(DrillReport.self, from: JSONSerialization.data(withJSONObject: map))
    }

    @Test func textsFromOutsideAreEscapedWhereverTheyStand() async throws {
        let poisoned = try poisoned(try await report())
        let page = DrillPage(report: poisoned, sha256: Self.nasty, isSigned: true).text
        #expect(poisoned.checks.allSatisfy { $0.name == Self.nasty })
        #expect(!page.contains("<script") && !page.contains("\" onload=") && !page.contains("\u{202E}"))
        #expect(!page.contains("\u{1B}") && page.contains("&lt;script&gt;"))
        #expect(page.components(separatedBy: "&lt;script&gt;").count > 60)
    }

    @Test func nothingIsLoadedAndNothingRuns() async throws {
        let page = DrillPage(report: try await report(), sha256: "00", isSigned: false).text
        for word in ["<script", "http://", "https://", "<img", "<link", "url(", "@import", "javascript:"] {
            #expect(!page.contains(word), "\(word)")
        }
        #expect(page.contains("default-src 'none'"))
    }

    @Test func thePageSaysWhatItMust() async throws {
        let report = try await report()
        let page = DrillPage(report: report, sha256: "0123abcd", isSigned: true).text
        for words in [
            "Failed", "does not prove", "Promised and measured", "The ladder of checks", "Differences", "Findings",
            "How to verify this", "0123abcd", "lockstep drill verify", report.id, "snapshot-0", "SHA256:rehearsal",
            "nobody was there to be asked",
        ] { #expect(page.contains(words), "\(words)") }
        for check in report.checks where check.result != .pass {
            #expect(page.contains(DrillHTML.escaped(check.name)), "\(check.id)")
        }
    }

    @Test(
        arguments: [
            (0.416, "0.42 s"), (12.34, "12.3 s"), (412.7, "6 min 53 s"), (900, "15 min"), (11_520, "3 h 12 min"),
            (356_400, "4 d 3 h"), (-61, "−1 min 1 s"), (0, "0 s"), (0.001, "<0.01 s"),
        ])
    func lengthsOfTimeAreReadable(seconds: Double, text: String) {
        #expect(DrillHTML.duration(seconds) == text)
    }

    @Test func theForecastFollowsTheGrowth() throws {
        func point(_ day: Int64, _ seconds: Double, _ bytes: Int64) -> DrillReport.TrendPoint {
            DrillReport.TrendPoint(
                id: "\(day)", utc: DrillTime.text(DrillRehearsal.start + day * 86_400_000_000), rtoSeconds: seconds,
                rpoSeconds: nil, bytes: bytes, outcome: .pass)
        }
        let points = [point(0, 100, 1000), point(50, 110, 1500), point(100, 200, 2000)]
        // 10 bytes a day, 10 bytes a second: 1000 s are 10 000 bytes, 8000 more than now.
        #expect(DrillForecast(points: points, promise: 1000)?.text.contains("800 d") == true)
        #expect(DrillForecast(points: points, promise: 150)?.text.contains("does not hold") == true)
        #expect(DrillForecast(points: Array(points.prefix(2)), promise: 1000) == nil)
        #expect(DrillForecast(points: points.map { point(1, $0.rtoSeconds ?? 1, 5) }, promise: 1) == nil)
    }
}
