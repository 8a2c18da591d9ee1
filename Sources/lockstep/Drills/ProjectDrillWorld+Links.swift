import ConnectorKit
import LockstepContinuity
import LockstepMapping
import Synchronization

extension ProjectDrillWorld {
    func reconcile(link: String, scratch: [String: ScratchStore]) async throws -> Reconciliation {
        try await told("comparing a link", link) { try await rehearsal(link, scratch).reconcile() }
    }

    func sync(link: String, scratch: [String: ScratchStore]) async throws -> ResumedSync {
        try await told("syncing a link", link) { try await rehearsal(link, scratch).resume() }
    }

    func switchOver(_ request: SwitchRequest) async throws -> SwitchOutcome {
        guard request.ground == .scratch else {
            throw ContinuityError(
                .configuration, doing: "switching a link over", object: request.link,
                message: "a drill switches scratch stores only", hint: "write `on: scratch`, or leave `on` out")
        }
        return try await told("switching a link over", request.link) {
            try await rehearsal(request.link, request.scratch).switchOver(request)
        }
    }

    private func rehearsal(_ link: String, _ scratch: [String: ScratchStore]) async throws -> LinkRehearsal {
        if let known = state.withLock({ $0.rehearsals[link] }) { return known }
        let made = try await LinkRehearsal(link: link, scratch: scratch, world: self)
        state.withLock { $0.rehearsals[link] = made }
        return made
    }

    /// What goes wrong in rooms that drills do not know, in words that they do.
    func told<Result: Sendable>(
        _ doing: String, _ object: String, _ work: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await work()
        } catch let error where error is ContinuityError || error is ConnectorError || error is CancellationError {
            throw error
        } catch {
            let failure = Failure(reporting: error, wasInterrupted: false)
            throw ContinuityError(
                .init(failure.code), doing: doing, object: object, message: failure.message, hint: failure.hint)
        }
    }
}
