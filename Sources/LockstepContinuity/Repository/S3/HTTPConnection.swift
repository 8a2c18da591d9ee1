import CCurl
import Glibc
import Synchronization

/// What is asked of a server.
struct HTTPRequest: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// A piece of a file.
        case file(LocalFile, offset: Int64, count: Int64)

        var count: Int64 {
            switch self {
            case .none: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .file(_, _, let count): count
            }
        }
    }

    var method: String
    var url: String
    var headers: [(name: String, value: String)]
    var body: Body = .none
    /// An answer with more bytes than these is broken off.
    var responseLimit: Int
}

/// What a server answered.
struct HTTPResponse: Sendable {
    var status: Int
    /// By lower-case name.
    var headers: [String: String]
    var body: [UInt8]
}

/// There was no answer, or not all of it.
struct HTTPFailure: Error {
    var code: CURLcode
    var message: String
    /// The server may have got the request, and done what it asks.
    var mayHaveHappened: Bool
    /// Trying again may help.
    var mayHeal: Bool
}

/// A libcurl handle: keeps its connection to the server open from one request to the next. For one thread at a time.
final class HTTPConnection {
    /// A connection that takes longer than this to come up is given up.
    static let connectSeconds = 10

    private let handle: UnsafeMutableRawPointer
    /// libcurl writes what went wrong here.
    private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// libcurl must be set up once for the process, before any handle.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init?() {
        guard Self.isReady, let handle = curl_easy_init() else {
            message.deallocate()
            return nil
        }
        self.handle = handle
    }

    deinit {
        curl_easy_cleanup(handle)
        message.deallocate()
    }

    /// - Parameter stallSeconds: a transfer that stands still for this long is given up.
    /// - Throws: ``HTTPFailure``, or `CancellationError`.
    func perform(_ request: HTTPRequest, stallSeconds: Int, cancellation: Cancellation) throws -> HTTPResponse {
        // OpenSSL writes to broken connections without MSG_NOSIGNAL; the signal would end the program.
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, nil)

        let transfer = HTTPTransfer(request, cancellation: cancellation)
        curl_easy_reset(handle)
        message[0] = 0
        var headers: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(headers) }
        for (name, value) in request.headers { headers = curl_slist_append(headers, "\(name): \(value)") }
        // What libcurl would add by itself and nobody signed.
        for name in ["Expect:", "Content-Type:", "Accept:"] { headers = curl_slist_append(headers, name) }
        lockstep_curl_set_headers(handle, headers)
        configure(request, stallSeconds: stallSeconds)
        let code = withExtendedLifetime(transfer) {
            transfer.attach(to: handle)
            return curl_easy_perform(handle)
        }
        if let error = transfer.error { throw error }
        try cancellation.check()
        var status = 0
        lockstep_curl_status(handle, &status)
        guard code == CURLE_OK else { throw failure(code, transfer) }
        return HTTPResponse(status: status, headers: transfer.headers, body: transfer.received)
    }

    private func configure(_ request: HTTPRequest, stallSeconds: Int) {
        lockstep_curl_set_text(handle, CURLOPT_URL, request.url)
        lockstep_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        lockstep_curl_set_number(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // Names are sent as they were signed.
        lockstep_curl_set_number(handle, CURLOPT_PATH_AS_IS, 1)
        lockstep_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        lockstep_curl_set_number(handle, CURLOPT_SSL_VERIFYPEER, 1)
        lockstep_curl_set_number(handle, CURLOPT_SSL_VERIFYHOST, 2)
        lockstep_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT, Self.connectSeconds)
        lockstep_curl_set_number(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
        lockstep_curl_set_number(handle, CURLOPT_LOW_SPEED_TIME, stallSeconds)
        lockstep_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, message)
        switch request.method {
        case "GET": lockstep_curl_set_number(handle, CURLOPT_HTTPGET, 1)
        case "HEAD": lockstep_curl_set_number(handle, CURLOPT_NOBODY, 1)
        case "PUT", "POST":
            lockstep_curl_set_number(handle, CURLOPT_UPLOAD, 1)
            lockstep_curl_set_size(handle, CURLOPT_INFILESIZE_LARGE, Int(request.body.count))
            lockstep_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method)
        default: lockstep_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private func failure(_ code: CURLcode, _ transfer: HTTPTransfer) -> HTTPFailure {
        let detail = String(cString: message)
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        if transfer.isTooLong {
            return HTTPFailure(
                code: code, message: "the answer is longer than it may be", mayHaveHappened: true, mayHeal: false)
        }
        let before = [CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY]
        let lasting = [
            CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_URL_MALFORMAT,
            CURLE_UNSUPPORTED_PROTOCOL,
        ]
        return HTTPFailure(
            code: code, message: text, mayHaveHappened: !before.contains(code), mayHeal: !lasting.contains(code))
    }
}

/// What goes to and fro during one request.
private final class HTTPTransfer {
    /// Headers longer than these together are none of a sound server's.
    static let maximumHeaderBytes = 256 << 10

    let request: HTTPRequest
    let cancellation: Cancellation
    var sent: Int64 = 0
    var received: [UInt8] = []
    var headers: [String: String] = [:]
    var headerBytes = 0
    var isTooLong = false
    /// Why a callback broke the transfer off.
    var error: (any Error)?

    init(_ request: HTTPRequest, cancellation: Cancellation) {
        self.request = request
        self.cancellation = cancellation
    }

    func attach(to handle: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        lockstep_curl_set_pointer(handle, CURLOPT_READDATA, context)
        lockstep_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        lockstep_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        lockstep_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context)
        lockstep_curl_set_number(handle, CURLOPT_NOPROGRESS, 0)
        lockstep_curl_set_data_callback(handle, CURLOPT_READFUNCTION) { buffer, size, count, context in
            HTTPTransfer.of(context)?.send(buffer, size * count) ?? Int(CURL_READFUNC_ABORT)
        }
        lockstep_curl_set_data_callback(handle, CURLOPT_WRITEFUNCTION) { buffer, size, count, context in
            HTTPTransfer.of(context)?.receive(buffer, size * count) ?? 0
        }
        lockstep_curl_set_data_callback(handle, CURLOPT_HEADERFUNCTION) { buffer, size, count, context in
            HTTPTransfer.of(context)?.receiveHeader(buffer, size * count) ?? 0
        }
        lockstep_curl_set_progress_callback(handle) { context, _, _, _, _ in
            HTTPTransfer.of(context)?.cancellation.isCancelled == false ? 0 : 1
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPTransfer? {
        context.map { Unmanaged<HTTPTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func send(_ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
        let count = Int(min(Int64(capacity), request.body.count - sent))
        guard count > 0, let buffer else { return 0 }
        let piece: [UInt8]
        switch request.body {
        case .none: return 0
        case .bytes(let bytes): piece = Array(bytes[Int(sent)..<Int(sent) + count])
        case .file(let file, let offset, _):
            do {
                piece = try file.read(offset: offset + sent, count: count)
            } catch {
                self.error = error
                return Int(CURL_READFUNC_ABORT)
            }
        }
        // Shorter only where the file was cut since: the transfer then ends too early, and fails.
        UnsafeMutableRawPointer(buffer).copyMemory(from: piece, byteCount: piece.count)
        sent += Int64(piece.count)
        return piece.count
    }

    private func receive(_ buffer: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard received.count + count <= request.responseLimit else {
            isTooLong = true
            return 0
        }
        received.append(contentsOf: UnsafeRawBufferPointer(start: buffer, count: count))
        return count
    }

    private func receiveHeader(_ buffer: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        headerBytes += count
        guard headerBytes <= Self.maximumHeaderBytes else {
            isTooLong = true
            return 0
        }
        let line = String(decoding: UnsafeRawBufferPointer(start: buffer, count: count), as: UTF8.self)
        // A status line begins the headers anew: before it came those of an interim answer.
        if line.hasPrefix("HTTP/") { headers = [:] }
        if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers[line[..<colon].lowercased()] = String(value.prefix { !$0.isNewline })
        }
        return count
    }
}

/// Connections that wait for their next request.
final class HTTPConnections: Sendable {
    /// A handle goes from one thread to the next through the mutex, and is used by one at a time.
    private struct Idle: @unchecked Sendable {
        var connections: [HTTPConnection] = []
    }

    private let idle = Mutex(Idle())
    private let workers: BlockingWorkers

    init(count: Int) { workers = BlockingWorkers("repository.connections", count: count) }

    func perform(_ request: HTTPRequest, stallSeconds: Int) async throws -> HTTPResponse {
        try await workers.run { [self] cancellation in
            let known = idle.withLock { $0.connections.popLast() }
            guard let connection = known ?? HTTPConnection() else {
                throw HTTPFailure(
                    code: CURLE_FAILED_INIT, message: "libcurl cannot be set up", mayHaveHappened: false, mayHeal: false
                )
            }
            defer { idle.withLock { $0.connections.append(connection) } }
            return try connection.perform(request, stallSeconds: stallSeconds, cancellation: cancellation)
        }
    }

    func close() { idle.withLock { $0.connections = [] } }
}
