internal import ConnectorKit
internal import Foundation

/// A snapshot that is being read: its manifest, opened and checked against the record, and its parts one by one.
///
/// Each part is fetched to a scratch file, found to be what the record says, and only then opened.
public actor SnapshotReader {
    private let thread = DedicatedThread("archive.reading")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    public nonisolated let snapshot: StoredSnapshot
    public nonisolated let manifest: Manifest
    /// What an increment was made on; nil for a full.
    nonisolated let base: SnapshotReader?
    private let repository: Repository
    private let keyring: Keyring
    private let scratch: ScratchFolder
    private var open: (reader: PartReader, path: String)?
    private var fetched = 0
    private var ahead: Fetching?

    /// Manifests are read whole.
    private static let largestManifest = 256 << 20

    /// - Parameter check: checks what stands for a base that is gone; nil where signatures are not asked for. The snapshot
    ///   itself was checked when it was found.
    /// - Throws: ``ContinuityError``: `wrongKey` where the keyring does not open it; `damaged` where a manifest is another
    ///   one than its record means; `missing` where a base is.
    public init(
        _ snapshot: StoredSnapshot, in repository: Repository, keyring: Keyring, check: RecordCheck?
    ) async throws {
        var base: SnapshotReader?
        for link in try await Self.chain(endingWith: snapshot, in: repository, check: check).dropLast() {
            base = try await SnapshotReader(link, on: base, in: repository, keyring: keyring)
        }
        try await self.init(snapshot, on: base, in: repository, keyring: keyring)
    }

    private init(
        _ snapshot: StoredSnapshot, on base: SnapshotReader?, in repository: Repository, keyring: Keyring
    ) async throws {
        self.snapshot = snapshot
        self.base = base
        self.repository = repository
        self.keyring = keyring
        scratch = try ScratchFolder()
        let reference = snapshot.record.manifest
        let stored = try await repository.bytes(of: reference, limit: Self.largestManifest)
        let bytes = try keyring.open(stored, objectName: reference.name)
        do {
            manifest = try CanonicalJSON.decode(Manifest.self, from: bytes)
        } catch var error as ContinuityError {
            error.object = reference.name
            throw error
        }
        try Self.check(manifest, of: snapshot.record)
    }

    /// The record names its base by digest, so that one that is not the same is found out, signed or not. Where a base is
    /// gone, a synthetic full may stand for it: anybody could say so, so its signature counts.
    private static func chain(
        endingWith snapshot: StoredSnapshot, in repository: Repository, check: RecordCheck?
    ) async throws -> [StoredSnapshot] {
        var chain = [snapshot]
        while let first = chain.first, first.record.kind == .increment {
            guard let reference = first.record.base else { throw missingBase(first, "the increment names no base") }
            let base: StoredSnapshot
            do {
                base = try await repository.snapshot(reference.id)
            } catch let error as ContinuityError where error.code == .notFound {
                let survey = try await repository.survey(check: check)
                guard let other = try Repository.chain(endingWith: snapshot, in: survey) else {
                    throw missingBase(first, "its base \(reference.id) is not there")
                }
                return other
            }
            guard base.reference == reference else {
                throw missingBase(first, "its base \(reference.id) is not the one that it was made on")
            }
            chain.insert(base, at: 0)
        }
        return chain
    }

    private static func missingBase(_ snapshot: StoredSnapshot, _ message: String) -> ContinuityError {
        ContinuityError(
            .missing, doing: "reading an increment", object: snapshot.id, message: message,
            hint: "take the base from a copy of the repository, or use another snapshot")
    }

    /// The snapshots that this one is made of, the full first.
    nonisolated var chain: [SnapshotReader] { (base?.chain ?? []) + [self] }

    func scratchFile(_ name: String) -> String { scratch.file(name) }

    /// What a table consists of: the members that are all rows of it at one time, and the changes since, oldest first.
    nonisolated func content(of table: String, store: String) throws -> TableContent {
        guard let found = manifest.store(store)?.tables.first(where: { $0.name == table }) else {
            throw Self.missingBase(snapshot, "it has no rows of \(store).\(table) to begin with")
        }
        switch found.content {
        case .rows: return TableContent(rows: (self, found.members), changes: [])
        case .changes, .unchanged:
            guard let base else { throw Self.missingBase(snapshot, "\(store).\(table) needs a base") }
            var content = try base.content(of: table, store: store)
            if found.content == .changes { content.changes.append((self, found.members)) }
            return content
        }
    }

    /// The record is signed, the manifest only named in it: both must say the same.
    private static func check(_ manifest: Manifest, of record: SnapshotRecord) throws {
        func damaged(_ message: String) -> ContinuityError {
            ContinuityError(
                .damaged, doing: "reading a manifest", object: record.manifest.name, message: message,
                hint: "take another copy of the repository, or an older snapshot")
        }
        guard manifest.format == Manifest.currentFormat else {
            throw ContinuityError(
                .tooNew, doing: "reading a manifest", object: record.manifest.name,
                message: "its format is \(manifest.format.prefix(40))", hint: "use the version that wrote it")
        }
        guard manifest.snapshot == record.id else { throw damaged("it is of another snapshot") }
        guard manifest.parts.map(\.object) == record.parts else {
            throw damaged("it names other parts than the record")
        }
        var seen: Set<String> = []
        for member in manifest.parts.flatMap(\.members)
        where member.name != MemberName.readme && member.name != MemberName.sums {
            guard MemberName.isValid(member.name), member.size >= 0, seen.insert(member.name).inserted else {
                throw damaged("it names a member twice, or one that no archive holds")
            }
        }
        let named = manifest.stores.flatMap { store in store.tables.flatMap(\.members) }
        guard Set(named).isSubset(of: seen), Set(named).count == named.count else {
            throw damaged("its tables name members that it does not have")
        }
    }

    /// Opens a part, fetched before or now.
    ///
    /// - Parameter next: the part that is opened after it: it is fetched meanwhile.
    public func openPart(_ part: PartManifest, next: PartManifest? = nil) async throws {
        letGo()
        let early = ahead?.part == part.object ? ahead : nil
        if early == nil { ahead?.task.cancel() }
        ahead = nil
        let fetching = early ?? fetch(part.object)
        let path = try await withTaskCancellationHandler {
            try await fetching.task.value
        } onCancel: {
            fetching.task.cancel()
        }
        do {
            open = (try PartReader(path: path, manifest: part, keyring: keyring), path)
        } catch {
            ScratchFolder.remove(path)
            throw error
        }
        if let next { ahead = fetch(next.object) }
    }

    /// A part on its way to the scratch folder.
    private struct Fetching: Sendable {
        var part: ObjectReference
        var task: Task<String, any Error>
    }

    private func fetch(_ part: ObjectReference) -> Fetching {
        fetched += 1
        let path = scratch.file("part-\(fetched)")
        return Fetching(
            part: part,
            task: Task { [repository] in
                try await repository.download(part, to: path)
                return path
            })
    }

    /// The next member of the open part; nil at its end.
    public func nextMember() throws -> MemberManifest? {
        let member = try open?.reader.nextMember()
        if member == nil { letGo() }
        return member
    }

    /// The next bytes of the member, none at its end.
    public func read() throws -> [UInt8] { try open?.reader.read() ?? [] }

    /// Puts a file that was stored whole together again, in the scratch folder.
    ///
    /// - Parameter name: as ``StoreManifest/image`` names it: its members are `name.0000`, `name.0001` …
    /// - Returns: the file's path; the caller takes it away.
    func extract(_ name: String, progress: @Sendable (_ bytes: Int64) -> Void) async throws -> String {
        let path = scratch.file("image-\(fetched)")
        guard let handle = FileHandle(newAt: path) else { throw PartFile.failure(path) }
        defer { try? handle.close() }
        let wanted = manifest.parts.flatMap(\.members).map(\.name).filter { $0.hasPrefix(name + ".") }
        var next = 0
        var bytes: Int64 = 0
        let parts = manifest.parts.filter { $0.members.contains { $0.name.hasPrefix(name + ".") } }
        for (number, part) in parts.enumerated() {
            try await openPart(part, next: parts.dropFirst(number + 1).first)
            while let member = try nextMember() {
                guard next < wanted.count, member.name == wanted[next] else { continue }
                next += 1
                while case let block = try read(), !block.isEmpty {
                    try Task.checkCancellation()
                    do { try handle.write(contentsOf: block) } catch { throw PartFile.failure(path) }
                    bytes += Int64(block.count)
                    progress(bytes)
                }
            }
        }
        guard next > 0, next == wanted.count else {
            throw ContinuityError(
                .damaged, doing: "reading an image", object: name, message: "the snapshot does not have all of it",
                hint: "verify the snapshot")
        }
        return path
    }

    public func closePart() {
        ahead?.task.cancel()
        ahead = nil
        letGo()
    }

    private func letGo() {
        guard let path = open?.path else { return }
        open = nil
        ScratchFolder.remove(path)
    }
}

/// Where the rows of a table come from.
struct TableContent {
    var rows: (reader: SnapshotReader, members: [String])
    var changes: [(reader: SnapshotReader, members: [String])]
}
