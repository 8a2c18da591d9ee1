public import Foundation
import Synchronization

/// A PostgreSQL server of the tests' own: a new cluster in a temporary folder, on a free loopback port, gone when the
/// tests end, however they end.
///
/// Connections over TCP are trusted, except those of the role `secured` (password `correct horse`); `postgres` is the
/// superuser. `fsync` is off: nothing here has to survive a power cut.
public final class PostgreSQLServer: Sendable {
    /// Why a server could not be started or a statement failed.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The role whose connections need a password, and that password.
    public static let securedRole = "secured"
    public static let securedPassword = "correct horse"

    public let port: Int
    /// Holds the cluster (`data`), the log (`server.log`) and the Unix socket.
    public let folder: URL
    private let programs: URL
    /// Closing its standard input ends the server: that also happens when this process is killed.
    private let guardian: Mutex<Guardian>

    private struct Guardian: @unchecked Sendable {
        // Process and Pipe are not Sendable; they are touched only under the mutex that holds this.
        var process: Process
        var input: Pipe
    }

    private static let sharedServer = Result { try PostgreSQLServer() }

    /// One server for all tests of the process, with `wal_level=logical`; each test takes a database of its own.
    public static func shared() throws -> PostgreSQLServer { try sharedServer.get() }

    /// Starts a server with settings of its own on top of those that tests need.
    ///
    /// - Throws: ``Failure`` where PostgreSQL is not installed or does not start.
    public init(settings: [String: String] = [:]) throws {
        programs = try PostgreSQLPrograms.folder()
        let identifier = UUID().uuidString.prefix(8).lowercased()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-pg-\(identifier)")
        port = try LoopbackPort.free()
        let account = PostgreSQLPrograms.account()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        do {
            if let account { _ = try Self.run("chown", [account, folder.path]) }
            try Self.initialize(folder, programs: programs, account: account)
            let launched = try Self.launch(
                folder: folder, programs: programs, account: account, port: port, settings: settings)
            guardian = Mutex(launched)
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
        do {
            try waitUntilReady()
            try execute("create role secured login superuser password 'correct horse'")
        } catch {
            stop()
            throw error
        }
    }

    deinit { stop() }

    /// Ends the server at once, as a crash of the machine would, and removes its folder. Callable twice.
    public func stop() {
        guardian.withLock { guardian in
            try? guardian.input.fileHandleForWriting.close()
            guardian.process.waitUntilExit()
        }
    }

    /// The URL of a database, for a role.
    public func url(database: String, role: String = "postgres") -> String {
        "postgresql://\(role)@127.0.0.1:\(port)/\(database)"
    }

    /// Makes an empty database (dropping one of that name) and returns its URL.
    public func createDatabase(_ name: String) throws -> String {
        try execute("drop database if exists \"\(name)\" with (force)")
        try execute("create database \"\(name)\" template template0 encoding 'UTF8' locale 'C.UTF-8'")
        return url(database: name)
    }

    /// Runs SQL through `psql`, statement by statement (each its own transaction), and returns what it printed:
    /// a line a row, columns joined by `|`.
    @discardableResult
    public func execute(_ sql: String, database: String = "postgres", role: String = "postgres") throws -> String {
        let arguments = [
            "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set", "ON_ERROR_STOP=1", "--dbname",
            url(database: database, role: role), "--file", "-",
        ]
        return try Self.run(programs.appendingPathComponent("psql").path, arguments, input: sql)
    }

    /// Runs one of PostgreSQL's programs (`pg_dump`) against a database and returns what it printed.
    public func runProgram(_ name: String, _ arguments: [String], database: String) throws -> String {
        try Self.run(
            programs.appendingPathComponent(name).path, arguments + ["--dbname", url(database: database)])
    }

    // MARK: Starting

    private static func initialize(_ folder: URL, programs: URL, account: String?) throws {
        let data = folder.appendingPathComponent("data").path
        let initdb = [
            programs.appendingPathComponent("initdb").path, "--pgdata", data, "--username", "postgres",
            "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        ]
        let command = PostgreSQLPrograms.command(initdb, as: account)
        _ = try run(command[0], Array(command[1...]))
        let access = """
            local all all trust
            host all \(securedRole) 127.0.0.1/32 scram-sha-256
            host all all 127.0.0.1/32 trust
            host replication all 127.0.0.1/32 trust

            """
        try access.write(toFile: data + "/pg_hba.conf", atomically: false, encoding: .utf8)
    }

    private static func launch(
        folder: URL, programs: URL, account: String?, port: Int, settings: [String: String]
    ) throws -> Guardian {
        var configuration = [
            "listen_addresses": "127.0.0.1", "port": String(port), "unix_socket_directories": folder.path,
            "fsync": "off", "synchronous_commit": "on", "full_page_writes": "off", "wal_level": "logical",
            "max_wal_senders": "30", "max_replication_slots": "30", "max_connections": "150",
            "shared_buffers": "64MB", "log_min_messages": "warning",
        ]
        configuration.merge(settings) { _, given in given }
        let options = configuration.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        // The shell waits for the end of its input, which only this process holds open, then stops its own child. It
        // watches the server's lock file because `wait` needs SIGCHLD, which the shell may have inherited blocked.
        let script = """
            folder=$1; shift
            "$@" >"$folder/server.log" 2>&1 </dev/null &
            server=$!
            read -r line
            kill -QUIT "$server"
            rounds=0
            while test -e "$folder/data/postmaster.pid" && test $rounds -lt 100; do
                rounds=$((rounds + 1)); sleep 0.05
            done
            rm -rf "$folder"
            """
        let server = [programs.appendingPathComponent("postgres").path, "-D", folder.path + "/data"] + options
        let command = PostgreSQLPrograms.command(["sh", "-c", script, "sh", folder.path] + server, as: account)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = folder
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try process.run()
        return Guardian(process: process, input: input)
    }

    /// A server on a local disk answers within a second or two; minutes are for machines under heavy load.
    private func waitUntilReady() throws {
        let deadline = Date(timeIntervalSinceNow: 300)
        let program = programs.appendingPathComponent("pg_isready").path
        while Date() < deadline {
            if (try? Self.run(program, ["--host", "127.0.0.1", "--port", String(port), "--quiet"])) != nil { return }
            Thread.sleep(forTimeInterval: 0.05)
        }
        let log = (try? String(contentsOf: folder.appendingPathComponent("server.log"), encoding: .utf8)) ?? ""
        throw Failure(description: "PostgreSQL did not start: \(log.suffix(2000))")
    }

    private static func run(_ program: String, _ arguments: [String], input: String = "") throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program.hasPrefix("/") ? program : "/usr/bin/env")
        process.arguments = program.hasPrefix("/") ? arguments : [program] + arguments
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let errorText = Mutex("")
        let reading = Thread {
            let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            errorText.withLock { $0 = text }
        }
        reading.start()
        // A large input must not wait for output that nobody reads.
        let writing = Thread {
            try? standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try? standardInput.fileHandleForWriting.close()
        }
        writing.start()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            while !reading.isFinished { Thread.sleep(forTimeInterval: 0.001) }
            throw Failure(description: "\(program): \(errorText.withLock { $0 })")
        }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
