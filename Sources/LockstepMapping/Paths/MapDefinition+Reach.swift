public import LockstepModel

extension MapDefinition {
    /// The entities, by ``Side``, that the map's paths and references lead to and that the schemas do not describe.
    ///
    /// What a description says of its references may lead on: ask again with what these add, until nothing new comes. A
    /// name may stay for ever, because the store has no such entity; the check of the map says so.
    public func missingEntities(in schemas: (left: StoreDescription, right: StoreDescription)) -> [[String]] {
        var compilation = MapCompilation(definition: self)
        _ = compilation.run(schemas: [schemas.left, schemas.right])
        return compilation.undescribed.map { $0.sorted() }
    }
}
