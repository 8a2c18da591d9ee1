import Foundation

/// Which store a URL in `lockstep.yaml` stands for.
public struct StoreURL: Sendable, Hashable {
    /// `sqlite` or `postgresql`.
    public var scheme: String
    /// As the file has it.
    public var text: String
    /// What a connector opens: the absolute path of a SQLite file, or the URL itself.
    public var address: String

    public init(scheme: String, text: String, address: String) {
        self.scheme = scheme
        self.text = text
        self.address = address
    }

    /// Schemes by what people write.
    static let schemes = ["sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"]

    enum Problem: Error {
        case noScheme
        case unknownScheme(String)
        case noPath
        case noHost
        case password
    }

    /// - Parameter directory: the project's folder, which relative SQLite paths start from.
    init(parsing text: String, directory: String) throws(Problem) {
        guard let colon = text.firstIndex(of: ":") else { throw .noScheme }
        let written = String(text[..<colon])
        guard let scheme = Self.schemes[written.lowercased()] else { throw .unknownScheme(written) }
        let rest = String(text[text.index(after: colon)...])
        self.scheme = scheme
        self.text = text
        if scheme == "sqlite" {
            var path = rest
            if path.hasPrefix("//") { path.removeFirst(2) }
            guard !path.isEmpty, !path.hasSuffix("/") else { throw .noPath }
            address = Self.absolute(path, in: directory)
        } else {
            guard rest.hasPrefix("//") else { throw .noHost }
            if Self.holdsPassword(rest.dropFirst(2)) { throw .password }
            address = text
        }
    }

    static func absolute(_ path: String, in directory: String) -> String {
        if path.hasPrefix("/") { return path }
        return URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: directory, isDirectory: true))
            .standardizedFileURL.path
    }

    private static func holdsPassword(_ rest: Substring) -> Bool {
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // A password may hold a slash that was not escaped: what stands before the last @ of all counts too.
        let credentials = rest.lastIndex(of: "@").map { rest[..<$0] } ?? authority.prefix(0)
        if credentials.contains(":") { return true }
        guard let query = rest.firstIndex(of: "?") else { return false }
        return rest[rest.index(after: query)...].split(separator: "&").contains { parameter in
            let name = parameter.prefix { $0 != "=" }.lowercased()
            return (name == "password" || name == "sslpassword") && parameter.count > name.count + 1
        }
    }
}
