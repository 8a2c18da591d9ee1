internal import LockstepMapping
internal import LockstepModel

/// The net effect of one map's changes within a chunk: one change a key, in the order in which keys were first met.
///
/// Collapsing is what lets changes be applied set by set; a chunk in which it goes wrong (unique values handed from
/// one record to another) is applied once more change by change.
struct NetChanges {
    struct Change {
        var operation: LockstepModel.Operation
        var key: [UInt8]
        /// The chunk's rows whose image before, and whose image after, count.
        var first: Int
        var last: Int
    }

    private(set) var changes: [Change] = []
    /// The entity was emptied; only changes after that are in `changes`.
    private(set) var isTruncated = false
    /// Some key was changed more than once.
    private(set) var isCollapsed = false
    /// A record is inserted under a key that another one gave up by changing it: only the order of both is right.
    private(set) var handsOnKeys = false
    private var places: [[UInt8]: Int] = [:]
    private var dropped: Set<Int> = []
    /// Keys that records gave up by changing them.
    private var freed: Set<[UInt8]> = []

    /// Adds the change of one row.
    ///
    /// - Parameters:
    ///   - beforeKey: the key that the record had; nil for inserts.
    ///   - afterKey: the key that it has now; nil for deletes.
    mutating func add(_ operation: LockstepModel.Operation, row: Int, beforeKey: [UInt8]?, afterKey: [UInt8]?) {
        if operation == .truncate {
            self = NetChanges()
            isTruncated = true
            return
        }
        guard let key = beforeKey ?? afterKey else { return }
        if let beforeKey, let afterKey, beforeKey != afterKey { freed.insert(beforeKey) }
        if operation == .insert, freed.contains(key) { handsOnKeys = true }
        guard let place = places[key] else {
            register(Change(operation: operation, key: key, first: row, last: row), as: afterKey ?? key)
            return
        }
        isCollapsed = true
        let known = changes[place]
        switch (known.operation, operation) {
        case (.insert, .delete):
            dropped.insert(place)
            places[key] = nil
        case (.update, .delete):
            changes[place].operation = .delete
            changes[place].last = row
        case (.delete, .insert):
            changes[place].operation = .update
            changes[place].last = row
        default:
            changes[place].last = row
            if let afterKey, afterKey != key {
                places[key] = nil
                places[afterKey] = place
            }
        }
    }

    private mutating func register(_ change: Change, as key: [UInt8]) {
        places[key] = changes.count
        changes.append(change)
    }

    /// The changes that remain.
    var remaining: [Change] {
        dropped.isEmpty ? changes : changes.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
    }
}
