import Crypto
import Glibc
import LockstepModel
import Synchronization

/// An object's bytes, in order, checked against its reference: only when ``next()`` has returned nil have all of them been
/// found to be right. Used by one task.
public actor VerifiedObjectReader {
    /// Large enough that a bucket's latency is small beside the transfer.
    static let pieceBytes = 4 << 20

    public nonisolated let reference: ObjectReference
    private let store: any ObjectStore
    private var offset: Int64 = 0
    private var digest = SHA256()
    private var isAtEnd = false

    init(_ reference: ObjectReference, in store: any ObjectStore) {
        self.reference = reference
        self.store = store
    }

    /// - Returns: the next bytes, never empty; nil at the end, when length and SHA-256 are what they must be.
    /// - Throws: ``ContinuityError``: `missing`, or `damaged` where the object is longer, shorter or other than it was.
    public func next() async throws -> [UInt8]? {
        guard !isAtEnd else { return nil }
        let left = reference.size - offset
        // One byte more than there must be: an object that goes on is not the one that is meant.
        let count = Int(min(Int64(Self.pieceBytes), left + 1))
        let bytes = try await store.read(reference.name, offset: offset, count: count)
        offset += Int64(bytes.count)
        guard offset <= reference.size else { throw damaged("it has more than its \(reference.size) bytes") }
        digest.update(data: bytes)
        if bytes.count < count {
            guard offset == reference.size else {
                throw damaged("it ends after \(offset) of \(reference.size) bytes")
            }
            isAtEnd = true
            guard HexText.format(Array(digest.finalize())) == reference.sha256 else {
                throw damaged("its SHA-256 is not \(reference.sha256)")
            }
        }
        return bytes.isEmpty ? nil : bytes
    }

    private func damaged(_ message: String) -> ContinuityError {
        isAtEnd = true
        return ContinuityError(
            .damaged, doing: "reading an object", object: reference.name, message: message,
            hint: "take the object from a copy of the repository; run verify to see which snapshots it belongs to")
    }
}

extension Repository {
    /// Opens an object; its bytes are to be trusted when the reader has come to the end.
    public func read(_ reference: ObjectReference) throws -> VerifiedObjectReader {
        try ObjectName.check(reference.name, doing: "reading an object")
        return VerifiedObjectReader(reference, in: store)
    }

    /// All bytes of an object that is small, like a manifest.
    ///
    /// - Throws: ``ContinuityError`` with code `hostile` where it has more than `limit` bytes.
    public func bytes(of reference: ObjectReference, limit: Int) async throws -> [UInt8] {
        guard reference.size >= 0, reference.size <= Int64(limit) else {
            throw ContinuityError(
                .hostile, doing: "reading an object", object: reference.name,
                message: "the object has \(reference.size) bytes, and no more than \(limit) were expected",
                hint: "look who wrote the snapshot")
        }
        let reader = try read(reference)
        var bytes: [UInt8] = []
        while let piece = try await reader.next() { bytes += piece }
        return bytes
    }

    /// Writes a checked copy of an object to a new file; on failure there is none.
    public func download(_ reference: ObjectReference, to path: String) async throws {
        let reader = try read(reference)
        let file = try LocalFile.create(path)
        do {
            while let piece = try await reader.next() { try file.append(piece) }
        } catch {
            unlink(path)
            throw error
        }
    }

    // MARK: Storing

    /// Stores a part that was spooled, and takes its file away.
    func store(_ part: SpooledPart, suffix: String) async throws -> PartManifest {
        defer { ScratchFolder.remove(part.path) }
        let reference = try await putPart(
            fromFile: part.path, ending: ".tar.zst\(suffix)", sha256: part.manifest.object.sha256)
        // The name may be another one: a part that a prune may be about to remove is not relied upon.
        return PartManifest(object: reference, members: part.manifest.members)
    }

    /// Stores a part under the name that its bytes give it. One that is there already is used again, as long as no prune
    /// can be about to remove it.
    ///
    /// - Parameters:
    ///   - ending: `.tar.zst` or `.tar.zst.age`.
    ///   - sha256: hexadecimal, of the file, where it is known; else the file is read once more.
    public func putPart(fromFile path: String, ending: String, sha256: String? = nil) async throws -> ObjectReference {
        let (digest, size) = try await Self.measure(path, sha256: sha256)
        var reference = ObjectReference(
            name: RepositoryLayout.part(digest, ending: ending), size: size, sha256: digest)
        if try await store.create(reference.name, fromFile: path) { return reference }
        if try await isReusable(reference) { return reference }
        // Nobody needs the old one, so a prune may take it away at any moment; or its length is wrong. It is stored once
        // more beside it.
        reference.name = RepositoryLayout.part(digest, ending: ".\(RandomName.hex(bytes: 4))\(ending)")
        guard try await store.create(reference.name, fromFile: path) else {
            throw ContinuityError(
                .damaged, doing: "storing a part", object: reference.name, message: "a random name is taken already",
                hint: "try again")
        }
        return reference
    }

    /// Stores a manifest's bytes, sealed or not.
    ///
    /// - Parameter ending: `.json` or `.json.age`.
    public func putManifest(_ bytes: [UInt8], ending: String) async throws -> ObjectReference {
        let digest = Self.digest(bytes)
        let reference = ObjectReference(
            name: RepositoryLayout.manifest(digest, ending: ending), size: Int64(bytes.count), sha256: digest)
        // One that is there holds the same bytes: it names its own snapshot, so this is a commit that is tried again.
        _ = try await store.create(reference.name, bytes: bytes)
        return reference
    }

    private static let measuring = BlockingWorkers("repository.digests", count: 2)

    private static func measure(_ path: String, sha256: String?) async throws -> (digest: String, size: Int64) {
        try await measuring.run { cancellation in
            let file = try LocalFile.open(path)
            let size = try file.size()
            if let sha256 { return (sha256, size) }
            var digest = SHA256()
            var offset: Int64 = 0
            while case let bytes = try file.read(offset: offset, count: 1 << 20), !bytes.isEmpty {
                try cancellation.check()
                digest.update(data: bytes)
                offset += Int64(bytes.count)
            }
            return (HexText.format(Array(digest.finalize())), offset)
        }
    }
}
