/// `repository.json`: what makes a folder or bucket a repository. Written once, when it is made.
public struct RepositoryIdentity: Sendable, Hashable, Codable {
    public static let currentFormat = "lockstep.repository/1"
    /// What this version can read. A change that older versions would misread raises it.
    public static let reader = 1

    public var format: String
    /// 32 random hexadecimal digits. A copy has the id of what it is a copy of, for the records are signed with it.
    public var id: String
    /// Microseconds since 1970-01-01T00:00:00Z by the repository's own clock.
    public var created: Int64
    /// The lowest ``reader`` that understands the repository.
    public var minimumReader: Int
    /// Snapshots come from another repository only, by copying; some of that one's may be missing here.
    public var isCopy: Bool

    public init(id: String, created: Int64, isCopy: Bool = false) {
        format = Self.currentFormat
        self.id = id
        self.created = created
        minimumReader = Self.reader
        self.isCopy = isCopy
    }

    /// Only what every version of the format has.
    private struct Heading: Decodable {
        var format: String
        var minimumReader: Int
    }

    static func parse(_ bytes: [UInt8], address: String) throws -> RepositoryIdentity {
        let doing = "opening the repository"
        guard let heading = RepositoryJSON.decode(Heading.self, bytes), heading.format.hasPrefix("lockstep.repository/")
        else {
            throw ContinuityError(
                .damaged, doing: doing, object: RepositoryLayout.identity,
                message: "that is no description of a repository",
                hint: "check the address; if it is right, put \(RepositoryLayout.identity) back from a copy")
        }
        guard heading.minimumReader <= reader, let identity = RepositoryJSON.decode(Self.self, bytes) else {
            throw ContinuityError(
                .tooNew, doing: doing, object: RepositoryLayout.identity,
                message:
                    "\(heading.format) needs a reader of version \(heading.minimumReader), and this one is \(reader)",
                hint: "use the version of lockstep that wrote it, or a later one")
        }
        return identity
    }
}
