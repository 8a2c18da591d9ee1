public import Foundation
import Synchronization

/// A SeaweedFS server of the tests' own, which speaks S3: in a temporary folder, on free loopback ports, gone when the
/// tests end, however they end. `scripts/setup` installs it below `.build`.
public final class SeaweedServer: Sendable {
    /// Why a server could not be started.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// What requests must be signed with. The secret has characters that must be escaped in places.
    public static let accessKey = "lockstep"
    public static let secretKey = "open sesame/+%"

    /// A bucket for all tests, each with a prefix of its own: a bucket has volumes of its own, and they take long to make.
    public static let bucket = "tests"

    public let port: Int
    public let folder: URL
    /// Closing its standard input ends the server: that also happens when this process is killed.
    private let guardian: Mutex<Guardian>

    private struct Guardian: @unchecked Sendable {
        // Process and Pipe are not Sendable; they are touched only under the mutex that holds this.
        var process: Process
        var input: Pipe
    }

    private static let sharedServer = Result { try SeaweedServer() }

    /// One server for all tests of the process; each test takes a bucket of its own.
    public static func shared() throws -> SeaweedServer { try sharedServer.get() }

    /// - Throws: ``Failure`` where SeaweedFS is not installed or does not start.
    public init() throws {
        let program = try Self.program()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "lockstep-s3-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var ports: Set<Int> = []
        while ports.count < 8 { ports.insert(try LoopbackPort.free()) }
        let list = Array(ports)
        port = list[0]
        let accounts = """
            {"identities": [{"name": "tests", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
             "credentials": [{"accessKey": "\(Self.accessKey)", "secretKey": "\(Self.secretKey)"}]}]}
            """
        try accounts.write(to: folder.appendingPathComponent("s3.json"), atomically: false, encoding: .utf8)
        let arguments = [
            "server", "-dir=\(folder.path)", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=200",
            "-master.volumeSizeLimitMB=64", "-master.telemetry=false", "-filer", "-s3", "-s3.iam=false",
            "-s3.config=\(folder.path)/s3.json", "-s3.port=\(list[0])", "-filer.port=\(list[1])",
            "-master.port=\(list[2])", "-volume.port=\(list[3])", "-s3.port.grpc=\(list[4])",
            "-filer.port.grpc=\(list[5])", "-master.port.grpc=\(list[6])", "-volume.port.grpc=\(list[7])",
            "-s3.port.iceberg=0", "-metricsPort=0", "-filer.localSocket=\(folder.path)/filer.sock",
            "-s3.localSocket=\(folder.path)/s3.sock",
        ]
        guardian = Mutex(try Self.launch([program] + arguments, folder: folder))
        do {
            try waitUntilReady(filerPort: list[1])
            // A bucket is a folder of this name; where it is there when the service starts to look, it is one at once.
            try Self.makeBucket(Self.bucket, port: list[1])
        } catch {
            stop()
            throw error
        }
    }

    deinit { stop() }

    public var endpoint: String { "http://127.0.0.1:\(port)" }

    /// The address of a place in a bucket, for repositories.
    public func url(bucket: String, prefix: String = "") -> String { "s3://\(bucket)/\(prefix)?endpoint=\(endpoint)" }

    /// Ends the server at once and removes its folder. Callable twice.
    public func stop() {
        guardian.withLock { guardian in
            try? guardian.input.fileHandleForWriting.close()
            guardian.process.waitUntilExit()
        }
    }

    // MARK: Starting

    /// `LOCKSTEP_WEED`, else where `scripts/setup` puts it.
    private static func program() throws -> String {
        let named = ProcessInfo.processInfo.environment["LOCKSTEP_WEED"]
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = named ?? package.appendingPathComponent(".build/tools/seaweedfs/bin/weed").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure(description: "no SeaweedFS at \(path): run scripts/setup, or set LOCKSTEP_WEED")
        }
        return path
    }

    private static func launch(_ command: [String], folder: URL) throws -> Guardian {
        // The shell waits for the end of its input, which only this process holds open, then stops its own child.
        let script = """
            folder=$1; shift
            "$@" >"$folder/server.log" 2>&1 </dev/null &
            server=$!
            read -r line
            kill -KILL "$server"
            rounds=0
            while kill -0 "$server" 2>/dev/null && test $rounds -lt 100; do
                rounds=$((rounds + 1)); sleep 0.02
            done
            rm -rf "$folder"
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script, "sh", folder.path] + command
        process.currentDirectoryURL = folder
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        return Guardian(process: process, input: input)
    }

    /// Asks the file service to make the bucket's folder.
    private static func makeBucket(_ name: String, port: Int) throws {
        let answer = try LoopbackPort.exchange(
            "POST /buckets/\(name)/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            port: port)
        guard answer.hasPrefix("HTTP/1.1 201") else {
            throw Failure(description: "the bucket \(name) could not be made: \(answer)")
        }
    }

    /// It answers within two seconds; minutes are for machines under heavy load.
    private func waitUntilReady(filerPort: Int) throws {
        let deadline = Date(timeIntervalSinceNow: 300)
        while Date() < deadline {
            if [port, filerPort].allSatisfy(LoopbackPort.answers) { return }
            guard guardian.withLock({ $0.process.isRunning }) else { break }
            Thread.sleep(forTimeInterval: 0.02)
        }
        let log = (try? String(contentsOf: folder.appendingPathComponent("server.log"), encoding: .utf8)) ?? ""
        throw Failure(description: "SeaweedFS did not start: \(log.suffix(2000))")
    }
}

extension LoopbackPort {
    /// Whether somebody listens.
    static func answers(_ port: Int) -> Bool { (try? exchange("", port: port)) != nil }

    /// Sends a text, and returns all that comes back until the other side closes; nothing is waited for after an empty
    /// one.
    static func exchange(_ text: String, port: Int) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        guard descriptor >= 0, connects(descriptor, port) else {
            throw SeaweedServer.Failure(description: "nobody listens on port \(port)")
        }
        guard !text.isEmpty else { return "" }
        guard send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) == text.utf8.count else {
            throw SeaweedServer.Failure(description: "port \(port) takes nothing")
        }
        var buffer = [UInt8](repeating: 0, count: 65536)
        var answer: [UInt8] = []
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { answer += buffer[..<count] }
        return String(decoding: answer, as: UTF8.self)
    }

    private static func connects(_ descriptor: Int32, _ port: Int) -> Bool {
        var address = address(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
