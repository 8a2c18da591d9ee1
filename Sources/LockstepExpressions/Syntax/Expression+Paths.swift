extension Expression {
    /// Every path of two or more names in it, once each, its names joined by dots, in the order of first use.
    public var pathNames: [String] {
        var names: [String] = []
        var open = [root]
        while let node = open.popLast() {
            if case .path(let parts) = node.kind, parts.count > 1 {
                let name = parts.joined(separator: ".")
                if !names.contains(name) { names.append(name) }
            }
            open += SyntaxNode.children(of: node.kind).reversed()
        }
        return names
    }
}
