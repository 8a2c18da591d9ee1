import Foundation

/// Writes a report as a file: all of it or nothing, also when the machine stops half-way.
enum ReportFile {
    static func write(_ text: String, to path: String) throws {
        let target = URL(fileURLWithPath: path)
        let sibling = target.deletingLastPathComponent()
            .appendingPathComponent(".\(target.lastPathComponent).\(UUID().uuidString)")
        do {
            // It shows records: only this user may read it, until somebody hands it on.
            guard
                FileManager.default.createFile(
                    atPath: sibling.path, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw CocoaError(.fileWriteUnknown) }
            let file = try FileHandle(forWritingTo: sibling)
            try file.write(contentsOf: Data(text.utf8))
            try file.synchronize()
            try file.close()
            guard rename(sibling.path, target.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            try? FileManager.default.removeItem(at: sibling)
            throw Failure(
                .cannotWrite, "the report \(path) cannot be written",
                hint: "name a file in a folder that is there and that this user may write")
        }
    }
}
