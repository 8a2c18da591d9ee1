import ConnectorKit
import Foundation
import LockstepContinuity
import LockstepMapping
import SQLiteAccess
import Synchronization

/// Where a store is, and whether somebody writes to it. Looks only.
final class StoreProbe: Sendable {
    let store: String
    let url: StoreURL
    private let password: String?
    /// Held open from the first look on: what another connection commits shows in its `data_version`.
    private let connection = Mutex<SQLiteDatabase?>(nil)

    init(store: String, url: StoreURL, password: String?) {
        self.store = store
        self.url = url
        self.password = password
    }

    private var statements: StoreStatements { StoreStatements(url: url, password: password) }

    // MARK: Where it is

    /// A server that cannot be reached is known by its address only.
    func place() async -> StorePlace {
        guard url.scheme == "postgresql" else {
            let path = URL(fileURLWithPath: url.address).resolvingSymlinksInPath().path
            return StorePlace(
                store: store, engine: "SQLite", endpoints: [], container: path,
                identities: Self.identity(path).map { [$0] } ?? [])
        }
        let address = PostgreSQLAddress(url.address)
        let number = try? await statements.value(
            "select s.system_identifier || ':' || d.oid from pg_control_system() s, pg_database d where d.datname = current_database()"
        )
        return StorePlace(
            store: store, engine: "PostgreSQL", endpoints: address.endpoints, container: address.database,
            identities: (number ?? nil).map { [$0] } ?? [])
    }

    /// `device:inode`; nil where there is no file.
    static func identity(_ path: String) -> String? {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        return "\(facts.st_dev):\(facts.st_ino)"
    }

    // MARK: Whether somebody writes

    /// What is another as soon as anybody commits a change.
    func mark() async -> StoreMark {
        do {
            return StoreMark(store: store, mark: url.scheme == "postgresql" ? try await serverMark() : try fileMark())
        } catch {
            return StoreMark(store: store, mark: nil, reason: "the store cannot be asked")
        }
    }

    private func fileMark() throws -> String {
        guard let identity = Self.identity(url.address) else { return "there is no file" }
        return try connection.withLock { connection in
            if connection == nil { connection = try SQLiteDatabase(path: url.address, mode: .readOnly) }
            let version = try connection?.dataVersion() ?? 0
            return "file \(identity), data version \(version)"
        }
    }

    /// Rows written since the server's counters began: what only reads does not move them.
    private func serverMark() async throws -> String {
        let sql = "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_user_tables"
        return "\(try await statements.value(sql) ?? "0") rows written"
    }

    func close() { connection.withLock { $0?.close() } }
}

/// What a URL of PostgreSQL says of where the server is, as libpq reads it.
struct PostgreSQLAddress: Sendable {
    /// Every resolved address with its port, or the path of a socket.
    var endpoints: [String]
    var database: String

    init(_ url: String) {
        let parts = URLComponents(string: url)
        var values: [String: String] = [:]
        for item in parts?.queryItems ?? [] { values[item.name] = item.value }
        let user = values["user"] ?? parts?.user ?? ProcessInfo.processInfo.userName
        let path = parts?.path.dropFirst().removingPercentEncoding ?? ""
        database = values["dbname"] ?? (path.isEmpty ? user : path)
        let port = values["port"] ?? parts?.port.map(String.init) ?? "5432"
        let host = values["hostaddr"] ?? values["host"] ?? parts?.host ?? ""
        if host.isEmpty || host.hasPrefix("/") {
            endpoints = ["\(host.isEmpty ? "/var/run/postgresql" : host)/.s.PGSQL.\(port)"]
        } else {
            let found = host.split(separator: ",").flatMap { Self.addresses(String($0)) }
            endpoints = found.map { "\($0):\(port)" }
        }
    }

    /// The addresses of a host; its name where it has none.
    private static func addresses(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [host] }
        defer { freeaddrinfo(list) }
        var found: [String] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let address = entry.pointee.ai_addr
            if getnameinfo(address, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            {
                found.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            next = entry.pointee.ai_next
        }
        return found.isEmpty ? [host] : Array(Set(found)).sorted()
    }
}
