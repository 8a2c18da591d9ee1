import Foundation
import Synchronization

/// Threads for calls that block (files, libcurl): as many at once as there may be open files and connections, and none of
/// Swift's cooperative pool. One ``DedicatedThread`` would let callers wait for each other's disk.
final class BlockingWorkers: Sendable {
    /// Operation queues may be used from any thread; this one is made once and only added to.
    private struct Queue: @unchecked Sendable {
        let operations = OperationQueue()
    }

    private let queue = Queue()

    init(_ label: String, count: Int) {
        queue.operations.name = "lockstep.\(label)"
        queue.operations.maxConcurrentOperationCount = count
    }

    /// Runs a blocking piece of work. When the task is cancelled the work is told by `cancellation`, and this returns
    /// when it ended.
    func run<Output: Sendable>(
        _ work: @escaping @Sendable (_ cancellation: Cancellation) throws -> Output
    ) async throws -> Output {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.operations.addOperation {
                    continuation.resume(
                        with: Result {
                            try cancellation.check()
                            return try work(cancellation)
                        })
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}

/// Tells work outside of Swift's tasks that nobody waits for it any more.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .relaxed) }

    func cancel() { flag.store(true, ordering: .relaxed) }

    func check() throws {
        if isCancelled { throw CancellationError() }
    }
}
