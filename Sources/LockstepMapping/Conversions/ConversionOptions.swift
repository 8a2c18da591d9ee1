/// What a pair allows beyond exact conversion.
struct ConversionOptions: Sendable {
    var loss: PairDefinition.Loss?
    /// The digits after the point that a number is rounded or cut to first; nil for as many as the target keeps.
    var digits: Int?
    /// The zone that times without zone are in; nil where the map does not say.
    var zone: LocalZone?
}
