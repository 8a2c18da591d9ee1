internal import ConnectorKit

/// Writes a table's rows while the next ones are read: one block is on its way at a time, so that no more than two are in
/// memory. Used by one task.
final class WriteBehind: @unchecked Sendable {
    private let writer: any RowTextWriter
    private var pending: Task<Void, any Error>?

    init(_ writer: any RowTextWriter) { self.writer = writer }

    /// Waits for the block before, and begins to write this one.
    ///
    /// - Throws: what went wrong with the block before.
    func write(_ rows: RowText) async throws {
        try await pending?.value
        pending = Task { [writer] in try await writer.write(rows) }
    }

    /// - Returns: how many rows the table took.
    func finish() async throws -> Int64 {
        try await pending?.value
        pending = nil
        return try await writer.finish()
    }

    /// Waits until nothing is written any more, whatever comes of it.
    func settle() async { _ = await pending?.result }
}
