/// One promise of the connector contract, and how it is put to the test.
///
/// The same list runs in tests over every connector and over a user's own store.
public struct ConformanceCheck: Sendable, CustomStringConvertible {
    /// Stable and short: `own-writes-stay-silent`.
    public let name: String
    /// What the contract promises, as a sentence.
    public let promise: String
    private let body: @Sendable (ConformanceRun) async throws -> Void

    init(_ name: String, _ promise: String, body: @escaping @Sendable (ConformanceRun) async throws -> Void) {
        self.name = name
        self.promise = promise
        self.body = body
    }

    public var description: String { name }

    /// All checks, those that others rest on first.
    public static let all: [ConformanceCheck] =
        schemaChecks + readingChecks + changeChecks + writingChecks + lookUpChecks + outcomeChecks + valueChecks

    /// Runs the check on a fresh scratch entity, and removes the capture afterwards.
    public func run(_ subject: ConformanceSubject) async -> ConformanceResult {
        do {
            try await subject.prepare()
            let connector = try await subject.connect()
            guard try await connector.identity() == nil else {
                await connector.close()
                return .failed("capture is installed: check a store whose capture is not in use")
            }
            let failure = await failure(ConformanceRun(subject: subject, connector: connector))
            await connector.close()
            // A connector of its own: the check may have closed the other or broken its connection.
            let cleaner = try await subject.connect()
            try await cleaner.removeCapture()
            await cleaner.close()
            return failure.map { .failed($0) } ?? .passed
        } catch {
            return .failed("\(error)")
        }
    }

    private func failure(_ run: ConformanceRun) async -> String? {
        do {
            try await body(run)
            return nil
        } catch let failure as ConformanceFailure {
            return failure.reason
        } catch {
            return "\(error)"
        }
    }
}

/// What a check found.
public enum ConformanceResult: Sendable, Hashable {
    case passed
    /// With the reason; it may hold values of the scratch entity, which are the checks' own.
    case failed(String)
}

/// A promise that was not kept.
struct ConformanceFailure: Error {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}
