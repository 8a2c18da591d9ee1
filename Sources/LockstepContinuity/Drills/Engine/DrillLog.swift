/// What happened, line by line; each line begins with the digest of the one before it, so that none can be taken out or
/// changed without all that follow.
struct DrillLog {
    private(set) var lines: [String] = []
    private var previous = String(repeating: "0", count: 64)

    mutating func add(_ text: String, utc: String, mono: Double) {
        let safe = text.replacing("\n", with: " ").replacing("\r", with: " ")
        let line = "\(previous) \(utc) \(mono) \(safe)"
        previous = DrillDigest.sha256(Array(line.utf8))
        lines.append(line)
    }

    var bytes: [UInt8] { Array(lines.map { $0 + "\n" }.joined().utf8) }

    /// The number of the first line that does not follow from the one before it; nil where all do.
    static func brokenLine(in bytes: [UInt8]) -> Int? {
        var previous = String(repeating: "0", count: 64)
        for (index, line) in String(decoding: bytes, as: UTF8.self).split(separator: "\n").enumerated() {
            guard line.hasPrefix(previous + " ") else { return index + 1 }
            previous = DrillDigest.sha256(Array(line.utf8))
        }
        return nil
    }
}
