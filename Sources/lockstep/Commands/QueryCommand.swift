import ArgumentParser

struct QueryCommand: LockstepCommand {
    @OptionGroup var common: CommonOptions
    func perform(_ output: Output) async throws -> ExitStatus { .done }
}
