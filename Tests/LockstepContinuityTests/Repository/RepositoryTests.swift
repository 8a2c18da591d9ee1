import Foundation
import LockstepTesting
import Testing

@testable import LockstepContinuity

struct RepositoryTests {
    // MARK: Making and opening

    @Test(arguments: StoreKind.allCases)
    func aRepositoryIsMadeOnceAndOpenedByAnyone(_ kind: StoreKind) async throws {
        let place = try await kind.make()
        #expect(await code { _ = try await Repository.open(at: place.store) } == .noRepository)
        let made = try await Repository.create(at: place.store)
        #expect(try await Repository.open(at: place.store).identity == made.identity)
        #expect(await code { _ = try await Repository.create(at: place.store) } == .configuration)
        #expect(try await Repository.open(at: place.store).identity == made.identity)
    }

    @Test func aLaterFormatIsTooNewAndAForeignOneDamaged() async throws {
        let fixture = try await RepositoryFixture()
        let text = String(decoding: try fixture.bytes("repository.json"), as: UTF8.self)
        try fixture.replace(
            "repository.json", with: text.replacing("\"minimumReader\":1", with: "\"minimumReader\":2").utf8)
        #expect(await code { _ = try await fixture.reopened() } == .tooNew)
        try fixture.replace("repository.json", with: #"{"format":"lockstep.repository/2","minimumReader":9}"#.utf8)
        #expect(await code { _ = try await fixture.reopened() } == .tooNew)
        try fixture.replace("repository.json", with: text.dropLast(3).utf8)
        #expect(await code { _ = try await fixture.reopened() } == .damaged)
    }

    @Test func snapshotsWithoutADescriptionAreNotTakenForAnEmptyPlace() async throws {
        let fixture = try await RepositoryFixture()
        try await fixture.make(1)
        try await fixture.store.delete("repository.json")
        #expect(await code { _ = try await Repository.create(at: fixture.store) } == .configuration)
    }

    @Test func aServiceThatOverwritesIsRefused() async throws {
        struct Overwriting: ObjectStore {
            let inner: FileObjectStore
            var address: String { inner.address }
            func create(_ name: String, fromFile path: String) async throws -> Bool { true }
            func create(_ name: String, bytes: [UInt8]) async throws -> Bool { true }
            func read(_ name: String, offset: Int64, count: Int) async throws -> [UInt8] { [] }
            func facts(_ name: String) async throws -> ObjectFacts? { nil }
            func list(_ prefix: String) async throws -> [ObjectFacts] { [] }
            func delete(_ name: String) async throws {}
            func sweep(before time: Int64) async throws -> Int64 { 0 }
            func clock() async throws -> Int64 { 0 }
            func close() async {}
        }
        let folder = try TemporaryFolder()
        let store = Overwriting(inner: FileObjectStore(path: folder.path))
        #expect(await code { _ = try await Repository.create(at: store) } == .configuration)
    }

    // MARK: Committing

    @Test(arguments: StoreKind.allCases)
    func aSnapshotIsListedFromItsCommitOnAndNotBefore(_ kind: StoreKind) async throws {
        let place = try await kind.make()
        let repository = try await Repository.create(at: place.store)
        let part = try await RepositoryFixture.part("rows", in: place.folder, of: repository)
        let manifest = try await repository.putManifest([1, 2], ending: ".json.age")
        #expect(try await repository.snapshots().isEmpty)
        var record = SnapshotRecord(
            repository: repository.identity.id, id: RepositoryFixture.id(1), kind: .full, base: nil, previous: nil,
            cutTime: 1_000_000, begun: 0, ended: 0, clockOffset: 0, stores: [], manifest: manifest, parts: [part],
            recipients: ["age1x"], signer: "SHA256:x", writer: "tests")
        record.label = "before the move"
        let stored = try await repository.commit(record) { Array("signed \($0.count)".utf8) }
        let listed = try await repository.snapshots { bytes, signature in
            #expect(signature == Array("signed \(bytes.count)".utf8))
        }
        #expect(listed.map(\.record) == [record])
        #expect(listed.map(\.reference) == [stored.reference])
        #expect(try await repository.bytes(of: record.manifest, limit: 10) == [1, 2])
        #expect(try await repository.signature(of: stored) != nil)
        #expect(part.name == "parts/\(part.sha256.prefix(2))/\(part.sha256).tar.zst")
    }

    @Test func nothingIsCommittedThatLacksAPart() async throws {
        let fixture = try await RepositoryFixture()
        var record = try await fixture.record(1, parts: ["a", "b"])
        try await fixture.store.delete(record.parts[1].name)
        #expect(await code { try await fixture.repository.commit(record) } == .missing)
        record.parts[1] = record.parts[0]
        record.parts[1].size += 1
        #expect(await code { try await fixture.repository.commit(record) } == .damaged)
        record.parts[1] = record.parts[0]
        record.parts[1].name = "snapshots/x"
        #expect(await code { try await fixture.repository.commit(record) } == .hostile)
        record.parts.removeLast()
        try await fixture.store.delete(record.manifest.name)
        #expect(await code { try await fixture.repository.commit(record) } == .missing)
        #expect(try await fixture.repository.snapshots().isEmpty)
    }

    @Test func anIncrementNeedsABaseThatLivesAndIsTheOneItWasMadeOn() async throws {
        let fixture = try await RepositoryFixture()
        let full = try await fixture.make(1)
        var record = try await fixture.record(2, base: full)
        record.base = nil
        #expect(await code { try await fixture.repository.commit(record) } == .configuration)
        record.base = SnapshotReference(id: full.id, sha256: String(repeating: "0", count: 64))
        #expect(await code { try await fixture.repository.commit(record) } == .damaged)
        record.base = SnapshotReference(id: RepositoryFixture.id(9), sha256: full.reference.sha256)
        #expect(await code { try await fixture.repository.commit(record) } == .missing)
        try await fixture.repository.tombstone([full.id], reason: "test")
        record.base = full.reference
        #expect(await code { try await fixture.repository.commit(record) } == .missing)
    }

    @Test func aSignedRecordHasItsSignatureAndAnUnsignedOneNone() async throws {
        let fixture = try await RepositoryFixture()
        var record = try await fixture.record(1)
        #expect(await code { try await fixture.repository.commit(record) { _ in [1] } } == .signature)
        record.signer = "SHA256:x"
        #expect(await code { try await fixture.repository.commit(record) } == .signature)
    }

    @Test(arguments: StoreKind.allCases)
    func twoWritersAtOnceBothSucceedAndOneIdIsGivenOnce(_ kind: StoreKind) async throws {
        let place = try await kind.make()
        let first = try await Repository.create(at: place.store)
        let second = try await Repository.open(at: place.store)
        @Sendable func commit(_ repository: Repository, _ number: Int, _ label: String) async -> ContinuityError.Code? {
            await code {
                let part = try await RepositoryFixture.part("same", in: place.folder, of: repository)
                let manifest = try await repository.putManifest(Array("\(number)".utf8), ending: ".json")
                try await repository.commit(
                    SnapshotRecord(
                        repository: repository.identity.id, id: RepositoryFixture.id(number), kind: .full, base: nil,
                        previous: nil, cutTime: Int64(number), begun: 0, ended: 0, clockOffset: 0, stores: [],
                        manifest: manifest, parts: [part], recipients: [], signer: nil, writer: "tests", label: label))
            }
        }
        async let one = commit(first, 1, "a")
        async let two = commit(second, 2, "b")
        #expect(await [one, two] == [nil, nil])
        async let three = commit(first, 3, "a")
        async let four = commit(second, 3, "b")
        #expect(await Set([three, four]) == [nil, .forbidden])
        #expect(try await first.snapshots().map(\.id) == [1, 2, 3].map(RepositoryFixture.id))
        #expect(try await place.store.list("parts/").count == 1)
    }

    @Test func theSameCommitAgainIsTheSameSnapshot() async throws {
        let fixture = try await RepositoryFixture()
        let record = try await fixture.record(1)
        let stored = try await fixture.repository.commit(record)
        #expect(try await fixture.repository.commit(record) == stored)
    }

    // MARK: Reading

    @Test(arguments: StoreKind.allCases)
    func aPartIsReadWholeAndChecked(_ kind: StoreKind) async throws {
        let place = try await kind.make()
        let repository = try await Repository.create(at: place.store)
        for size in [
            0, 1, VerifiedObjectReader.pieceBytes - 1, VerifiedObjectReader.pieceBytes,
            2 * VerifiedObjectReader.pieceBytes,
        ] {
            let path = try place.file("f", bytes: size, seed: 9)
            let reference = try await repository.putPart(fromFile: path, ending: ".tar.zst")
            let copy = place.folder.path + "/copy-\(size)"
            try await repository.download(reference, to: copy)
            #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data(contentsOf: URL(fileURLWithPath: path)))
        }
    }

    @Test func anObjectThatIsNotWhatItWasIsDamagedWhateverHappenedToIt() async throws {
        let fixture = try await RepositoryFixture()
        let part = try await RepositoryFixture.part("0123456789", in: fixture.folder, of: fixture.repository)
        let good = try fixture.bytes(part.name)
        func read() async -> ContinuityError.Code? {
            await code { try await fixture.repository.download(part, to: fixture.folder.path + "/copy") }
        }
        for length in 0..<good.count {
            try fixture.replace(part.name, with: good.prefix(length))
            #expect(await read() == .damaged)
        }
        for bit in 0..<good.count * 8 {
            var flipped = good
            flipped[bit / 8] ^= 1 << (bit % 8)
            try fixture.replace(part.name, with: flipped)
            #expect(await read() == .damaged)
        }
        try fixture.replace(part.name, with: good + [0])
        #expect(await read() == .damaged)
        try FileManager.default.removeItem(atPath: fixture.path(part.name))
        #expect(await read() == .missing)
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.path + "/copy"))
        try Data(good).write(to: URL(fileURLWithPath: fixture.path(part.name)))
        #expect(await read() == nil)
    }

    @Test func aRecordUnderAnothersNameOrOfAnotherRepositoryIsDamaged() async throws {
        let fixture = try await RepositoryFixture()
        let stranger = try await RepositoryFixture()
        try await fixture.make(1)
        let second = try await fixture.make(2)
        let foreign = try await stranger.make(1)
        let name = RepositoryLayout.snapshot(RepositoryFixture.id(1))
        let good = try fixture.bytes(name)
        for bytes in [second.bytes, foreign.bytes, Array(good.dropLast()), [], Array("{}".utf8)] {
            try fixture.replace(name, with: bytes)
            #expect(await code { _ = try await fixture.repository.snapshots() } == .damaged)
            let survey = try await fixture.repository.survey()
            #expect(survey.snapshots.map(\.id) == [second.id])
            #expect(survey.faults.map(\.object) == [name])
            // Nobody knows what it needs: nothing is taken away.
            #expect(await code { _ = try await fixture.repository.collect(graceSeconds: 0) } == .damaged)
        }
        let later = String(decoding: good, as: UTF8.self).replacing("lockstep.snapshot/1", with: "lockstep.snapshot/2")
        try fixture.replace(name, with: later.utf8)
        #expect(await code { _ = try await fixture.repository.snapshots() } == .tooNew)
    }

    // MARK: Chains

    @Test func aSnapshotThatWasTakenAwayOrReplacedShowsInThoseMadeAfterIt() async throws {
        let fixture = try await RepositoryFixture()
        let first = try await fixture.make(1)
        let second = try await fixture.make(2, previous: first)
        let third = try await fixture.make(3, previous: second)
        let repository = fixture.repository
        #expect(repository.brokenLinks(in: try await repository.survey()).isEmpty)
        var changed = second.record
        changed.label = "not what it was"
        try fixture.replace(RepositoryLayout.snapshot(second.id), with: RepositoryJSON.encode(changed))
        #expect(repository.brokenLinks(in: try await repository.survey()).map(\.code) == [.damaged])
        try FileManager.default.removeItem(atPath: fixture.path(RepositoryLayout.snapshot(second.id)))
        let findings = repository.brokenLinks(in: try await repository.survey())
        #expect(findings.map(\.code) == [.missing])
        #expect(findings.first?.message.contains(third.id) == true)
    }

    @Test func aSnapshotThatWasDroppedIsNoFinding() async throws {
        let fixture = try await RepositoryFixture()
        let first = try await fixture.make(1)
        try await fixture.make(2, previous: first)
        try await fixture.repository.tombstone([first.id], reason: "test")
        fixture.store.pass(seconds: 100)
        #expect(try await fixture.repository.collect(graceSeconds: 50).snapshots == [first.id])
        let survey = try await fixture.repository.survey()
        #expect(fixture.repository.brokenLinks(in: survey).isEmpty)
        #expect(survey.tombstones[first.id]?.tombstone.reason == "test")
    }

    @Test func mergedIncrementsStandForThoseTheyWereMadeOf() async throws {
        let fixture = try await RepositoryFixture()
        let full = try await fixture.make(1)
        let two = try await fixture.make(2, base: full)
        let three = try await fixture.make(3, base: two)
        let four = try await fixture.make(4, base: three)
        let ids = try await fixture.repository.chain(to: four.id).map(\.id)
        #expect(ids == [full.id, two.id, three.id, four.id])
        let merged = try await fixture.make(13, base: full, madeFrom: [two, three])
        #expect(try await fixture.repository.chain(to: four.id).map(\.id) == [full.id, merged.id, four.id])
        let synthetic = try await fixture.make(23, madeFrom: [full, merged, three])
        #expect(try await fixture.repository.chain(to: four.id).map(\.id) == [synthetic.id, four.id])
        #expect(try await fixture.repository.chain(to: three.id).map(\.id) == [synthetic.id])
        try FileManager.default.removeItem(atPath: fixture.path(RepositoryLayout.snapshot(synthetic.id)))
        try FileManager.default.removeItem(atPath: fixture.path(RepositoryLayout.snapshot(full.id)))
        #expect(await code { _ = try await fixture.repository.chain(to: four.id) } == .missing)
        #expect(await code { _ = try await fixture.repository.chain(to: RepositoryFixture.id(7)) } == .notFound)
    }

    @Test func aChainOverAReplacedBaseIsDamaged() async throws {
        let fixture = try await RepositoryFixture()
        let full = try await fixture.make(1)
        let two = try await fixture.make(2, base: full)
        var changed = full.record
        changed.label = "not what it was"
        try fixture.replace(RepositoryLayout.snapshot(full.id), with: RepositoryJSON.encode(changed))
        #expect(await code { _ = try await fixture.repository.chain(to: two.id) } == .damaged)
    }
}
