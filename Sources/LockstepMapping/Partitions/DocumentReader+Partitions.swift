import Yams

extension DocumentReader {
    /// Names of partitions stand in names of maps, which stand in tables, messages and on command lines.
    private static let longestPartition = 63

    /// A list of partitions: not empty, each once.
    ///
    /// - Parameter code: what a wrong list is reported as.
    mutating func partitions(_ node: Node, code: String) -> [Located<String>]? {
        guard let items = items(node, of: "`partitions`") else { return nil }
        if items.isEmpty {
            report(
                code, at: location(node), "`partitions` is empty",
                hint: "name the partitions, or leave the list out to take all of them together")
            return nil
        }
        var partitions: [Located<String>] = []
        for item in items {
            guard let text = text(item, of: "a partition") else { continue }
            if text.value.utf8.count > Self.longestPartition
                || text.value.unicodeScalars.contains(where: { $0.value < 32 })
            {
                report(
                    code, at: text.location, "`\(text.value.prefix(20))…` is no name for a partition",
                    hint: "use one line of \(Self.longestPartition) bytes at most")
            } else if partitions.contains(text) {
                report(code, at: text.location, "partition `\(text.value)` stands twice here", hint: "name it once")
            } else {
                partitions.append(text)
            }
        }
        return partitions
    }
}
