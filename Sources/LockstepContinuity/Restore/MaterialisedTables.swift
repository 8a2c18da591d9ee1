internal import ConnectorKit
internal import LockstepModel

/// The rows of a store's tables as they were at a snapshot, table by table, whatever full and increments they come from.
struct MaterialisedTables {
    private let reader: SnapshotReader
    private let store: StoreManifest

    init(_ reader: SnapshotReader, store: StoreManifest) {
        self.reader = reader
        self.store = store
    }

    /// Hands over the rows of some tables in blocks, in no order that means anything. Each part is read once.
    ///
    /// - Parameter finished: told when all rows of a table were handed over, mostly before the next one's come.
    /// - Throws: ``ContinuityError`` where something of it is missing or damaged.
    func read(
        _ tables: [String], _ body: (_ table: String, RowText) async throws -> Void,
        finished: (_ table: String) async throws -> Void = { _ in }
    ) async throws {
        var passes: [Pass] = []
        var expected: [String: Int] = [:]
        for table in tables {
            let rows = try reader.content(of: table, store: store.name).rows
            expected[table] = rows.members.count
            Self.add(rows, table, to: &passes)
        }
        let overlays = try await overlays(tables)
        func finish(_ table: String) async throws {
            try await overlays[table]?.forEachChanged { try await body(table, $0) }
            try await finished(table)
        }
        for pass in passes {
            try await forEachBlock(pass) { table, text in
                guard let overlay = overlays[table] else { return try await body(table, text) }
                let rest = try overlay.unchanged(text)
                if rest.rowCount > 0 { try await body(table, rest) }
            } memberEnded: { table in
                expected[table, default: 0] -= 1
                if expected[table] == 0 { try await finish(table) }
            }
        }
        // Those that have no rows but what was added since.
        for table in tables where try reader.content(of: table, store: store.name).rows.members.isEmpty {
            try await finish(table)
        }
    }

    /// Members of one snapshot that are wanted, with the tables that they are of.
    private struct Pass {
        var reader: SnapshotReader
        var tables: [String: String] = [:]
    }

    private static func add(
        _ content: (reader: SnapshotReader, members: [String]), _ table: String, to passes: inout [Pass]
    ) {
        let place = passes.firstIndex { $0.reader === content.reader } ?? passes.endIndex
        if place == passes.endIndex { passes.append(Pass(reader: content.reader)) }
        for member in content.members { passes[place].tables[member] = table }
    }

    /// What changed in some tables since all their rows were stored; none where nothing did.
    func overlays(_ tables: [String]) async throws -> [String: DeltaOverlay] {
        var steps: [Pass] = []
        for table in tables {
            for change in try reader.content(of: table, store: store.name).changes {
                Self.add(change, table, to: &steps)
            }
        }
        var overlays: [String: DeltaOverlay] = [:]
        for step in reader.chain.compactMap({ link in steps.first { $0.reader === link } }) {
            for table in Set(step.tables.values) where overlays[table] == nil {
                overlays[table] = try await overlay(table, number: overlays.count)
            }
            try await forEachBlock(step) { table, text in
                try RowTextFields.forEachLine(text) { line in
                    guard let change = DeltaText.parse(line) else {
                        throw ContinuityError(
                            .damaged, doing: "reading an increment", object: "\(store.name).\(table)",
                            message: "a line of \(step.reader.snapshot.id) is no change",
                            hint: "verify the snapshot with --data; take an older one")
                    }
                    try overlays[table]?.add(change)
                }
            }
        }
        return overlays
    }

    private func overlay(_ table: String, number: Int) async throws -> DeltaOverlay {
        guard let archived = store.schema.table(table),
            let keys = RowKeys(fields: archived.entity.fields.map(\.name), key: archived.key)
        else {
            throw ContinuityError(
                .damaged, doing: "reading an increment", object: "\(store.name).\(table)",
                message: "there are changes of a table without a key", hint: "take an older snapshot")
        }
        return try DeltaOverlay(keys, path: await reader.scratchFile("changes-\(number).db"))
    }

    /// Reads members in the order of their parts, checked as ``SnapshotReader`` checks them.
    private func forEachBlock(
        _ pass: Pass, _ body: (String, RowText) async throws -> Void,
        memberEnded: (String) async throws -> Void = { _ in }
    ) async throws {
        let reader = pass.reader
        var found = 0
        let parts = reader.manifest.parts.filter { $0.members.contains { pass.tables[$0.name] != nil } }
        for (number, part) in parts.enumerated() {
            try await reader.openPart(part, next: parts.dropFirst(number + 1).first)
            while let member = try await reader.nextMember() {
                guard let table = pass.tables[member.name] else { continue }
                found += 1
                try await read(member, from: reader) { try await body(table, $0) }
                try await memberEnded(table)
            }
        }
        guard found == pass.tables.count else {
            throw ContinuityError(
                .damaged, doing: "reading rows", object: reader.snapshot.id,
                message: "it names \(pass.tables.count - found) members that are in none of its parts",
                hint: "take an older snapshot")
        }
    }

    private func read(
        _ member: MemberManifest, from reader: SnapshotReader, _ body: (RowText) async throws -> Void
    ) async throws {
        var cutter = LineCutter()
        var rows: Int64 = 0
        while case let bytes = try await reader.read(), !bytes.isEmpty {
            let text = cutter.add(bytes)
            guard !text.bytes.isEmpty else { continue }
            try Task.checkCancellation()
            rows += Int64(text.rowCount)
            try await body(text)
        }
        guard cutter.isAtLineEnd, member.rows == nil || rows == member.rows else {
            throw ContinuityError(
                .damaged, doing: "restoring", object: member.name, message: "it does not end with a whole row",
                hint: "verify the snapshot with --data; take an older one")
        }
    }
}
