import CPostgreSQL
import ConnectorKit
import Foundation

/// The schema as PostgreSQL's own `pg_dump` writes it, which knows every kind of object.
struct SchemaDump: Sendable {
    private static let doing = "reading the schema for a backup"
    private static let hint = "install it: apt-get install postgresql-client-15, or the server's own version"

    /// `PGHOST`, `PGUSER`, `PGPASSWORD` and so on: nothing of the connection is on a command line that others see.
    private let environment: [String: String]
    private let snapshot: String

    /// - Parameter snapshot: an exported one, whose transaction stays open meanwhile.
    init(_ wire: Wire, snapshot: String) {
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
        let options = PQconninfo(wire.handle)
        defer { PQconninfoFree(options) }
        var option = options
        while let current = option, current.pointee.keyword != nil {
            if let name = current.pointee.envvar, let value = current.pointee.val, value.pointee != 0 {
                environment[String(cString: name)] = String(cString: value)
            }
            option = current + 1
        }
        self.environment = environment
        self.snapshot = snapshot
    }

    /// - Parameter section: `pre-data` or `post-data`.
    func script(_ section: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "pg_dump", "--schema-only", "--section=\(section)", "--snapshot=\(snapshot)", "--no-subscriptions",
            "--encoding=UTF8", "--no-password",
        ]
        process.environment = environment
        let (output, errors) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Self.failure(process.terminationStatus, said) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func failure(_ status: Int32, _ said: String) -> ConnectorError {
        if status == 127 {
            return ConnectorError(
                .unsupported, doing: doing, message: "the program pg_dump is not installed", hint: hint)
        }
        if said.contains("server version mismatch") {
            return ConnectorError(
                .unsupported, doing: doing, message: "the installed pg_dump is older than the server", hint: hint)
        }
        if ["connection to server", "terminating connection", "server closed", "snapshot"].contains(
            where: said.contains)
        {
            return ConnectorError(
                .unreachable, doing: doing, message: "the connection was lost",
                hint: "check that the server runs and can be reached")
        }
        let line = said.split(whereSeparator: \.isNewline).first.map(String.init) ?? "status \(status)"
        return ConnectorError(
            said.contains("permission denied") ? .forbidden : .protocolViolation, doing: doing, message: line,
            hint: "the role must be able to read every table, as for pg_dump")
    }
}
