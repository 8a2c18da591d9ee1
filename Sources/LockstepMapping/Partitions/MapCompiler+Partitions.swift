public import LockstepModel

/// What became of checking the maps of a link against the schemas of its stores.
public struct CompiledMapsOutcome: Sendable {
    /// Those without an error.
    public var maps: [CompiledMap]
    /// All errors and warnings, map by map in the order of their places; what all partitions of a map share once.
    public var diagnostics: [Diagnostic]

    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

extension MapCompiler {
    /// Maps as the schemas make them: the partition stands in their keys, conditions and pairs, and those whose records
    /// are in no partition are one map again, under the file's name.
    ///
    /// A map whose entities are not in the schemas stays as it is.
    public static func settle(
        _ definitions: [MapDefinition], schemas: (left: StoreDescription, right: StoreDescription)
    ) -> [MapDefinition] {
        var settled: [MapDefinition] = []
        var whole: Set<String> = []
        for definition in definitions {
            var definition = settle(definition, schemas)
            if definition.mapName.partition != nil, definition.partition == nil {
                guard whole.insert(definition.mapName.base).inserted else { continue }
                definition.name.value = definition.mapName.base
            }
            settled.append(definition)
        }
        return settled
    }

    private static func settle(
        _ definition: MapDefinition, _ schemas: (left: StoreDescription, right: StoreDescription)
    ) -> MapDefinition {
        guard definition.partition?.isSettled == false else { return definition }
        var compilation = MapCompilation(definition: definition)
        let isFound = compilation.settle(schemas: [schemas.left, schemas.right])
        // What is wrong is said when the map is compiled, which asks again.
        return isFound && compilation.diagnostics.isEmpty ? compilation.definition : definition
    }

    /// Checks and compiles all maps of a link, settled as ``settle(_:schemas:)`` does.
    public static func compile(
        _ definitions: [MapDefinition], schemas: (left: StoreDescription, right: StoreDescription)
    ) -> CompiledMapsOutcome {
        var outcome = CompiledMapsOutcome(maps: [], diagnostics: [])
        var seen: Set<Diagnostic> = []
        for definition in settle(definitions, schemas: schemas) {
            let compiled = compile(definition, schemas: schemas)
            if let map = compiled.map { outcome.maps.append(map) }
            outcome.diagnostics += compiled.diagnostics.filter { seen.insert($0).inserted }
        }
        return outcome
    }
}
