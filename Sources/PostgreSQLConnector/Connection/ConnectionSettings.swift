import CPostgreSQL
import ConnectorKit
import Glibc

/// How connections to one database are opened.
struct ConnectionSettings: Sendable {
    let url: String
    let password: String?
    let statementTimeoutSeconds: Int
    let lockTimeoutSeconds: Int
    /// Wins over the URL's; for making a database, which is done from another one.
    var database: String?

    /// Every session reads and writes values in one form, whatever the server's or the role's settings are.
    ///
    /// `extra_float_digits` 1 and up gives the shortest text that reads back exactly (PostgreSQL 12 and later).
    private static let session = [
        "set datestyle = 'ISO, YMD'", "set timezone = 'UTC'", "set intervalstyle = 'postgres'",
        "set extra_float_digits = 1", "set bytea_output = 'hex'", "set standard_conforming_strings = on",
        "set client_min_messages = warning", "set xmloption = content", "set lc_monetary = 'C'",
        "set row_security = on",
    ]

    /// Unqualified names are those of the user's schemas. A role named `lockstep` would find the engine's own schema
    /// first (`"$user"` leads the path), and none of its tables any more as soon as capture is installed.
    private static let searchPath = """
        do $$ begin perform set_config('search_path', coalesce((
            select string_agg(quote_ident(path.name), ', ' order by path.place)
            from unnest(current_schemas(false)) with ordinality as path(name, place)
            where path.name <> 'lockstep'), ''), false); end $$
        """

    var sessionSQL: String {
        let limits = [
            "set statement_timeout = '\(statementTimeoutSeconds)s'", "set lock_timeout = '\(lockTimeoutSeconds)s'",
            "set idle_in_transaction_session_timeout = 0",
        ]
        return (Self.session + [Self.searchPath] + limits).joined(separator: "; ")
    }

    /// The walsender must not be ended while the engine works on a chunk: dead peers are found by TCP keepalives.
    var replicationSQL: String {
        (Self.session + ["set wal_sender_timeout = 0", "set statement_timeout = 0"]).joined(separator: "; ")
    }

    /// Keywords for `PQconnectdbParams`: those before `dbname` are defaults that the URL overrides, those after it win.
    func keywords(replication: Bool) -> [(String, String)] {
        var keywords = [
            ("connect_timeout", "10"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "60000"), ("dbname", url),
            ("client_encoding", "UTF8"), ("application_name", "lockstep"),
        ]
        // Only the first `dbname` is read as a URL.
        if let database { keywords.append(("dbname", database)) }
        if let password { keywords.append(("password", password)) }
        if replication { keywords.append(("replication", "database")) }
        return keywords
    }

    /// The database that the URL names, or the role's own.
    var databaseName: String? {
        guard let options = PQconninfoParse(url, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var user: String?
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                if strcmp(keyword, "dbname") == 0 { return String(cString: value) }
                if strcmp(keyword, "user") == 0 { user = String(cString: value) }
            }
            option += 1
        }
        return user
    }

    /// - Throws: `configuration` where the URL is malformed; the message never holds the URL, which may hold a password.
    func validate() throws(ConnectorError) {
        let parsed = PQconninfoParse(url, nil)
        defer { PQconninfoFree(parsed) }
        guard parsed != nil, url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
            throw ConnectorError(
                .configuration, doing: "reading the store's URL", message: "it is no PostgreSQL URL",
                hint: "Write it like postgresql://user@host:5432/database, and give the password apart from it.")
        }
    }
}
