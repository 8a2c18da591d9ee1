import CPostgreSQL
import ConnectorKit

/// What a server said when it refused a statement.
///
/// PostgreSQL's detail, context and hint may quote a row's values, so they are never kept; nor is the message of the
/// classes that quote input (22: data exceptions) or that users write themselves (P0: `RAISE`).
struct ServerError: Error {
    /// The SQLSTATE; empty where the connection broke.
    let state: String
    let message: String
    /// The constraint or column that the server names.
    let constraint: String?

    init(result: OpaquePointer?, connection: OpaquePointer?) {
        func field(_ code: Character) -> String? {
            guard let result, let value = code.asciiValue, let text = PQresultErrorField(result, Int32(value)) else {
                return nil
            }
            return String(cString: text)
        }
        // The letters are PG_DIAG_SQLSTATE, PG_DIAG_MESSAGE_PRIMARY, …: protocol documentation, "Error and Notice
        // Message Fields". Swift does not import the character macros.
        state = field("C") ?? ""
        constraint = field("n") ?? field("c")
        if state.hasPrefix("22") || state.hasPrefix("P0") {
            if let context = field("W"), let column = Self.copiedColumn(context) {
                message = "a value does not fit the column \(column) (SQLSTATE \(state))"
            } else {
                message = "SQLSTATE \(state)"
            }
        } else if let primary = field("M") {
            message = primary
        } else {
            message = Self.trimmed(PQerrorMessage(connection))
        }
    }

    /// The column at which a COPY stopped: `COPY orders, line 7, column day: "…"`. What follows it is a value.
    private static func copiedColumn(_ context: String) -> String? {
        guard let match = context.prefixMatch(of: /COPY .*?, line [0-9]+, column (.+?)(: |\n|$)/) else { return nil }
        return String(match.1)
    }

    init(state: String, message: String) {
        self.state = state
        self.message = message
        constraint = nil
    }

    static func trimmed(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "the connection was lost" }
        let whole = String(cString: text)
        let line = whole.split(whereSeparator: \.isNewline).first.map(String.init)
        return line ?? "the connection was lost"
    }

    /// Whether one record, not the transaction or the server, is at fault.
    var concernsRecord: Bool {
        ["22", "23", "44", "P0", "2F", "38", "39"].contains(String(state.prefix(2))) || state == "42804"
            || state == "42846" || state == "54000" || state == "428C9"
    }

    var rejection: Rejection {
        let (cause, text) = rejectionCause
        return Rejection(cause: cause, constraint: constraint, message: text)
    }

    private var rejectionCause: (Rejection.Cause, String) {
        switch state {
        case "23505", "23P01": (.uniqueKey, message)
        case "23503", "23001": (.reference, message)
        case "23502": (.notNull, message)
        case "23514", "44000": (.check, message)
        case "22001": (.outOfRange, "the text is too long for the field")
        case "22003": (.outOfRange, "the number is too large for the field")
        case "22008": (.outOfRange, "the date or time is out of the field's range")
        case "22P02", "22P03", "22P05", "22021", "22007", "42804", "42846", "22032", "2200N":
            (.wrongType, "the field's type cannot hold the value (SQLSTATE \(state))")
        case _ where state.hasPrefix("P0") || state.hasPrefix("38") || state.hasPrefix("2F"):
            (.check, "a trigger or function of the database refused the record (SQLSTATE \(state))")
        case _ where state.hasPrefix("22"): (.outOfRange, "the value does not fit the field (SQLSTATE \(state))")
        case _ where state.hasPrefix("23"): (.check, message)
        default: (.other, "the server refused the record (SQLSTATE \(state))")
        }
    }

    func connectorError(doing: String, entity: String? = nil) -> ConnectorError {
        let (code, hint) = codeAndHint
        return ConnectorError(code, doing: doing, entity: entity, message: message, hint: hint)
    }

    private var codeAndHint: (ConnectorError.Code, String) {
        switch state {
        case "": (.unreachable, "Check that the server runs and can be reached.")
        case "40001", "40P01", "55P03": (.busy, "It is tried again; a long-running transaction may hold locks.")
        case "57014": (.busy, "The statement was cancelled or ran into a timeout; it is tried again.")
        case "55006": (.inUse, "End the other process that uses it.")
        case "57P01", "57P02", "57P03", "57P05", "25P03":
            (.unreachable, "The server is restarting or ended the session.")
        case "22023" where message.contains("snapshot"), "42704" where message.contains("snapshot"):
            (.unreachable, "The connection that held the snapshot was lost; it is tried again.")
        case "53300": (.busy, "Raise max_connections, or close other connections.")
        case "53100": (.full, "Free space on the server's disk.")
        case "25006": (.readOnly, "Use the primary server; default_transaction_read_only must be off.")
        case "28000", "28P01": (.credentials, "Check the user name and the password.")
        case "42501": (.forbidden, "Grant the right that the message names.")
        case "3D000": (.absent, "Check the database's name in the URL.")
        case "42P01", "42703", "42704", "3F000", "42883": (.schema, "Describe the store again: its schema has changed.")
        case "XX001", "XX002": (.corrupt, "Check the server's disk and log.")
        case "0A000": (.unsupported, "The server does not support this.")
        case _ where state.hasPrefix("08"): (.unreachable, "Check that the server runs and can be reached.")
        case _ where state.hasPrefix("53"): (.busy, "The server is short of a resource; see its log.")
        default: (.protocolViolation, "SQLSTATE \(state); see the server's log.")
        }
    }
}

extension ConnectorError {
    /// Turns what a body throws about the server into a ``ConnectorError``.
    @discardableResult
    static func translating<Result>(
        _ doing: String, entity: String? = nil, _ body: () throws -> Result
    ) throws(ConnectorError) -> Result {
        do { return try body() } catch let error as ServerError {
            throw error.connectorError(doing: doing, entity: entity)
        } catch let error as ConnectorError { throw error } catch {
            throw ConnectorError(
                .protocolViolation, doing: doing, entity: entity, message: "\(type(of: error))", hint: "")
        }
    }
}
