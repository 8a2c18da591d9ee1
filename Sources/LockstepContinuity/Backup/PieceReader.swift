internal import ConnectorKit

/// One piece of a table as members: compressed, counted and hashed.
struct EncodedPiece: Sendable {
    var table: String
    var members: [EncodedMember]
    var rows: Int64
    var bytes: Int64
    var hash: RowSetHash
}

/// Reads a piece of a table. A member is cut where it reaches its size, whatever the source thought that a piece was:
/// memory is bounded by that and by the largest row.
struct PieceReader: Sendable {
    static let memberBytes = 16 << 20
    let source: any ArchiveSource
    let store: String
    let level: Int

    func read(_ table: String, _ piece: ArchivePiece) async throws -> EncodedPiece {
        var result = EncodedPiece(table: table, members: [], rows: 0, bytes: 0, hash: RowSetHash())
        var buffer: [UInt8] = []
        var rows: Int64 = 0
        let reader = try await source.rows(of: table, piece: piece)
        do {
            while let block = try await reader.next() {
                buffer += block.bytes
                rows += Int64(block.rowCount)
                if buffer.count >= Self.memberBytes { try flush(&buffer, &rows, piece, &result) }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        if !buffer.isEmpty { try flush(&buffer, &rows, piece, &result) }
        return result
    }

    private func flush(
        _ buffer: inout [UInt8], _ rows: inout Int64, _ piece: ArchivePiece, _ result: inout EncodedPiece
    ) throws {
        let counted = buffer.withUnsafeBytes { result.hash.addLines($0) }
        guard Int64(counted) == rows else {
            throw ContinuityError(
                .source, doing: "reading rows", object: "\(store).\(result.table)",
                message: "\(rows) rows came as \(counted) lines", hint: "this is a defect of the connector")
        }
        let name = MemberName.rows(
            store: store, table: result.table, number: piece.number, cut: result.members.count)
        result.members.append(try EncodedMember(name: name, bytes: buffer, rows: rows, level: level))
        result.rows += rows
        result.bytes += Int64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
        rows = 0
    }
}
