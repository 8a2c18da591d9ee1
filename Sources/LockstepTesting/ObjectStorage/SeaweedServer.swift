public import Foundation
import FoundationNetworking
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

    public let port: Int
    public let folder: URL
    private let filerPort: Int
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
        (port, filerPort) = (list[0], list[1])
        let accounts = """
            {"identities": [{"name": "tests", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
             "credentials": [{"accessKey": "\(Self.accessKey)", "secretKey": "\(Self.secretKey)"}]}]}
            """
        try accounts.write(to: folder.appendingPathComponent("s3.json"), atomically: false, encoding: .utf8)
        let arguments = [
            "server", "-dir=\(folder.path)", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=40",
            "-master.volumeSizeLimitMB=64", "-master.telemetry=false", "-filer", "-s3", "-s3.iam=false",
            "-s3.config=\(folder.path)/s3.json", "-s3.port=\(list[0])", "-filer.port=\(list[1])",
            "-master.port=\(list[2])", "-volume.port=\(list[3])", "-s3.port.grpc=\(list[4])",
            "-filer.port.grpc=\(list[5])", "-master.port.grpc=\(list[6])", "-volume.port.grpc=\(list[7])",
            "-s3.port.iceberg=0", "-metricsPort=0", "-filer.localSocket=\(folder.path)/filer.sock",
            "-s3.localSocket=\(folder.path)/s3.sock",
        ]
        guardian = Mutex(try Self.launch([program] + arguments, folder: folder))
        do {
            try waitUntilReady()
        } catch {
            stop()
            throw error
        }
    }

    deinit { stop() }

    public var endpoint: String { "http://127.0.0.1:\(port)" }

    /// The address of a place in a bucket, for repositories.
    public func url(bucket: String, prefix: String = "") -> String { "s3://\(bucket)/\(prefix)?endpoint=\(endpoint)" }

    /// Makes an empty bucket with a name of its own.
    public func createBucket() async throws -> String {
        let name = "tests-\(UUID().uuidString.lowercased())"
        guard let url = URL(string: "http://127.0.0.1:\(filerPort)/buckets/\(name)/") else {
            throw Failure(description: "no URL for \(name)")
        }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        let (_, response) = try await URLSession.shared.data(for: request)
        guard let status = (response as? HTTPURLResponse)?.statusCode, status < 300 else {
            throw Failure(description: "the bucket \(name) could not be made: \(response)")
        }
        return name
    }

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

    /// It answers within two seconds; a minute is for machines under heavy load.
    private func waitUntilReady() throws {
        let deadline = Date(timeIntervalSinceNow: 60)
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
    static func answers(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = address(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
