import Dispatch
import Synchronization

/// Does the same to many files on all processors: a project may have hundreds of maps.
enum ConcurrentReading {
    /// Files that are read one after another by one thread: fewer are not worth a second one.
    private static let portion = 8

    /// - Returns: the results in the order of the inputs.
    static func map<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], _ transform: @Sendable (Input) -> Output
    ) -> [Output] {
        guard inputs.count > portion else { return inputs.map(transform) }
        let count = (inputs.count + portion - 1) / portion
        let results = Mutex<[Int: [Output]]>([:])
        DispatchQueue.concurrentPerform(iterations: count) { index in
            let end = min(inputs.count, (index + 1) * portion)
            let outputs = inputs[index * portion..<end].map(transform)
            results.withLock { $0[index] = outputs }
        }
        return results.withLock { known in (0..<count).flatMap { known[$0] ?? [] } }
    }
}
