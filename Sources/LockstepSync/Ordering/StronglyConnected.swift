/// Groups of nodes that reach each other (R. Tarjan, "Depth-first search and linear graph algorithms", 1972).
enum StronglyConnected {
    /// - Parameter edges: by node, the nodes that it refers to; an edge to itself is allowed.
    /// - Returns: the groups, those that are referred to first; within that, in the order of their nodes.
    static func groups(_ edges: [[Int]]) -> [[Int]] {
        var search = Search(edges: edges)
        for node in edges.indices where search.numbers[node] == nil { search.visit(node) }
        return search.groups
    }

    private struct Search {
        let edges: [[Int]]
        /// By node: when it was met first, and the earliest open node that it reaches.
        var numbers: [Int?]
        var lowest: [Int]
        var isOpen: [Bool]
        var open: [Int] = []
        var next = 0
        var groups: [[Int]] = []

        init(edges: [[Int]]) {
            self.edges = edges
            numbers = Array(repeating: nil, count: edges.count)
            lowest = Array(repeating: 0, count: edges.count)
            isOpen = Array(repeating: false, count: edges.count)
        }

        /// As deep as the longest chain of references between maps.
        mutating func visit(_ node: Int) {
            let number = next
            next += 1
            numbers[node] = number
            lowest[node] = number
            open.append(node)
            isOpen[node] = true
            for other in edges[node] {
                if let known = numbers[other] {
                    if isOpen[other] { lowest[node] = min(lowest[node], known) }
                } else {
                    visit(other)
                    lowest[node] = min(lowest[node], lowest[other])
                }
            }
            guard lowest[node] == number, let start = open.lastIndex(of: node) else { return }
            let group = open[start...].sorted()
            open.removeSubrange(start...)
            for member in group { isOpen[member] = false }
            groups.append(group)
        }
    }
}
