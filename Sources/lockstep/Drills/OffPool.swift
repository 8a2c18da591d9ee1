import Dispatch

/// Work that waits for a file, a process or a person: on a thread of its own, so that nothing else waits with it.
enum OffPool {
    static func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "lockstep.waiting").async {
                do { continuation.resume(returning: try work()) } catch { continuation.resume(throwing: error) }
            }
        }
    }
}
