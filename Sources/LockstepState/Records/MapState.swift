/// Where a map is in its life. Only some moves are legal; each is kept with who, when and why.
public enum MapState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Never synced, or reset.
    case stopped
    /// The first copy is under way, or was cut short and goes on with the next run.
    case initializing
    /// The copy is done; the stream has not yet passed its end.
    case catchingUp = "catching-up"
    case live
    /// A person holds it: changes wait in the stores' own logs.
    case paused
    /// It stopped itself, with the reason; changes wait.
    case failed

    /// Whether the move from this state to the other is legal. Staying is.
    public func mayMove(to next: MapState) -> Bool {
        if self == next { return true }
        return switch (self, next) {
        case (.stopped, .initializing), (.stopped, .failed): true
        case (.initializing, .catchingUp), (.initializing, .failed), (.initializing, .stopped): true
        case (.catchingUp, .live), (.catchingUp, .failed), (.catchingUp, .paused), (.catchingUp, .stopped): true
        case (.live, .paused), (.live, .failed), (.live, .stopped), (.live, .catchingUp): true
        case (.paused, .catchingUp), (.paused, .stopped), (.paused, .failed): true
        case (.failed, .catchingUp), (.failed, .initializing), (.failed, .stopped), (.failed, .paused): true
        default: false
        }
    }
}
