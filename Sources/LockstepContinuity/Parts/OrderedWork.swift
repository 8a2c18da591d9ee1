/// Work on many things side by side whose results are used one after the other, in the order of the things. So many are
/// under way at once that no more results than that are ever held.
func inOrder<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], width: Int, work: @escaping @Sendable (Input) async throws -> Output,
    use: (Output) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: (index: Int, output: Output).self) { group in
        var started = 0
        var used = 0
        var waiting: [Int: Output] = [:]
        func start() {
            let index = started
            let input = inputs[index]
            started += 1
            group.addTask { (index, try await work(input)) }
        }
        while started < min(width, inputs.count) { start() }
        while used < inputs.count {
            guard let result = try await group.next() else { return }
            waiting[result.index] = result.output
            while let output = waiting.removeValue(forKey: used) {
                try await use(output)
                used += 1
                if started < inputs.count { start() }
            }
        }
    }
}
