import ConnectorKit
import LockstepMapping

extension DrillWork {
    /// Rows of a query that are looked at: an assertion asks for few.
    private static let largestAnswer = 1000

    private var number: Int { steps.count + 1 }

    // MARK: Queries and records

    mutating func query(
        _ step: DrillStep, _ store: String, _ sql: String, _ expected: DrillStep.Expectation
    ) async -> StepResult {
        guard let made = scratch[store] else { return .skipped("\(store) was not restored", [store]) }
        let start = mono
        let test = ExpectationTest(expected: expected)
        do {
            let rows = try await world.query(made, sql: sql, limit: Self.largestAnswer)
            let (actual, passes) = test.judge(rows)
            attach("query-\(number).tsv", Self.text(of: rows))
            return conclude(
                step, store: store, expected: test.text, actual: actual, passes: passes,
                problem: "expected \(test.text), found \(actual)", since: start)
        } catch {
            return conclude(
                step, store: store, expected: test.text, actual: nil, passes: false, problem: words(error),
                since: start)
        }
    }

    mutating func count(
        _ step: DrillStep, _ store: String, _ entity: String, _ rule: DrillStep.Rule, _ condition: String
    ) async -> StepResult {
        guard let made = scratch[store] else { return .skipped("\(store) was not restored", [store]) }
        let start = mono
        let assertion = RecordAssertion(entity: entity, rule: rule, condition: condition, now: world.now())
        do {
            let connector = try await world.connector(to: made)
            let result: RecordAssertion.Count
            do {
                result = try await assertion.count(in: connector)
            } catch {
                await connector.close()
                throw error
            }
            await connector.close()
            let (expected, actual, passes) = assertion.judge(result)
            return conclude(
                step, store: store, expected: expected, actual: actual, passes: passes,
                problem: "expected \(expected), found \(actual): \(condition)", since: start)
        } catch {
            return conclude(
                step, store: store, expected: nil, actual: nil, passes: false, problem: words(error), since: start)
        }
    }

    // MARK: Commands and people

    mutating func command(_ step: DrillStep, _ text: String, _ exitCode: Int32) async -> StepResult {
        let start = mono
        var environment = world.commandEnvironment()
        environment["LOCKSTEP_DRILL"] = id
        environment["LOCKSTEP_SNAPSHOT"] = snapshot?.id ?? ""
        for (store, made) in scratch { environment[Self.variable(store)] = made.url }
        let outcome = await DrillCommand(
            text: text, environment: environment, directory: world.directory, timeoutSeconds: step.timeout
        ).run()
        attach("command-\(number).txt", outcome.output)
        if outcome.cancelled {
            wasInterrupted = true
            return .skipped("the drill was interrupted")
        }
        let actual = outcome.exitCode.map { "exit code \($0)" }
        let problem =
            outcome.timedOut
            ? "it did not end within \(DurationWords.format(step.timeout))"
            : outcome.exitCode == nil ? "it could not be started" : "it ended otherwise"
        return conclude(
            step, store: nil, expected: "exit code \(exitCode)", actual: actual,
            passes: outcome.exitCode == exitCode, problem: problem, since: start)
    }

    /// `LOCKSTEP_SCRATCH_ERP`: the scratch store's URL, for commands.
    static func variable(_ store: String) -> String {
        "LOCKSTEP_SCRATCH_" + store.uppercased().replacing("-", with: "_")
    }

    mutating func confirm(_ step: DrillStep, _ question: String, _ person: String?) async -> StepResult {
        let start = mono
        let answer = await world.ask(
            DrillQuestion(text: question, person: person, timeoutSeconds: step.timeout))
        if Task.isCancelled {
            wasInterrupted = true
            return .skipped("the drill was interrupted")
        }
        switch answer {
        case .yes(let name, let remark), .no(let name, let remark):
            let passes = if case .yes = answer { true } else { false }
            people.append(
                DrillReport.Person(role: "confirmed: \(step.name)", name: name, identity: name, answeredAt: utc))
            let said = remark.map { ", and said: \($0)" } ?? ""
            return conclude(
                step, store: nil, expected: "yes", actual: "\(passes ? "yes" : "no"), by \(name)\(said)",
                passes: passes, problem: "\(name) said no", since: start)
        case .timedOut:
            return conclude(
                step, store: nil, expected: "yes", actual: nil, passes: false,
                problem: "nobody answered within \(DurationWords.format(step.timeout))", since: start)
        case .unattended: return .skipped("nobody was there to be asked")
        }
    }

    // MARK: Conclusions

    /// Writes a check of the application down.
    mutating func conclude(
        _ step: DrillStep, level: DrillCheck.Level = .application, suffix: String = "", says: String? = nil,
        store: String?,
        expected: String?, actual: String?, passes: Bool, problem: String, since start: Double
    ) -> StepResult {
        add(
            DrillCheck(
                id: "\(level.rawValue).step-\(number)\(suffix)", level: level,
                name: step.name + (says.map { ": \($0)" } ?? ""),
                store: store, expected: expected, actual: actual, result: passes ? .pass : .fail,
                reason: passes ? nil : problem, seconds: mono - start))
        let stores = store.map { [$0] } ?? []
        return passes ? .done(stores) : .failed(problem, stores)
    }

    mutating func attach(_ name: String, _ bytes: [UInt8]) {
        attachments.append(FinishedDrill.Attachment(name: name, bytes: bytes))
    }

    /// Tab-separated, `\N` for null, as rows are written everywhere.
    private static func text(of rows: QueryRows) -> [UInt8] {
        func line(_ cells: [String?]) -> String {
            cells.map { cell in
                guard let cell else { return "\\N" }
                return cell.replacing("\\", with: "\\\\").replacing("\t", with: "\\t").replacing("\n", with: "\\n")
                    .replacing("\r", with: "\\r")
            }.joined(separator: "\t") + "\n"
        }
        return Array((line(rows.columns) + rows.rows.map(line).joined()).utf8)
    }
}
