import Foundation
import LockstepTesting
import Synchronization
import Testing

@testable import LockstepContinuity

/// The places that a repository may be in; what holds for one holds for all.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case folder, bucket

    var testDescription: String { rawValue }

    /// A new, empty place.
    func make() async throws -> StorePlace {
        let folder = try TemporaryFolder()
        switch self {
        case .folder:
            return StorePlace(folder: folder, store: FileObjectStore(path: folder.path + "/a/repository"))
        case .bucket:
            let server = try SeaweedServer.shared()
            return StorePlace(folder: folder, store: try await server.store(prefix: "some/prefix"))
        }
    }
}

struct StorePlace: Sendable {
    /// For files beside the repository.
    let folder: TemporaryFolder
    let store: any ObjectStore

    /// A file of bytes that do not repeat.
    func file(_ name: String, bytes count: Int, seed: UInt8 = 1) throws -> String {
        let path = folder.path + "/" + name
        try Data(StorePlace.bytes(count, seed: seed)).write(to: URL(fileURLWithPath: path))
        return path
    }

    static func bytes(_ count: Int, seed: UInt8) -> [UInt8] {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }
}

extension SeaweedServer {
    static let credentials = S3Credentials(accessKey: accessKey, secretKey: secretKey)

    /// A place in a bucket of its own.
    func store(
        prefix: String = "", patience: S3Patience = .quick, port: Int? = nil, bucket: String? = nil
    ) async throws -> S3ObjectStore {
        var name = bucket
        if name == nil { name = try await createBucket() }
        let endpoint = "http://127.0.0.1:\(port ?? self.port)"
        let location = try S3Location("s3://\(name ?? "")/\(prefix)?endpoint=\(endpoint)")
        return S3ObjectStore(location: location, credentials: Self.credentials, patience: patience)
    }
}

extension S3Patience {
    /// For tests: as many tries, without the waiting.
    static var quick: S3Patience {
        var patience = S3Patience()
        patience.firstDelay = .milliseconds(5)
        patience.maximumDelay = .milliseconds(50)
        return patience
    }
}

/// A store whose clock is ahead of its objects' times, and which may refuse to delete.
final class AgedStore: ObjectStore {
    private let inner: any ObjectStore
    private let ahead = Mutex<Int64>(0)
    private let mayDelete: @Sendable (String) -> Bool
    /// Called before anything is deleted.
    private let beforeDeleting: @Sendable () async throws -> Void

    init(
        _ inner: any ObjectStore, mayDelete: @escaping @Sendable (String) -> Bool = { _ in true },
        beforeDeleting: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.inner = inner
        self.mayDelete = mayDelete
        self.beforeDeleting = beforeDeleting
    }

    func pass(seconds: Int64) { ahead.withLock { $0 += seconds * 1_000_000 } }

    var address: String { inner.address }
    func create(_ name: String, fromFile path: String) async throws -> Bool {
        try await inner.create(name, fromFile: path)
    }
    func create(_ name: String, bytes: [UInt8]) async throws -> Bool { try await inner.create(name, bytes: bytes) }
    func read(_ name: String, offset: Int64, count: Int) async throws -> [UInt8] {
        try await inner.read(name, offset: offset, count: count)
    }
    func facts(_ name: String) async throws -> ObjectFacts? { try await inner.facts(name) }
    func list(_ prefix: String) async throws -> [ObjectFacts] { try await inner.list(prefix) }
    func delete(_ name: String) async throws {
        guard mayDelete(name) else {
            throw ContinuityError(.forbidden, doing: "deleting", object: name, message: "locked", hint: "")
        }
        try await beforeDeleting()
        try await inner.delete(name)
    }
    func sweep(before time: Int64) async throws -> Int64 { try await inner.sweep(before: time) }
    func clock() async throws -> Int64 { try await inner.clock() + ahead.withLock { $0 } }
    func close() async { await inner.close() }
}

/// The code of the error that a piece of work ends with; nil where it ends well.
func code(_ work: () async throws -> Void) async -> ContinuityError.Code? {
    do {
        try await work()
        return nil
    } catch {
        return (error as? ContinuityError)?.code ?? ContinuityError.Code("\(error)")
    }
}
