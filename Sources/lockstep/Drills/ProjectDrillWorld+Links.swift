import LockstepContinuity
import LockstepMapping
import Synchronization

extension ProjectDrillWorld {
    func reconcile(link: String, scratch: [String: ScratchStore]) async throws -> Reconciliation {
        try await rehearsal(link, scratch).reconcile()
    }

    func sync(link: String, scratch: [String: ScratchStore]) async throws -> ResumedSync {
        try await rehearsal(link, scratch).resume()
    }

    func switchOver(_ request: SwitchRequest) async throws -> SwitchOutcome {
        guard request.ground == .scratch else {
            throw ContinuityError(
                .configuration, doing: "switching a link over", object: request.link,
                message: "a drill switches scratch stores only", hint: "write `on: scratch`, or leave `on` out")
        }
        return try await rehearsal(request.link, request.scratch).switchOver(request)
    }

    private func rehearsal(_ link: String, _ scratch: [String: ScratchStore]) async throws -> LinkRehearsal {
        if let known = state.withLock({ $0.rehearsals[link] }) { return known }
        let made = try await LinkRehearsal(link: link, scratch: scratch, world: self)
        state.withLock { $0.rehearsals[link] = made }
        return made
    }
}
