public import LockstepModel

/// What became of checking a map against the schemas of its stores.
public struct CompiledMapOutcome: Sendable {
    /// Nil where there is an error.
    public var map: CompiledMap?
    /// All errors and warnings, in the order of their places.
    public var diagnostics: [Diagnostic]

    public init(map: CompiledMap?, diagnostics: [Diagnostic]) {
        self.map = map
        self.diagnostics = diagnostics
    }
}

/// Checks maps against the stores' schemas and compiles them into what the engine runs.
public enum MapCompiler {
    /// - Parameter schemas: what either store says of its entities; at least those that the map names.
    /// - Returns: everything that is wrong at once, and a map where no error is.
    public static func compile(
        _ definition: MapDefinition, schemas: (left: StoreDescription, right: StoreDescription)
    ) -> CompiledMapOutcome {
        var compilation = MapCompilation(definition: definition)
        var map = compilation.run(schemas: [schemas.left, schemas.right])
        let matchRules = compilation.entities.count == 2 ? compilation.matchRules() : []
        map?.matchRules = matchRules
        let diagnostics = compilation.diagnostics.sorted { left, right in
            (left.location.line, left.location.column, left.code)
                < (right.location.line, right.location.column, right.code)
        }
        let hasErrors = diagnostics.contains { $0.severity == .error }
        return CompiledMapOutcome(map: hasErrors ? nil : map, diagnostics: diagnostics)
    }
}

/// A map on its way from a definition to plans: what is known of it, and what is wrong with it.
struct MapCompilation {
    var definition: MapDefinition
    /// By side.
    var entities: [EntityDescription] = []
    var pairs: [CheckedPair] = []
    /// By side.
    var filters: [CheckedFormula?] = [nil, nil]
    /// By side.
    var resolvers: [PathResolver] = []
    /// By side: the first steps of paths, and what records have in common with those that they refer to.
    var sharedByRoot: [[(hop: FieldPath.Hop, shared: [FieldPath.SharedField])]] = [[], []]
    /// By side: entities that references lead to and of which nothing is known.
    var undescribed: [Set<String>] = [[], []]
    /// By side: paths that expressions name.
    var namedPaths: [[FieldPath]] = [[], []]
    /// By side: the field, or path, by which records say their partition; nil where they have none.
    var partitionFields: [String?] = [nil, nil]
    private(set) var diagnostics: [Diagnostic] = []

    init(definition: MapDefinition) { self.definition = definition }

    mutating func error(_ code: MapCode, at location: SourceLocation, _ message: String, hint: String) {
        diagnostics.append(Diagnostic(.error, code.rawValue, at: location, message, hint: hint))
    }

    mutating func warn(_ code: MapCode, at location: SourceLocation, _ message: String, hint: String) {
        diagnostics.append(Diagnostic(.warning, code.rawValue, at: location, message, hint: hint))
    }

    func store(_ side: Side) -> String { definition.stores[side.rawValue] }

    mutating func run(schemas: [StoreDescription]) -> CompiledMap? {
        guard settle(schemas: schemas) else { return nil }
        checkKey()
        resolvePairs()
        checkRoots()
        for index in pairs.indices { checkPair(index) }
        for source in Side.allCases where definition.direction.includes(from: source) { checkTarget(of: source) }
        checkRules()
        for side in Side.allCases {
            filters[side.rawValue] = definition.filters[side.rawValue].flatMap { condition($0, side) }
        }
        guard !diagnostics.contains(where: { $0.severity == .error }) else { return nil }
        let plans = Side.allCases.map { source in
            definition.direction.includes(from: source) ? plan(from: source) : nil
        }
        var map = CompiledMap(
            name: definition.name.value, stores: definition.stores, entities: entities.map(\.name),
            direction: definition.direction, overlapRule: definition.overlap?.value ?? .manual,
            deleteRule: definition.deleteRule, propagatesDeletes: definition.propagatesDeletes,
            deleteGuard: definition.deleteGuard, leaveRule: definition.leaveRule,
            fingerprint: MapFingerprint.of(definition), plans: plans,
            paths: Side.allCases.map { paths($0, plans) }, deferredFields: Side.allCases.map(deferredFields))
        map.stampZone = stampZone
        return map
    }

    /// Finds the entities, and what the map means beside them; false where one of them is not there.
    mutating func settle(schemas: [StoreDescription]) -> Bool {
        guard findEntities(schemas) else { return false }
        resolvers = schemas.map(PathResolver.init)
        declareReferences()
        settlePartition()
        return true
    }

    private mutating func findEntities(_ schemas: [StoreDescription]) -> Bool {
        for side in Side.allCases {
            let name = definition.entities[side.rawValue]
            if let entity = schemas[side.rawValue].entity(name.value) {
                entities.append(entity)
            } else {
                error(
                    .unknownEntity, at: name.location, "store `\(store(side))` has no entity `\(name.value)`",
                    hint: Suggestion.hint(for: name.value, among: schemas[side.rawValue].entities.map(\.name)))
            }
        }
        return entities.count == 2
    }

    // MARK: Key

    private mutating func checkKey() {
        guard let first = definition.key.first else { return }
        for side in Side.allCases {
            let names = definition.key.map { $0.fields[side.rawValue].value }
            let entity = entities[side.rawValue]
            let fields = names.compactMap { found($0, side) }
            guard fields.count == names.count else { continue }
            // What stands behind a path are the fields that refer.
            let own = fields.flatMap { $0.path?.root.fields ?? [$0.name] }
            if Set(names).count != names.count {
                error(.keyNotUnique, at: first.location, "the key names a field twice", hint: "name each field once")
            } else if !entity.hasKey(own) {
                keyNotUnique(own, side, at: first.location)
            }
        }
        for part in definition.key { checkTypes(of: part) }
    }

    private mutating func keyNotUnique(_ fields: [String], _ side: Side, at place: SourceLocation) {
        let entity = entities[side.rawValue]
        let names = "(\(fields.joined(separator: ", ")))"
        if let partition = partitionFields[side.rawValue], let field = found(partition, side),
            entity.hasKey(fields + (field.path?.root.fields ?? [partition]))
        {
            return error(
                .badPartitionField, at: place,
                "\(names) tells records of `\(entity.name)` in `\(store(side))` apart only within `\(partition)`, and "
                    + "`\(entities[side.opposite.rawValue].name)` has no partition",
                hint: "give the other side a partition field, or the entity a key without its partition")
        }
        error(
            .keyNotUnique, at: place,
            "\(names) is no primary or unique key of `\(entity.name)` in `\(store(side))`",
            hint: Self.keysHint(entity))
    }

    private mutating func checkTypes(of part: MapDefinition.KeyPart) {
        guard let left = found(part.fields[0].value, .left), let right = found(part.fields[1].value, .right),
            !Self.compareAlike(left, right)
        else { return }
        error(
            .keyTypesDiffer, at: part.location,
            "`\(left.name)` (\(left.type.name)) and `\(right.name)` (\(right.type.name)) do not compare and sort alike",
            hint: "key fields need the same type on both sides; integers and decimals count as one")
    }

    // MARK: Rules

    private mutating func checkRules() {
        if let overlap = definition.overlap {
            if case .newest(let left, let right) = overlap.value {
                let leftField = stamp(Located(left, at: overlap.location), .left)
                let rightField = stamp(Located(right, at: overlap.location), .right)
                if let leftField, let rightField { checkStamps(leftField, rightField, at: overlap.location) }
            }
            return
        }
        guard definition.direction == .both,
            let pair = pairs.first(where: { $0.goes == [true, true] && !$0.isKey && $0.definition?.owner == nil })
        else { return }
        warn(
            .noRule, at: pair.location,
            "both sides may write this field, and no rule says who wins: overlaps wait for a person",
            hint: "write `conflicts: {overlap: \(store(.left))}`, name an `owner`, or say `overlap: manual`")
    }

    /// A field that `newest` compares: of the record itself, which is what was changed.
    private mutating func stamp(_ name: Located<String>, _ side: Side) -> FieldDescription? {
        guard name.value.contains("."), entities[side.rawValue].field(name.value) == nil else {
            return field(name, side)
        }
        error(
            .stampIsPath, at: name.location,
            "`newest` compares fields of the record itself, and `\(name.value)` is a path to another one's",
            hint: "name the field of `\(entities[side.rawValue].name)` that says when it was changed")
        return nil
    }

    private mutating func checkStamps(
        _ left: FieldDescription, _ right: FieldDescription, at location: SourceLocation
    ) {
        let comparable: Set<ValueType> = [.timestamp, .instant, .date, .int64, .decimal]
        let types = Set([left.type, right.type])
        if types.isSubset(of: comparable) && (types.count == 1 || types == [.int64, .decimal]) { return }
        if types == [.timestamp, .instant], stampZone != nil { return }
        error(
            .stampNotComparable, at: location,
            "`\(left.name)` (\(left.type.name)) and `\(right.name)` (\(right.type.name)) cannot be compared",
            hint: types == [.timestamp, .instant]
                ? "list the two as a pair with the `zone` that the times without zone are in, or name the store that wins"
                : "`newest` needs times, or numbers, of one type on both sides; otherwise name the store that wins")
    }
}
