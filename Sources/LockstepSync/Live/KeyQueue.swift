internal import ConnectorKit
internal import LockstepModel

/// While changes are applied one by one: the keys whose changes were refused, so that later changes of them wait.
struct KeyQueue {
    /// Nothing waits where each key has one change only.
    let isOpen: Bool
    private var blocked: Set<Entry> = []

    private struct Entry: Hashable {
        var part: Int
        var key: [UInt8]
    }

    static let rejection = Rejection(
        cause: .other, constraint: ParkingCode.follows, message: "an earlier change of the record is parked")

    init(isOpen: Bool) { self.isOpen = isOpen }

    /// Whether a change comes behind a refused one; its own keys then wait, too.
    mutating func mustWait(_ change: NetChanges.Change, _ part: MappedChunk, _ index: Int) -> Bool {
        guard isOpen, !blocked.isEmpty, !blocked.isDisjoint(with: entries(change, part, index)) else { return false }
        block(change, part, index)
        return true
    }

    mutating func block(_ change: NetChanges.Change, _ part: MappedChunk, _ index: Int) {
        if isOpen { blocked.formUnion(entries(change, part, index)) }
    }

    private func entries(_ change: NetChanges.Change, _ part: MappedChunk, _ index: Int) -> Set<Entry> {
        var keys = [Entry(part: index, key: change.key)]
        if change.operation != .delete { keys.append(Entry(part: index, key: part.keyAfter(change.last))) }
        return Set(keys)
    }
}
