/// What a pair allows beyond exact conversion.
struct ConversionOptions: Sendable, Hashable {
    var loss: PairDefinition.Loss?
    /// Times without zone stand for UTC.
    var readsTimesAsUTC = false
}
