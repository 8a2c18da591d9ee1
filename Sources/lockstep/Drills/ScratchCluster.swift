import Foundation
import LockstepMapping
import Synchronization

/// A PostgreSQL cluster of a drill's own: made in a temporary folder, reached through a socket in it and nothing else,
/// ended with the drill. It also ends where this process is killed; its folder is then removed by the next drill.
final class ScratchCluster: Sendable {
    private struct Guardian: @unchecked Sendable {
        // Process and Pipe are not Sendable; they are touched only under the mutex that holds this.
        var process: Process
        var input: Pipe
    }

    let folder: String
    private let guardian: Mutex<Guardian>
    /// The name of the role that owns everything in it.
    private static let role = "postgres"
    /// A server on a local disk answers within seconds; the rest is for machines under load.
    private static let startSeconds = 60.0

    private init(folder: String, guardian: Guardian) {
        self.folder = folder
        self.guardian = Mutex(guardian)
    }

    /// Not in the project: PostgreSQL's own account must come in where this program runs as root.
    private static let base = URL(fileURLWithPath: FileManager.default.temporaryDirectory.path).standardizedFileURL.path

    /// Where the cluster of this name would be.
    static func folder(of name: String) -> String { "\(base)/\(name)" }

    /// The URL of a database of it.
    static func url(database: String, folder: String) -> StoreURL {
        let host = folder.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? folder
        let text = "postgresql://\(role)@/\(database)?host=\(host)"
        return StoreURL(scheme: "postgresql", text: text, address: text)
    }

    /// The socket that it listens on.
    static func socket(in folder: String) -> String { folder + "/.s.PGSQL.5432" }

    /// Makes and starts it, with a database of the same name.
    static func start(name: String) async throws -> ScratchCluster {
        let folder = folder(of: name)
        let cluster = try await OffPool.run {
            let programs = try programs()
            let account = account()
            try make(folder, for: account)
            do {
                try initialize(folder, programs, account)
                return ScratchCluster(folder: folder, guardian: try launch(folder, programs, account))
            } catch {
                try? FileManager.default.removeItem(atPath: folder)
                throw error
            }
        }
        do {
            try await cluster.waitUntilReady()
            try await StoreStatements(url: url(database: "postgres", folder: folder), password: nil).write(
                "create database \"\(name)\" template template0")
        } catch {
            await cluster.stop()
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
        return cluster
    }

    /// Ends the server, and waits until it has. Its files stay. Callable twice.
    func stop() async {
        try? await OffPool.run { [self] in
            guardian.withLock { guardian in
                try? guardian.input.fileHandleForWriting.close()
                guardian.process.waitUntilExit()
            }
        }
    }

    private var isRunning: Bool { guardian.withLock { $0.process.isRunning } }

    private func waitUntilReady() async throws {
        let statements = StoreStatements(url: Self.url(database: "postgres", folder: folder), password: nil)
        let deadline = ContinuousClock.now + .seconds(Self.startSeconds)
        while isRunning, ContinuousClock.now < deadline {
            if (try? await statements.value("select 1")) == "1" { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Self.failure("the server of the drill did not start; its own words are in \(folder)/server.log")
    }

    // MARK: Programs

    private static func programs() throws -> String {
        let files = FileManager.default
        let debian = "/usr/lib/postgresql"
        let versions = ((try? files.contentsOfDirectory(atPath: debian)) ?? []).sorted {
            (Int($0) ?? 0) > (Int($1) ?? 0)
        }
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        // What was put into the path is meant; Debian puts the server's programs elsewhere.
        let folders = path + versions.map { "\(debian)/\($0)/bin" }
        let found = folders.first { folder in
            ["initdb", "postgres"].allSatisfy { files.isExecutableFile(atPath: "\(folder)/\($0)") }
        }
        guard let found else {
            throw failure(
                "PostgreSQL's server is not installed on this machine",
                "install it, or name a server: `target: {database: {url: …}}`")
        }
        return found
    }

    /// PostgreSQL refuses to run as root: the account to run it under then.
    private static func account() -> String? {
        guard getuid() == 0 else { return nil }
        return getpwnam("postgres") != nil ? "postgres" : "nobody"
    }

    private static func command(_ words: [String], as account: String?) -> [String] {
        guard let account, let entry = getpwnam(account) else { return words }
        let (user, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        return ["/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(group)", "--clear-groups"] + words
    }

    private static func make(_ folder: String, for account: String?) throws {
        // Nobody else comes in, so that the socket in it needs no password.
        guard mkdir(folder, 0o700) == 0 else { throw failure("the folder \(folder) cannot be made", "set TMPDIR") }
        guard let account, let entry = getpwnam(account) else { return }
        guard chown(folder, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            throw failure("the folder \(folder) cannot be given to \(account)")
        }
    }

    private static func initialize(_ folder: String, _ programs: String, _ account: String?) throws {
        let words = [
            "\(programs)/initdb", "--pgdata", folder + "/data", "--username", role, "--auth", "trust", "--encoding",
            "UTF8", "--locale", "C.UTF-8", "--no-sync",
        ]
        let command = command(words, as: account)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { throw failure("initdb cannot be started") }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw failure("initdb failed; is there room in \(folder)?") }
    }

    private static func launch(_ folder: String, _ programs: String, _ account: String?) throws -> Guardian {
        let settings = [
            "listen_addresses": "", "port": "5432", "unix_socket_directories": folder, "fsync": "off",
            "full_page_writes": "off", "wal_level": "logical", "max_connections": "50",
            // The log must not hold values of records: it stays where a drill is kept.
            "log_min_messages": "fatal", "log_min_error_statement": "panic",
        ]
        let options = settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        // The shell waits for the end of its input, which only this process holds open, then stops its own child. It
        // watches the server's lock file because `wait` needs SIGCHLD, which the shell may have inherited blocked.
        let script = """
            folder=$1; shift
            "$@" >"$folder/server.log" 2>&1 </dev/null &
            server=$!
            read -r line
            kill -INT "$server"
            rounds=0
            while test -e "$folder/data/postmaster.pid" && test $rounds -lt 200; do
                rounds=$((rounds + 1)); sleep 0.05
            done
            if test -e "$folder/data/postmaster.pid"; then kill -QUIT "$server"; sleep 0.5; fi
            """
        let server = ["\(programs)/postgres", "-D", folder + "/data"] + options
        let command = command(["/bin/sh", "-c", script, "sh", folder] + server, as: account)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        do { try process.run() } catch { throw failure("the server of the drill cannot be started") }
        return Guardian(process: process, input: input)
    }

    private static func failure(_ message: String, _ hint: String = "see that TMPDIR has room, and try again")
        -> Failure
    {
        Failure(.cannotWrite, message, hint: hint)
    }
}
