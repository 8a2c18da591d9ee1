internal import LockstepMapping
internal import LockstepModel

/// The order in which maps write on a side so that referred records are there before those that refer to them.
enum EntityOrder {
    /// Map indexes, parents first. Cycles are cut where they are met: what that leaves rejected is retried.
    static func mapOrder(_ maps: [CompiledMap], target side: Side, schema: StoreDescription) -> [Int] {
        var order: [Int] = []
        var visited: Set<Int> = []
        func visit(_ index: Int) {
            guard visited.insert(index).inserted else { return }
            let entity = maps[index].entities[side.rawValue]
            for reference in schema.entity(entity)?.references ?? [] where reference.targetEntity != entity {
                for (other, map) in maps.enumerated() where map.entities[side.rawValue] == reference.targetEntity {
                    visit(other)
                }
            }
            order.append(index)
        }
        for index in maps.indices { visit(index) }
        return order
    }
}
