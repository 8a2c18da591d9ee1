internal import Foundation

/// A stretch of a file that is stored as a member of its own.
public struct FileCut: Sendable {
    let path: String
    let name: String
    let offset: Int64
    let size: Int64

    /// A part or so each: one is stored, or fetched, while the next is at work.
    private static let usualBytes: Int64 = 64 << 20
    /// The numbers have four digits, so that the order of the names is that of the stretches.
    private static let mostCuts: Int64 = 10_000

    /// A file of any size, cut into members `name.0000`, `name.0001` …; an empty one is one member.
    ///
    /// - Parameter bytes: how many each has, at least.
    static func all(of path: String, name: String, bytes: Int64 = usualBytes) throws -> [FileCut] {
        var facts = stat()
        guard stat(path, &facts) == 0 else { throw PartFile.failure(path) }
        let total = Int64(facts.st_size)
        let step = max(bytes, (total + mostCuts - 1) / mostCuts)
        return stride(from: 0, to: max(total, 1), by: Int64.Stride(step)).enumerated().map { number, offset in
            let digits = String(number)
            return FileCut(
                path: path, name: "\(name).\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)",
                offset: offset, size: min(step, total - offset))
        }
    }

    var isShorter: ContinuityError {
        ContinuityError(
            .source, doing: "reading an image", object: path, message: "it became shorter while it was read",
            hint: "nothing else may write to it")
    }
}
