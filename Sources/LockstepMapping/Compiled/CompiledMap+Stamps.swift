public import LockstepModel

extension CompiledMap {
    /// A stamp of either side as `newest` compares it: times are points in time, null stays null.
    ///
    /// A time without zone is in the zone of the pair that both stamps are of, where they differ in type; else it is of
    /// the same clock as the other one, and microseconds are compared.
    public func comparableStamp(_ value: Value?) -> Value {
        switch value ?? .null {
        case .timestamp(let local): .instant(stampZone?.nearestInstant(local) ?? local)
        case .date(let days): .instant(days * ISOText.microsecondsPerDay)
        case let other: other
        }
    }
}
