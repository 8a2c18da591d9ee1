import ArgumentParser

struct CompareCommand: LockstepCommand {
    @OptionGroup var common: CommonOptions
    func perform(_ output: Output) async throws -> ExitStatus { .done }
}
