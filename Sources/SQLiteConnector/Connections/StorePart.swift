/// Something with a connection of its own that ends when its connector ends.
protocol StorePart: AnyObject, Sendable {
    func close() async
}

/// Parts that are still in use, without keeping them alive.
struct OpenParts {
    private struct Entry { weak var part: (any StorePart)? }
    private var entries: [Entry] = []

    mutating func add(_ part: any StorePart) {
        entries.removeAll { $0.part == nil }
        entries.append(Entry(part: part))
    }

    mutating func removeAll() -> [any StorePart] {
        defer { entries.removeAll() }
        return entries.compactMap(\.part)
    }
}
