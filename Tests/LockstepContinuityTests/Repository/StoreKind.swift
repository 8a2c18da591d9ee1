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
    func make() async throws -> ObjectPlace {
        let folder = try TemporaryFolder()
        switch self {
        case .folder:
            return ObjectPlace(folder: folder, store: FileObjectStore(path: folder.path + "/a/repository"))
        case .bucket:
            let server = try SeaweedServer.shared()
            return ObjectPlace(folder: folder, store: try await server.store(prefix: "some/\(UUID().uuidString)"))
        }
    }
}

struct ObjectPlace: Sendable {
    /// For files beside the repository.
    let folder: TemporaryFolder
    let store: any ObjectStore

    /// A file of bytes that do not repeat.
    func file(_ name: String, bytes count: Int, seed: UInt8 = 1) throws -> String {
        let path = folder.path + "/" + name
        try Data(ObjectPlace.bytes(count, seed: seed)).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Blocks of 64 KiB, each beginning with its number: fast to make, and no two alike.
    static func bytes(_ count: Int, seed: UInt8) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(seed))
        let block = (0..<65536).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + block.count)
        while bytes.count < count {
            let number = UInt64(bytes.count / block.count)
            bytes += withUnsafeBytes(of: number) { Array($0) }
            bytes += block[8...]
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}

extension SeaweedServer {
    static let credentials = S3Credentials(accessKey: accessKey, secretKey: secretKey)

    /// A place of a test's own in the tests' bucket, or the one that is named.
    func store(
        prefix: String? = nil, patience: S3Patience = .quick, port: Int? = nil, bucket: String = SeaweedServer.bucket
    ) async throws -> S3ObjectStore {
        let endpoint = "http://127.0.0.1:\(port ?? self.port)"
        let location = try S3Location("s3://\(bucket)/\(prefix ?? UUID().uuidString)?endpoint=\(endpoint)")
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

/// A store in which time passes when a test says so, and which may refuse to delete.
final class AgedStore: ObjectStore {
    private let inner: any ObjectStore
    /// How far its clock is ahead of the real one, and was when each object was made.
    private let ahead = Mutex<(now: Int64, objects: [String: Int64])>((0, [:]))
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

    func pass(seconds: Int64) { ahead.withLock { $0.now += seconds * 1_000_000 } }

    var address: String { inner.address }
    func create(_ name: String, fromFile path: String) async throws -> Bool {
        note(name, try await inner.create(name, fromFile: path))
    }
    func create(_ name: String, bytes: [UInt8]) async throws -> Bool {
        note(name, try await inner.create(name, bytes: bytes))
    }
    private func note(_ name: String, _ isMade: Bool) -> Bool {
        if isMade { ahead.withLock { $0.objects[name] = $0.now } }
        return isMade
    }
    private func shifted(_ facts: ObjectFacts) -> ObjectFacts {
        var facts = facts
        facts.modified += ahead.withLock { $0.objects[facts.name] ?? 0 }
        return facts
    }
    func read(_ name: String, offset: Int64, count: Int) async throws -> [UInt8] {
        try await inner.read(name, offset: offset, count: count)
    }
    func facts(_ name: String) async throws -> ObjectFacts? { try await inner.facts(name).map(shifted) }
    func list(_ prefix: String) async throws -> [ObjectFacts] { try await inner.list(prefix).map(shifted) }
    func delete(_ name: String) async throws {
        guard mayDelete(name) else {
            throw ContinuityError(.forbidden, doing: "deleting", object: name, message: "locked", hint: "")
        }
        try await beforeDeleting()
        try await inner.delete(name)
    }
    func sweep(before time: Int64) async throws -> Int64 { try await inner.sweep(before: time) }
    func clock() async throws -> Int64 { try await inner.clock() + ahead.withLock { $0.now } }
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
