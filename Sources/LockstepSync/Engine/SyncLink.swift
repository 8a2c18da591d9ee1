public import ConnectorKit
public import LockstepMapping
public import LockstepModel
internal import LockstepState

/// Two stores and the maps that join them: the unit of transaction order.
public struct SyncLink: Sendable {
    public var name: String
    /// Store names, left and right; the maps' sides are in this order.
    public var stores: [String]
    public var connectors: [any Connector]
    public var schemas: [StoreDescription]
    public var maps: [CompiledMap]
    /// Maps that cannot run as they are: they are shown as failed, and what changes meanwhile waits for them.
    public var brokenMaps: [BrokenMap]

    /// - Precondition: two of each, and every map's stores in this order.
    public init(
        name: String, stores: [String], connectors: [any Connector], schemas: [StoreDescription], maps: [CompiledMap],
        brokenMaps: [BrokenMap] = []
    ) {
        precondition(stores.count == 2 && connectors.count == 2 && schemas.count == 2, "a link joins two stores")
        precondition(maps.allSatisfy { $0.stores == stores }, "maps are compiled in the order of their link's stores")
        self.name = name
        self.stores = stores
        self.connectors = zip(Side.allCases, connectors).map { Self.referencing($1, $0, maps) }
        self.schemas = schemas
        self.maps = maps
        self.brokenMaps = brokenMaps
    }

    /// The connector with the paths that the maps use on its side; itself where there are none.
    private static func referencing(_ connector: any Connector, _ side: Side, _ maps: [CompiledMap]) -> any Connector {
        var paths: [String: [FieldPath]] = [:]
        for map in maps {
            let known = paths[map.entities[side.rawValue]] ?? []
            let further = map.paths[side.rawValue].filter { !known.contains($0) }
            paths[map.entities[side.rawValue]] = known + further
        }
        let referencing = ReferencingConnector(connector, paths: paths)
        return referencing.paths.isEmpty ? connector : referencing
    }

    public func store(_ side: Side) -> String { stores[side.rawValue] }
    public func connector(_ side: Side) -> any Connector { connectors[side.rawValue] }
    public func schema(_ side: Side) -> StoreDescription { schemas[side.rawValue] }

    /// The stream of changes from a side; its checkpoint is kept in the opposite store.
    public func lane(from side: Side) -> String { "\(name)/\(store(side))" }

    /// The stream of one map's changes from a side, while the map catches up alone.
    func lane(from side: Side, map: String) -> String { "\(name)/\(store(side))#\(map)" }

    /// Marks in a target that a map's first copy was committed there.
    func copyLane(to side: Side, map: String) -> String { "\(name)/\(store(side))=\(map)" }

    /// Marks in a target that the first copy of several maps was committed there, in one transaction.
    func copyLane(to side: Side, maps: [String]) -> String {
        let names = maps.sorted().joined(separator: "\u{1F}")
        return "\(name)/\(store(side))=\(maps.count)=\(ConflictRecord.digest(of: Array(names.utf8)))"
    }

    /// Counts, in a target, the transactions in which parked records of a side were applied.
    func retryLane(from side: Side) -> String { "\(name)/\(store(side))~" }

    /// The entities whose changes are captured on a side.
    public func capturedEntities(_ side: Side) -> [String] {
        var entities: [String] = []
        for map in maps {
            guard let plan = map.plan(from: side), !entities.contains(plan.sourceEntity) else { continue }
            entities.append(plan.sourceEntity)
        }
        // What a broken map waits for must not get lost; which way it goes is not known.
        for map in brokenMaps where !entities.contains(map.entities[side.rawValue]) {
            let entity = map.entities[side.rawValue]
            if schema(side).entity(entity)?.keys.isEmpty == false { entities.append(entity) }
        }
        return entities
    }

    /// What the link is about to do with a side's entities.
    func accessRequests(_ side: Side) -> [AccessRequest] {
        var purposes: [(entity: String, purposes: Set<AccessRequest.Purpose>)] = []
        for map in maps {
            let entity = map.entities[side.rawValue]
            let place = purposes.firstIndex { $0.entity == entity } ?? purposes.count
            if place == purposes.count { purposes.append((entity, [.read])) }
            if map.plan(from: side) != nil { purposes[place].purposes.insert(.capture) }
            if map.plan(from: side.opposite) != nil { purposes[place].purposes.insert(.write) }
        }
        let kinds: [Set<AccessRequest.Purpose>] = [
            [.read, .capture, .write], [.read, .capture], [.read, .write], [.read],
        ]
        return kinds.compactMap { kind in
            let entities = purposes.filter { $0.purposes == kind }.map(\.entity)
            return entities.isEmpty ? nil : AccessRequest(entities: entities, purposes: kind)
        }
    }
}

/// A map that cannot run as it is, because its stores are not what it was made for.
public struct BrokenMap: Sendable, Hashable {
    public var name: String
    /// Entity names, by side.
    public var entities: [String]
    /// Why, for people.
    public var reason: String

    public init(name: String, entities: [String], reason: String) {
        precondition(entities.count == 2, "a map joins two entities")
        self.name = name
        self.entities = entities
        self.reason = reason
    }
}
