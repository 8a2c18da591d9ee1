internal import ConnectorKit

/// One piece of a table as members: compressed, counted and hashed.
struct EncodedPiece: Sendable {
    var table: String
    var members: [EncodedMember]
    var rows: Int64
    var bytes: Int64
    var hash: RowSetHash
}

/// Reads a piece of a table: all of it, or what is not as the base had it. A member is cut where it reaches its size,
/// whatever the source thought that a piece was: memory is bounded by that and by the largest row.
struct PieceReader: Sendable {
    static let memberBytes = 16 << 20
    let source: any ArchiveSource
    let store: String
    let level: Int
    /// By table.
    let readings: [String: TableReading]

    func read(_ table: String, _ piece: ArchivePiece) async throws -> EncodedPiece {
        var result = EncodedPiece(table: table, members: [], rows: 0, bytes: 0, hash: RowSetHash())
        var member = Member()
        let reading = readings[table] ?? TableReading()
        let reader = try await source.rows(of: table, piece: piece)
        do {
            while let block = try await reader.next() {
                result.rows += Int64(block.rowCount)
                result.bytes += Int64(block.bytes.count)
                let counted: Int
                if let keys = reading.keys, reading.indexing != nil || reading.base != nil {
                    counted = try await compare(block, keys, reading, &member, &result)
                } else {
                    counted = block.bytes.withUnsafeBytes { result.hash.addLines($0) }
                    member.bytes += block.bytes
                    member.rows += Int64(counted)
                }
                guard counted == block.rowCount else { throw miscounted(table, block.rowCount, counted) }
                if member.bytes.count >= Self.memberBytes { try flush(&member, piece.number, reading, &result) }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        try flush(&member, piece.number, reading, &result)
        return result
    }

    private struct Member {
        var bytes: [UInt8] = []
        var rows: Int64 = 0
    }

    /// Notes what each row is, and keeps it where the base did not have it so.
    ///
    /// - Returns: how many lines there were.
    private func compare(
        _ block: RowText, _ keys: RowKeys, _ reading: TableReading, _ member: inout Member,
        _ result: inout EncodedPiece
    ) async throws -> Int {
        var fingerprints: [RowFingerprint] = []
        fingerprints.reserveCapacity(block.rowCount)
        var seen: [Int] = []
        var changed: Int64 = 0
        try RowTextFields.forEachLine(block) { line in
            let fingerprint = keys.fingerprint(line)
            fingerprints.append(fingerprint)
            guard let base = reading.base else { return }
            if let known = base.find(fingerprint.key) {
                seen.append(known.place)
                if known.row == fingerprint.row { return }
            }
            DeltaText.appendUpsert(fingerprint.key, line, to: &member.bytes)
            changed += 1
        }
        for fingerprint in fingerprints { result.hash.add(fingerprint) }
        if reading.base == nil {
            member.bytes += block.bytes
            changed = Int64(fingerprints.count)
        }
        member.rows += changed
        if let base = reading.base, !base.note(seen) {
            throw IncrementImpossible(reason: "two rows of \(store).\(result.table) have the same key")
        }
        try await reading.indexing?.add(fingerprints)
        return fingerprints.count
    }

    private func miscounted(_ table: String, _ stated: Int, _ counted: Int) -> ContinuityError {
        ContinuityError(
            .source, doing: "reading rows", object: "\(store).\(table)",
            message: "\(stated) rows came as \(counted) lines", hint: "this is a defect of the connector")
    }

    private func flush(
        _ member: inout Member, _ number: Int, _ reading: TableReading, _ result: inout EncodedPiece
    ) throws {
        guard member.rows > 0 else { return }
        let cut = result.members.count
        let name =
            reading.base == nil
            ? MemberName.rows(store: store, table: result.table, number: number, cut: cut)
            : MemberName.changes(store: store, table: result.table, number: number, cut: cut)
        result.members.append(
            try EncodedMember(name: name, bytes: member.bytes, rows: member.rows, level: level))
        member.bytes.removeAll(keepingCapacity: true)
        member.rows = 0
    }

    /// The rows that the base had and that are not there any more, as members behind those of the table's pieces.
    func deletes(_ table: String, after pieceCount: Int, _ body: (EncodedMember) async throws -> Void) async throws {
        guard let base = readings[table]?.base else { return }
        var start = 0
        var cut = 0
        while let found = base.unseen(from: start, limit: 100_000) {
            start = found.next
            guard !found.keys.isEmpty else { continue }
            var bytes: [UInt8] = []
            for key in found.keys { DeltaText.appendDelete(key, to: &bytes) }
            let name = MemberName.changes(store: store, table: table, number: pieceCount, cut: cut)
            try await body(EncodedMember(name: name, bytes: bytes, rows: Int64(found.keys.count), level: level))
            cut += 1
        }
    }
}
