import Dispatch

/// A thread of its own for blocking C calls: the executor of a connector's actors, so that a slow store never holds a
/// thread of Swift's cooperative pool.
///
/// A serial queue with its own label: Dispatch gives it a thread when there is work and takes it back when idle.
public final class DedicatedThread: SerialExecutor {
    private let queue: DispatchQueue

    public init(_ label: String) {
        queue = DispatchQueue(label: "lockstep.\(label)")
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
}
