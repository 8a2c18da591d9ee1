internal import ConnectorKit

/// Writes a table's rows while the next ones are read: blocks of a megabyte, so that handing them over costs little, as many
/// on their way as the writer takes, and one more in memory. Used by one task.
final class WriteBehind: @unchecked Sendable {
    private let writer: any RowTextWriter
    private static let blockBytes = 1 << 20
    private var block = RowText()
    private var pending: [Task<Void, any Error>] = []

    init(_ writer: any RowTextWriter) { self.writer = writer }

    /// Begins to write a block that is full, when the writer takes one more.
    ///
    /// - Throws: what went wrong with an earlier block.
    func write(_ rows: RowText) async throws {
        block.bytes += rows.bytes
        block.rowCount += rows.rowCount
        if block.bytes.count >= Self.blockBytes { try await flush() }
    }

    private func flush() async throws {
        guard block.rowCount > 0 else { return }
        if pending.count == writer.width { try await pending.removeFirst().value }
        let full = block
        block = RowText()
        pending.append(Task { [writer] in try await writer.write(full) })
    }

    /// - Returns: how many rows the table took.
    func finish() async throws -> Int64 {
        try await flush()
        while !pending.isEmpty { try await pending.removeFirst().value }
        return try await writer.finish()
    }

    /// Waits until nothing is written any more, whatever comes of it.
    func settle() async {
        for task in pending { _ = await task.result }
    }
}
