import ArgumentParser
import Foundation

/// Runs one command from its arguments to its exit code.
enum Program {
    static func main() async -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        // A file that may not grow any more (`ulimit -f`) is a full disk, and no reason to die.
        signal(SIGXFSZ, SIG_IGN)
        let work = Task { await run(arguments) }
        Interruption.program.watch { work.cancel() }
        let status = await work.value
        // Exits through the C library, which writes out what is still in the buffers.
        exit(status)
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        do {
            // `--data` alone means all of it; options with a value that may be left out are not the parser's.
            let isVerify = arguments.first == "verify"
            let words = arguments.map { isVerify && $0 == "--data" ? "--data=100%" : $0 }
            var command = try Lockstep.parseAsRoot(words)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                // Help is no command of ours, and not asynchronous.
                try command.run()
            }
            return ExitStatus.done.rawValue
        } catch let error as ExitCode {
            return error.rawValue
        } catch {
            return report(error, wantsJSON: arguments.contains("--json"))
        }
    }

    private static func report(_ error: any Error, wantsJSON: Bool) -> Int32 {
        let parsing = Lockstep.exitCode(for: error)
        if parsing == .success {
            print(Lockstep.fullMessage(for: error))
            return ExitStatus.done.rawValue
        }
        let failure: Failure
        if parsing == .validationFailure {
            let message = Lockstep.message(for: error)
            guard wantsJSON else {
                Output.complain(Lockstep.fullMessage(for: error))
                return ExitStatus.usage.rawValue
            }
            failure = Failure(.usage, message, hint: "`lockstep --help` shows the commands", status: .usage)
        } else {
            failure = Failure(reporting: error, wasInterrupted: Interruption.program.wasAsked)
        }
        let output = Output(isJSON: wantsJSON)
        output.report(failure)
        return failure.status.rawValue
    }
}

/// A command with the options that all have.
protocol LockstepCommand: AsyncParsableCommand {
    var common: CommonOptions { get }

    /// Does the work.
    ///
    /// - Returns: how it ended, when it did not fail.
    func perform(_ output: Output) async throws -> ExitStatus
}

extension LockstepCommand {
    mutating func run() async throws {
        let status = try await perform(Output(isJSON: common.json))
        if status != .done { throw ExitCode(status.rawValue) }
    }
}

/// The options that every command has.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The project's folder. Without it, the folder with lockstep.yaml is looked for here and above.",
            valueName: "dir"))
    var project: String?

    @Flag(help: "Print JSON for programs instead of text for people.")
    var json = false
}
