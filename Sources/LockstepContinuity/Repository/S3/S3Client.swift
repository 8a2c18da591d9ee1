import CCurl
import Crypto
import LockstepModel
import Synchronization

/// How often and how long a request is tried.
public struct S3Patience: Sendable, Hashable {
    /// Tries of one request, the first included: with the delays below about a minute.
    public var attempts = 9
    /// Before the second try; doubled for each further one, up to ``maximumDelay``, each shortened by chance by up to half,
    /// so that several writers do not come back together.
    public var firstDelay: Duration = .milliseconds(200)
    public var maximumDelay: Duration = .seconds(15)
    /// A transfer that stands still for this long is broken off and tried again.
    public var stallSeconds = 30

    public init() {}
}

/// One request to a bucket.
struct S3Request: Sendable {
    var method: String
    /// The object's name in the repository; nil for the bucket itself.
    var name: String?
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body = HTTPRequest.Body.none
    /// Hexadecimal SHA-256 of the body.
    var payload = S3Signature.emptyDigest
    /// Error documents and lists; a piece of an object sets its own.
    var responseLimit = 16 << 20
    /// Statuses that the caller understands; the others become errors.
    var expected: Set<Int>
    var doing: String
}

/// The answer, and whether an earlier try may have done already what was asked.
struct S3Answer: Sendable {
    var response: HTTPResponse
    var mayHaveHappened: Bool
}

/// Signs and sends requests to a bucket, and tries again what may heal.
final class S3Client: Sendable {
    /// Parts in transit, and as many small requests beside them.
    static let connectionCount = 12

    let location: S3Location
    private let signature: S3Signature
    private let patience: S3Patience
    private let connections = HTTPConnections(count: connectionCount)
    private let now: @Sendable () -> Int64
    /// How far the service's clock is ahead of this machine's, in microseconds; known when it has refused a signature for
    /// its time.
    private let skew = Mutex<Int64>(0)

    init(
        location: S3Location, credentials: S3Credentials, patience: S3Patience, now: @escaping @Sendable () -> Int64
    ) {
        self.location = location
        self.patience = patience
        self.now = now
        signature = S3Signature(credentials: credentials, region: location.region)
    }

    func close() { connections.close() }

    /// - Throws: ``ContinuityError`` for answers that are not among those expected, when trying again did not help.
    func send(_ request: S3Request) async throws -> S3Answer {
        var mayHaveHappened = false
        var isSkewKnown = false
        for attempt in 1... {
            let fault: ContinuityError
            do {
                let response = try await connections.perform(prepare(request), stallSeconds: patience.stallSeconds)
                if request.expected.contains(response.status) {
                    return S3Answer(response: response, mayHaveHappened: mayHaveHappened)
                }
                let refusal = S3Refusal(response, request: request, location: location)
                if refusal.isSkewed, !isSkewKnown, let time = Self.time(response) {
                    isSkewKnown = true
                    skew.withLock { $0 = time - now() }
                    continue
                }
                guard refusal.mayHeal else { throw refusal.error }
                fault = refusal.error
                mayHaveHappened = mayHaveHappened || response.status >= 500
            } catch let failure as HTTPFailure {
                fault = broken(failure, request)
                guard failure.mayHeal else { throw fault }
                mayHaveHappened = mayHaveHappened || failure.mayHaveHappened
            }
            guard attempt < patience.attempts else { throw fault }
            try await Task.sleep(for: delay(after: attempt))
        }
        throw CancellationError()
    }

    /// When the service answered by its own clock, microseconds since 1970-01-01T00:00:00Z.
    static func time(_ response: HTTPResponse) -> Int64? { response.headers["date"].flatMap(time) }

    /// A date of HTTP (RFC 9110 section 5.6.7).
    static func time(_ text: String) -> Int64? {
        let seconds = curl_getdate(text, nil)
        return seconds < 0 ? nil : Int64(seconds) * 1_000_000
    }

    private func prepare(_ request: S3Request) -> HTTPRequest {
        let path = location.path(request.name.map { location.prefix + $0 })
        let time = now() + skew.withLock { $0 }
        let headers = signature.sign(
            method: request.method, host: location.host, path: path, query: request.query, headers: request.headers,
            payload: request.payload, time: time)
        let query = S3Signature.query(request.query)
        return HTTPRequest(
            method: request.method,
            url: "\(location.scheme)://\(location.host)\(path)\(query.isEmpty ? "" : "?\(query)")", headers: headers,
            body: request.body, responseLimit: request.responseLimit)
    }

    private func delay(after attempt: Int) -> Duration {
        let full = min(patience.firstDelay * (1 << min(attempt - 1, 20)), patience.maximumDelay)
        return full * Double.random(in: 0.5...1)
    }

    private func broken(_ failure: HTTPFailure, _ request: S3Request) -> ContinuityError {
        ContinuityError(
            failure.mayHeal ? .unreachable : .configuration, doing: request.doing,
            object: request.name ?? location.address,
            message: failure.message,
            hint: failure.mayHeal
                ? "check that \(location.endpoint) can be reached; what is stored already is whole"
                : "check the endpoint, and which authority its certificate is from")
    }
}
