import CPostgreSQL
import Foundation

/// A PostgreSQL server of the test's own: in a temporary folder, reached through a socket in it, gone afterwards.
final class TemporaryPostgreSQL {
    struct Failure: Error { var message: String }

    private let folder: String
    private let server: Process
    private let connection: OpaquePointer

    init() throws {
        folder = "/tmp/lockstep-expressions-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let binaries = try Self.binaries()
        let isRoot = getuid() == 0
        if isRoot { _ = try Self.run("/bin/chown", ["postgres:postgres", folder]) }
        let prefix = isRoot ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        let initialize =
            prefix + [
                binaries + "/initdb", "-D", folder + "/data", "-A", "trust", "-U", "postgres", "-E", "UTF8",
                "--locale=C.UTF-8", "--no-sync",
            ]
        guard try Self.run(initialize[0], Array(initialize.dropFirst())) == 0 else {
            throw Failure(message: "initdb failed")
        }
        let start =
            prefix + [
                binaries + "/postgres", "-D", folder + "/data", "-k", folder, "-c", "listen_addresses=", "-c",
                "fsync=off",
            ]
        server = Process()
        server.executableURL = URL(fileURLWithPath: start[0])
        server.arguments = Array(start.dropFirst())
        server.currentDirectoryURL = URL(fileURLWithPath: folder)
        let log = Pipe()
        server.standardError = log
        server.standardOutput = FileHandle.nullDevice
        try server.run()
        // The server says when it is ready; its log ends when it dies.
        var text = ""
        while !text.contains("ready to accept connections") {
            let data = log.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Failure(message: "the server stopped: \(text)") }
            text += String(decoding: data, as: UTF8.self)
        }
        log.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
        guard let connection = PQconnectdb("host=\(folder) user=postgres dbname=postgres"),
            PQstatus(connection) == CONNECTION_OK
        else {
            server.interrupt()
            throw Failure(message: "no connection")
        }
        self.connection = connection
    }

    func stop() {
        PQfinish(connection)
        // SIGINT is PostgreSQL's fast shutdown.
        server.interrupt()
        server.waitUntilExit()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Rows of texts; nil is null.
    func query(_ sql: String, _ parameters: [String?] = []) throws -> [[String?]] {
        var pointers: [UnsafePointer<CChar>?] = []
        let copies = parameters.map { $0.flatMap { strdup($0) } }
        defer { for copy in copies { free(copy) } }
        for copy in copies { pointers.append(copy.map { UnsafePointer($0) }) }
        let result = PQexecParams(connection, sql, Int32(parameters.count), nil, pointers, nil, nil, 0)
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
            throw Failure(message: String(cString: PQerrorMessage(connection)) + sql)
        }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
            }
        }
    }

    private static func binaries() throws -> String {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.compactMap { Int($0) }.max()
        guard let newest else { throw Failure(message: "no PostgreSQL server is installed") }
        return "/usr/lib/postgresql/\(newest)/bin"
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
