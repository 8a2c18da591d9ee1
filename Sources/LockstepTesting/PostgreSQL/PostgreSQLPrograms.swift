import Foundation

/// Where PostgreSQL's programs are on this machine, and who may run them.
enum PostgreSQLPrograms {
    /// The folder of `initdb` and `postgres`: what `pg_config` says, Debian's folders (newest first), or the `PATH`.
    static func folder() throws -> URL {
        let manager = FileManager.default
        let debian = URL(fileURLWithPath: "/usr/lib/postgresql")
        let versions = ((try? manager.contentsOfDirectory(atPath: debian.path)) ?? [])
            .sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
        var folders = versions.map { debian.appendingPathComponent($0).appendingPathComponent("bin") }
        if let told = configuredFolder() { folders.insert(told, at: 0) }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        folders += path.split(separator: ":").map { URL(fileURLWithPath: String($0)) }
        for folder in folders
        where ["initdb", "postgres", "psql", "pg_isready"].allSatisfy({
            manager.isExecutableFile(atPath: folder.appendingPathComponent($0).path)
        }) {
            return folder
        }
        throw PostgreSQLServer.Failure(
            description: "PostgreSQL is not installed. Install it: apt-get install postgresql")
    }

    private static func configuredFolder() -> URL? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["pg_config", "--bindir"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let path = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return path.isEmpty ? nil : URL(fileURLWithPath: path)
    }

    /// PostgreSQL refuses to run as root: the account to run it under then, nil for one's own.
    static func account() -> String? {
        guard getuid() == 0 else { return nil }
        return getpwnam("postgres") != nil ? "postgres" : "nobody"
    }

    /// The command line that runs a command under an account.
    static func command(_ command: [String], as account: String?) -> [String] {
        guard let account, let entry = getpwnam(account) else { return ["/usr/bin/env"] + command }
        let (user, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        return ["/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(group)", "--clear-groups"] + command
    }
}

/// A TCP port of the loopback interface that nobody listens on.
enum LoopbackPort {
    static func free() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard descriptor >= 0, status == 0 else {
            throw PostgreSQLServer.Failure(description: "no free port on 127.0.0.1")
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
