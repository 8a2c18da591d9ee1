import Crypto
import LockstepModel
import Synchronization

/// Snapshots in a place for write-once objects. Nothing is locked and nothing is rewritten: any number of writers and
/// readers may work side by side, and whatever is interrupted leaves only objects that nobody refers to.
public final class Repository: Sendable {
    /// Records and tombstones longer than this are none of ours: it bounds what a hostile one can make us read.
    static let maximumRecordBytes = 64 << 20
    /// Objects are looked at side by side, so that a bucket's latency is not paid one by one.
    static let parallelRequests = 8

    public let store: any ObjectStore
    public let identity: RepositoryIdentity
    /// Parts that may be used again, with when that was found out.
    let reusableParts = Mutex<ReusableParts?>(nil)

    init(store: any ObjectStore, identity: RepositoryIdentity) {
        self.store = store
        self.identity = identity
    }

    // MARK: Making and opening

    /// Makes a repository in an empty folder or bucket.
    ///
    /// - Throws: ``ContinuityError`` with code `configuration` where there is one already, or where the service would
    ///   overwrite what is there.
    public static func create(at store: any ObjectStore) async throws -> Repository {
        let identity = RepositoryIdentity(id: RandomName.hex(bytes: 16), created: try await store.clock())
        guard try await store.list(RepositoryLayout.snapshots).isEmpty else {
            throw ContinuityError(
                .configuration, doing: "making a repository", object: store.address,
                message: "there are snapshots already, without a \(RepositoryLayout.identity)",
                hint: "put \(RepositoryLayout.identity) back from a copy, or choose another folder or prefix")
        }
        let repository = Repository(store: store, identity: identity)
        guard try await repository.writeIdentity() else {
            throw ContinuityError(
                .configuration, doing: "making a repository", object: store.address,
                message: "there is a repository already", hint: "use it, or choose another folder or prefix")
        }
        return repository
    }

    /// Makes the place for copies of another repository's snapshots, or opens it where it was made before.
    ///
    /// - Throws: ``ContinuityError`` with code `configuration` where there is another repository.
    public static func createCopy(of source: Repository, at store: any ObjectStore) async throws -> Repository {
        var identity = source.identity
        identity.isCopy = true
        let repository = Repository(store: store, identity: identity)
        if try await repository.writeIdentity() { return repository }
        let existing = try await open(at: store)
        try existing.requireSame(as: source)
        return existing
    }

    /// - Throws: ``ContinuityError``: `noRepository` where there is none, `tooNew` where a later version wrote it,
    ///   `damaged` where its description cannot be read.
    public static func open(at store: any ObjectStore) async throws -> Repository {
        guard let facts = try await store.facts(RepositoryLayout.identity) else {
            throw ContinuityError(
                .noRepository, doing: "opening the repository", object: store.address,
                message: "there is no repository at this address",
                hint: "check the address, and that the disk is mounted; `lockstep backup` makes the first one")
        }
        let count = Int(min(facts.size, 1 << 20))
        let bytes = try await store.read(RepositoryLayout.identity, offset: 0, count: count)
        return Repository(store: store, identity: try RepositoryIdentity.parse(bytes, address: store.address))
    }

    /// - Throws: ``ContinuityError`` with code `unreachable` where the repository is not at its place any more.
    public func requirePresent() async throws {
        guard try await store.facts(RepositoryLayout.identity) == nil else { return }
        throw ContinuityError(
            .unreachable, doing: "looking for the repository", object: store.address,
            message: "the repository is not there any more", hint: "is its disk mounted?")
    }

    /// - Returns: false where there is a description already.
    private func writeIdentity() async throws -> Bool {
        let bytes = try RepositoryJSON.encode(identity)
        guard try await store.create(RepositoryLayout.identity, bytes: bytes) else { return false }
        // Everything rests on this: a service that ignores the condition would lose snapshots of two writers silently.
        guard try await !store.create(RepositoryLayout.identity, bytes: bytes) else {
            throw ContinuityError(
                .configuration, doing: "making a repository", object: store.address,
                message: "the service overwrites objects although it was asked to only make new ones",
                hint: "use a service that honours If-None-Match on uploads, or a folder")
        }
        return true
    }

    func requireSame(as other: Repository) throws {
        guard identity.id != other.identity.id else { return }
        throw ContinuityError(
            .configuration, doing: "copying snapshots", object: store.address,
            message: "\(store.address) is another repository than \(other.store.address), and no copy of it",
            hint: "copy to an empty place: the copy takes the repository's id over, so that signatures stay valid")
    }

    // MARK: Digests

    static func digest(_ bytes: [UInt8]) -> String { HexText.format(Array(SHA256.hash(data: bytes))) }
}
