import Glibc
import LockstepModel

/// A bucket of write-once objects: Amazon S3, or a service that speaks its API and honours `If-None-Match: *` on uploads.
///
/// An object is made only where its name is free, also when several writers try, and also when the answer to an upload is
/// lost: each upload carries a random mark, by which its writer knows its own again.
public struct S3ObjectStore: ObjectStore {
    /// Files longer than this are uploaded in pieces of this size, several at once. Not every service ends such an upload
    /// and looks for the name in one step: two that upload the same large name in the same instant may both be told that
    /// they made it, and one's bytes stand, whole. So what is not named after its bytes must be no longer than this.
    static let partBytes: Int64 = 16 << 20
    static let parallelParts = 4
    /// Of S3.
    static let maximumParts: Int64 = 10_000
    /// Marks who made an object.
    static let uploadHeader = "x-amz-meta-lockstep-upload"

    let client: S3Client

    /// - Parameter now: this machine's clock, microseconds since 1970-01-01T00:00:00Z; it only has to be roughly right.
    public init(
        location: S3Location, credentials: S3Credentials, patience: S3Patience = S3Patience(),
        now: @escaping @Sendable () -> Int64 = S3ObjectStore.systemClock
    ) {
        client = S3Client(location: location, credentials: credentials, patience: patience, now: now)
    }

    public var location: S3Location { client.location }
    public var address: String { location.address }

    /// Microseconds since 1970-01-01T00:00:00Z by this machine.
    public static let systemClock: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    // MARK: Reading

    public func read(_ name: String, offset: Int64, count: Int) async throws -> [UInt8] {
        let doing = "reading an object"
        try ObjectName.check(name, doing: doing)
        guard count > 0 else { return [] }
        let answer = try await client.send(
            S3Request(
                method: "GET", name: name, headers: [("range", "bytes=\(offset)-\(offset + Int64(count) - 1)")],
                responseLimit: max(count, 64 << 10), expected: [200, 206, 416], doing: doing))
        switch answer.response.status {
        // It ends before the offset.
        case 416: return []
        case 206 where Self.begins(answer.response, at: offset): return answer.response.body
        // The service left the range aside: fine where that makes no difference.
        case 200 where offset == 0 && answer.response.body.count <= count: return answer.response.body
        default:
            throw ContinuityError(
                .configuration, doing: doing, object: name, message: "the service does not give pieces of objects",
                hint: "use a service that honours ranges")
        }
    }

    public func facts(_ name: String) async throws -> ObjectFacts? {
        let doing = "looking for an object"
        try ObjectName.check(name, doing: doing)
        guard let headers = try await head(name, doing: doing) else { return nil }
        guard let size = headers["content-length"].flatMap(Int64.init),
            let modified = headers["last-modified"].flatMap(S3Client.time)
        else { throw unreadable(doing, name) }
        let lock = headers["x-amz-object-lock-retain-until-date"].flatMap { ISOText.parseInstant(Array($0.utf8)) }
        return ObjectFacts(name: name, size: size, modified: modified, lockedUntil: lock)
    }

    func head(_ name: String, doing: String) async throws -> [String: String]? {
        let answer = try await client.send(
            S3Request(method: "HEAD", name: name, expected: [200, 404], doing: doing))
        return answer.response.status == 200 ? answer.response.headers : nil
    }

    private static func begins(_ response: HTTPResponse, at offset: Int64) -> Bool {
        // `bytes 0-99/1234`
        response.headers["content-range"]?.hasPrefix("bytes \(offset)-") ?? true
    }

    // MARK: Deleting

    public func delete(_ name: String) async throws {
        try ObjectName.check(name, doing: "deleting an object")
        _ = try await client.send(
            S3Request(method: "DELETE", name: name, expected: [200, 204, 404], doing: "deleting an object"))
    }

    // MARK: Clock

    /// What the service says in its `Date` headers: whole seconds.
    public func clock() async throws -> Int64 {
        let doing = "reading the repository's clock"
        let answer = try await client.send(
            S3Request(
                method: "GET", name: nil, query: [("list-type", "2"), ("max-keys", "1"), ("prefix", location.prefix)],
                expected: [200], doing: doing))
        guard let time = S3Client.time(answer.response) else { throw unreadable(doing, address) }
        return time
    }

    public func close() async { client.close() }

    func unreadable(_ doing: String, _ object: String) -> ContinuityError {
        ContinuityError(
            .configuration, doing: doing, object: object, message: "the service's answer cannot be understood",
            hint: "check that \(location.endpoint) speaks S3")
    }
}
