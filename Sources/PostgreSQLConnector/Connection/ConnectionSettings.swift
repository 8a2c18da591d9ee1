import CPostgreSQL
import ConnectorKit

/// How connections to one database are opened.
struct ConnectionSettings: Sendable {
    let url: String
    let password: String?
    let statementTimeoutSeconds: Int
    let lockTimeoutSeconds: Int

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
        if let password { keywords.append(("password", password)) }
        if replication { keywords.append(("replication", "database")) }
        return keywords
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
