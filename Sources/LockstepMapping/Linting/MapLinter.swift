public import LockstepModel

/// Looks at maps the way a careful colleague does: not only whether they can run, but whether they do what they seem to
/// say.
public enum MapLinter {
    /// Everything that can be said of one map.
    ///
    /// - Parameters:
    ///   - schemas: what the stores say of their entities; nil to look at the map's text alone.
    ///   - source: the file's text, for places that the definition does not have.
    /// - Returns: what ``MapCompiler`` says, and more; in the order of the places.
    public static func lint(
        _ definition: MapDefinition, schemas: (left: StoreDescription, right: StoreDescription)?,
        source: SourceText? = nil
    ) -> [Diagnostic] {
        var rules = MapRules(definition: definition, source: source)
        if let schemas {
            rules.diagnostics += MapCompiler.compile(definition, schemas: schemas).diagnostics
            rules.checkEntities([schemas.left, schemas.right])
        } else {
            rules.checkWithoutSchemas()
        }
        rules.check(fillsByStore: schemas.map { [$0.left, $0.right] } ?? [])
        return inOrder(rules.diagnostics)
    }

    /// By place, then by code; what was said twice is said once.
    public static func inOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        var seen: Set<Diagnostic> = []
        return diagnostics.filter { seen.insert($0).inserted }.sorted { left, right in
            (left.location.file, left.location.line, left.location.column, left.code)
                < (right.location.file, right.location.line, right.location.column, right.code)
        }
    }
}

/// The rules for one map on its way.
struct MapRules {
    let definition: MapDefinition
    let source: SourceText?
    /// By side; nil where there is no condition, or it cannot be read.
    let conditions: [Condition?]
    var diagnostics: [Diagnostic] = []

    init(definition: MapDefinition, source: SourceText?) {
        self.definition = definition
        self.source = source
        conditions = definition.filters.map { $0.flatMap(Condition.init) }
    }

    mutating func report(
        _ severity: Diagnostic.Severity, _ code: MapCode, at location: SourceLocation, _ message: String, hint: String
    ) {
        diagnostics.append(Diagnostic(severity, code.rawValue, at: location, message, hint: hint))
    }

    func store(_ side: Side) -> String { definition.stores[side.rawValue] }

    /// Whether a pair is a part of the key.
    func isKey(_ pair: PairDefinition) -> Bool {
        definition.key.contains { pair.fields[0] == $0.fields[0] && pair.fields[1] == $0.fields[1] }
    }

    /// Which ways a pair goes, by source side.
    func ways(of pair: PairDefinition) -> [Bool] {
        Side.allCases.map { source in
            let isOneSided = pair.constant != nil || pair.expression != nil
            return definition.direction.includes(from: source)
                && (isKey(pair) || pair.direction?.includes(from: source) != false)
                && !(isOneSided && pair.fields[source.rawValue] != nil)
        }
    }
}
