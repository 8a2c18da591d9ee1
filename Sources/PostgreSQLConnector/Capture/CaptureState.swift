import Synchronization

/// What a connector's readers and sessions tell each other.
final class CaptureState: Sendable {
    private struct State {
        var strictLanes: Set<String> = []
        var released: UInt64 = 0
        var openReaderCount = 0
    }
    private let state = Mutex(State())

    /// Lanes whose last commit failed on a deferred constraint: their next transaction checks constraints at once.
    func isStrict(_ lane: String) -> Bool { state.withLock { $0.strictLanes.contains(lane) } }

    func setStrict(_ lane: String, _ isStrict: Bool) {
        state.withLock { state in
            if isStrict { state.strictLanes.insert(lane) } else { state.strictLanes.remove(lane) }
        }
    }

    /// The LSN up to which the server may forget.
    var released: UInt64 { state.withLock { $0.released } }

    /// - Returns: whether an open reader will tell the server.
    func release(_ position: UInt64) -> Bool {
        state.withLock { state in
            state.released = max(state.released, position)
            return state.openReaderCount > 0
        }
    }

    func readerOpened() { state.withLock { $0.openReaderCount += 1 } }
    func readerClosed() { state.withLock { $0.openReaderCount -= 1 } }
}
