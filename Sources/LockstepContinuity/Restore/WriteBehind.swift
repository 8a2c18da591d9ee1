internal import ConnectorKit

/// Writes a table's rows while the next ones are read: blocks of a megabyte, so that handing them over costs little, one
/// on its way at a time, so that no more than two are in memory. Used by one task.
final class WriteBehind: @unchecked Sendable {
    private let writer: any RowTextWriter
    private static let blockBytes = 1 << 20
    private var block = RowText()
    private var pending: Task<Void, any Error>?

    init(_ writer: any RowTextWriter) { self.writer = writer }

    /// Waits for the block before when a new one is full, and begins to write that.
    ///
    /// - Throws: what went wrong with the block before.
    func write(_ rows: RowText) async throws {
        block.bytes += rows.bytes
        block.rowCount += rows.rowCount
        if block.bytes.count >= Self.blockBytes { try await flush() }
    }

    private func flush() async throws {
        guard block.rowCount > 0 else { return }
        try await pending?.value
        let full = block
        block = RowText()
        pending = Task { [writer] in try await writer.write(full) }
    }

    /// - Returns: how many rows the table took.
    func finish() async throws -> Int64 {
        try await flush()
        try await pending?.value
        pending = nil
        return try await writer.finish()
    }

    /// Waits until nothing is written any more, whatever comes of it.
    func settle() async { _ = await pending?.result }
}
