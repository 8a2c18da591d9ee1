import Foundation
import LockstepTesting

@testable import LockstepContinuity

/// A repository in a folder, with snapshots of a few bytes.
struct RepositoryFixture: Sendable {
    let folder: TemporaryFolder
    let store: AgedStore
    let repository: Repository

    init(
        mayDelete: @escaping @Sendable (String) -> Bool = { _ in true },
        beforeDeleting: @escaping @Sendable () async throws -> Void = {}
    ) async throws {
        folder = try TemporaryFolder()
        store = AgedStore(
            FileObjectStore(path: folder.path + "/r"), mayDelete: mayDelete, beforeDeleting: beforeDeleting)
        repository = try await Repository.create(at: store)
    }

    static func id(_ number: Int) -> String {
        SnapshotIdentifier.make(cutTime: Int64(number) * 1_000_000, random: "00000000000\(number % 10)")
    }

    static func part(
        _ text: String, in folder: TemporaryFolder, of repository: Repository
    ) async throws -> ObjectReference {
        let path = try folder.write(text, to: "part-\(UUID().uuidString)").path
        return try await repository.putPart(fromFile: path, ending: ".tar.zst")
    }

    /// All but the commit.
    func record(
        _ number: Int, base: StoredSnapshot? = nil, previous: StoredSnapshot? = nil,
        madeFrom: [StoredSnapshot] = [], parts: [String]? = nil
    ) async throws -> SnapshotRecord {
        var references: [ObjectReference] = []
        for text in parts ?? ["part of \(number)"] {
            references.append(try await Self.part(text, in: folder, of: repository))
        }
        let manifest = try await repository.putManifest(Array("manifest \(number)".utf8), ending: ".json")
        return SnapshotRecord(
            repository: repository.identity.id, id: Self.id(number), kind: base == nil ? .full : .increment,
            base: base?.reference, previous: previous?.reference, madeFrom: madeFrom.map(\.id),
            standsFor: madeFrom.last?.reference,
            cutTime: Int64(number) * 1_000_000, begun: 0, ended: 0, clockOffset: 0, stores: [], manifest: manifest,
            parts: references, recipients: [], signer: nil, writer: "tests")
    }

    @discardableResult
    func make(
        _ number: Int, base: StoredSnapshot? = nil, previous: StoredSnapshot? = nil,
        madeFrom: [StoredSnapshot] = [], parts: [String]? = nil
    ) async throws -> StoredSnapshot {
        try await repository.commit(
            try await record(
                number, base: base, previous: previous, madeFrom: madeFrom, parts: parts))
    }

    /// Another process that opens the same folder.
    func reopened() async throws -> Repository { try await Repository.open(at: store) }

    func path(_ name: String) -> String { folder.path + "/r/" + name }

    /// Puts other bytes into an object's place, as a bad disk or hand would.
    func replace(_ name: String, with bytes: some Collection<UInt8>) throws {
        try FileManager.default.removeItem(atPath: path(name))
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    }

    func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name)))) }
}
