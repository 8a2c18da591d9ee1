internal import LockstepMapping
internal import LockstepModel

/// The order in which maps write on a side so that referred records are there before those that refer to them, and
/// what is written in a second step where references go round in a circle.
struct EntityOrder {
    /// Map indexes, parents first. Circles are cut at fields that can be deferred where there are any; what a cut leaves
    /// rejected is retried.
    let indexes: [Int]
    /// By map index: the fields that may be written after their record.
    let deferrals: [Deferral]
    /// By map index: the maps whose entities its records refer to.
    let edges: [[Int]]

    /// - Parameter side: the side that is written.
    init(_ maps: [CompiledMap], target side: Side, schema: StoreDescription) {
        let references = maps.indices.map { MapReference.all(of: maps, $0, on: side, schema: schema) }
        edges = references.map { Array(Set($0.flatMap(\.maps))).sorted() }
        let groups = StronglyConnected.groups(edges)
        var groupOf = [Int](repeating: 0, count: maps.count)
        for (group, members) in groups.enumerated() { for member in members { groupOf[member] = group } }
        var deferrals: [Deferral] = []
        // By map index: what must be there first even within a circle.
        var firm: [[Int]] = []
        for (index, map) in maps.enumerated() {
            var columns: Set<Int> = []
            var needed: Set<Int> = []
            for reference in references[index] {
                let isWanted = reference.targetColumns.contains { column in
                    map.plan(from: side.opposite).map {
                        map.deferredFields[side.rawValue].contains($0.targetFields[column].name)
                    } ?? false
                }
                let staysInside = reference.maps.contains { groupOf[$0] == groupOf[index] }
                if !reference.deferrableColumns.isEmpty, staysInside || isWanted {
                    columns.formUnion(reference.deferrableColumns)
                } else {
                    needed.formUnion(reference.maps)
                }
            }
            if let plan = map.plan(from: side.opposite) {
                columns.formUnion(Self.named(map.deferredFields[side.rawValue], in: plan))
                deferrals.append(Deferral(plan: plan, columns: columns.sorted()))
            } else {
                deferrals.append(Deferral())
            }
            firm.append(needed.sorted())
        }
        self.deferrals = deferrals
        indexes = groups.flatMap { Self.ordered($0, firm) }
    }

    /// What the map itself says.
    private static func named(_ fields: [String], in plan: DirectionPlan) -> [Int] {
        plan.targetFields.indices.filter {
            fields.contains(plan.targetFields[$0].name) && plan.deferrableSource(ofTarget: $0) != nil
        }
    }

    /// The members of a circle by those of their references that cannot be deferred.
    private static func ordered(_ members: [Int], _ firm: [[Int]]) -> [Int] {
        guard members.count > 1 else { return members }
        let edges = members.map { member in firm[member].compactMap { members.firstIndex(of: $0) } }
        return StronglyConnected.groups(edges).flatMap { $0 }.map { members[$0] }
    }

    /// Maps that reach each other by references on any side that they write: they are copied together.
    ///
    /// - Returns: map indexes, parents first, members in the order of the last of `orders`.
    static func copyGroups(_ orders: [EntityOrder]) -> [[Int]] {
        guard let last = orders.last else { return [] }
        let edges = last.indexes.indices.map { index in orders.flatMap { $0.edges[index] } }
        return StronglyConnected.groups(edges).map { group in last.indexes.filter(group.contains) }
    }
}

/// One reference of a map's records on a side, declared by the store or a path of the map's.
private struct MapReference {
    /// The maps that write the entities that it leads to.
    var maps: [Int]
    /// The fields that say it, and those of them whose null lets the record be without it, as indexes into the target
    /// fields of the plan that writes there.
    var targetColumns: [Int]
    var deferrableColumns: [Int]

    static func all(
        of maps: [CompiledMap], _ index: Int, on side: Side, schema: StoreDescription
    ) -> [MapReference] {
        let map = maps[index]
        guard let plan = map.plan(from: side.opposite) else { return [] }
        func writers(of entities: [String]) -> [Int] {
            maps.indices.filter {
                maps[$0].plan(from: side.opposite) != nil && entities.contains(maps[$0].entities[side.rawValue])
            }
        }
        var references: [MapReference] = []
        let declared = schema.entity(map.entities[side.rawValue])?.references ?? []
        for (place, reference) in declared.enumerated() {
            let columns = plan.targetFields.indices.filter { reference.fields.contains(plan.targetFields[$0].name) }
            let deferrable = columns.filter { plan.deferrableSource(ofTarget: $0) != nil }
            // A field that says another reference, too (the company of both), is left alone where that is enough.
            let own = deferrable.filter { column in
                !declared.enumerated().contains {
                    $0.offset != place && $0.element.fields.contains(plan.targetFields[column].name)
                }
            }
            references.append(
                MapReference(
                    maps: writers(of: [reference.targetEntity]), targetColumns: columns,
                    deferrableColumns: own.isEmpty ? deferrable : own))
        }
        // Paths with one root are looked up together: all of them are deferred, or none.
        var roots: [FieldPath.Hop] = []
        let paths = map.paths[side.rawValue]
        for path in paths where !roots.contains(path.root) {
            roots.append(path.root)
            let group = paths.filter { $0.root == path.root }
            let columns = plan.targetFields.indices.filter { column in
                group.contains { $0.name == plan.targetFields[column].name }
            }
            let isDeferrable = columns.allSatisfy { plan.deferrableSource(ofTarget: $0) != nil }
            references.append(
                MapReference(
                    maps: writers(of: group.flatMap { $0.hops.map(\.entity) }), targetColumns: columns,
                    deferrableColumns: isDeferrable ? columns : []))
        }
        return references
    }
}
