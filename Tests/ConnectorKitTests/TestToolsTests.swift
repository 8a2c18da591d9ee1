import ConnectorKit
import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// The tools that other tests trust.
@Suite struct TestToolsTests {
    private let shell = URL(fileURLWithPath: "/bin/sh")

    @Test func aSeedGivesTheSameNumbersEverywhere() {
        var generator = SeededGenerator(seed: 1_234_567)
        // The first numbers that the authors' own program gives for this seed.
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
    }

    @Test(arguments: ValueType.allCases)
    func generatedValuesHaveTheirTypeAndFitTheirField(_ type: ValueType) {
        var generator = SeededGenerator(seed: UInt64(type.rawValue))
        let field = FieldDescription(
            name: "field", type: type, nativeType: "", isNullable: false, maximumLength: 10, precision: 9, scale: 2,
            integerBits: 16, floatBits: 32, holdsNaN: false, holdsZeroCharacter: false)
        for _ in 0..<200 {
            let value = ValueGenerator.value(for: field, using: &generator)
            #expect(value.type == type)
            #expect(ValueGenerator.fits(value, field))
        }
        #expect(ValueGenerator.extremes(type).allSatisfy { $0.type == type })
    }

    @Test func aSleeperWakesWhenItsTimeHasComeAndNotBefore() async throws {
        let clock = ManualClock()
        async let slept: Void = clock.sleep(for: .seconds(10))
        while clock.sleeperCount == 0 { await Task.yield() }
        clock.advance(by: .seconds(9))
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .seconds(1))
        #expect(clock.sleeperCount == 0)
        try await slept
        #expect(clock.microseconds == 10_000_000)
    }

    @Test func aCancelledSleeperIsTold() async throws {
        let clock = ManualClock()
        let task = Task { try await clock.sleep(for: .seconds(10)) }
        while clock.sleeperCount == 0 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func aTemporaryFolderGoesWithItsObject() throws {
        var folder: TemporaryFolder? = try TemporaryFolder()
        let path = try #require(folder?.path)
        try folder?.write("text", to: "deep/file.txt")
        #expect(try folder?.read("deep/file.txt") == "text")
        folder = nil
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aCommandsOutputErrorAndExitCodeAreCaught() async throws {
        let outcome = try await CommandRun.run(
            shell, ["-c", "cat; echo $WORD; echo oops >&2; exit 3"], environment: ["WORD": "word"], input: "in\n")
        #expect(outcome.standardOutput == "in\nword\n")
        #expect(outcome.standardError == "oops\n")
        #expect(outcome.exitCode == 3)
        #expect(!outcome.wasSignalled)
    }

    @Test func aKilledCommandIsKnownAsKilled() async throws {
        let run = try CommandRun(shell, ["-c", "echo ready; exec sleep 100"])
        #expect(await run.waitFor("ready"))
        run.signal(SIGKILL)
        let outcome = await run.outcome()
        #expect(outcome.wasSignalled)
        #expect(outcome.exitCode == SIGKILL)
        #expect(!outcome.wasTimedOut)
    }

    @Test func aCommandThatHangsIsEnded() async throws {
        let outcome = try await CommandRun.run(shell, ["-c", "exec sleep 100"], timeLimitSeconds: 0.1)
        #expect(outcome.wasTimedOut)
        #expect(outcome.wasSignalled)
    }

    @Test func waitingForWhatIsNeverPrintedEndsWithTheCommand() async throws {
        let run = try CommandRun(shell, ["-c", "echo other"])
        #expect(await run.waitFor("word") == false)
    }

    @Test func aRandomUserDoesTheSameForTheSameSeed() throws {
        func fingerprint(_ seed: UInt64) -> String {
            let store = MemoryStore(entities: [MemoryEntity(ConformanceScratch.description("scratch", types: [.int64]))]
            )
            let habit = RandomUser.Habit(
                entity: "scratch", key: ["id"], keys: (1...8).map { ["id": .int64($0)] },
                fields: [
                    "note": { .text(String($0.integer(0...99))) }, "code": { .text(String($0.integer(0...9))) },
                ])
            let user = RandomUser(store, habits: [habit], seed: seed)
            for _ in 0..<200 { user.act() }
            return store.fingerprint + "\(store.history.map(\.changes))"
        }
        #expect(fingerprint(7) == fingerprint(7))
        #expect(fingerprint(7) != fingerprint(8))
    }
}
