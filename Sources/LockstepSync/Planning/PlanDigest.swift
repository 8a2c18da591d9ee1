/// What a plan is known by on a command line: the beginning of its digest, and a few digits of each map's, so that it can
/// be said which maps moved.
///
/// `3f9c81d2e07a5b1c.a1b2.c3d4`: at least 8 and at most 64 hexadecimal digits; the maps' parts, in the order of the
/// link's maps, may be left out.
public struct PlanDigest: Sendable, Hashable, CustomStringConvertible {
    /// Fewer digits are too easily the same by chance.
    public static let fewestDigits = 8
    private static let shownDigits = 16
    private static let mapDigits = 4
    /// Links with more maps leave their parts out: nobody copies hundreds of digits.
    private static let mostMaps = 12

    private let prefix: String
    private let maps: [String]

    /// Reads what a person typed; nil where it is none.
    public init?(_ text: String) {
        let parts = text.lowercased().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, (Self.fewestDigits...64).contains(first.utf8.count),
            parts.allSatisfy({ $0.utf8.allSatisfy(Self.isDigit) }),
            parts.dropFirst().allSatisfy({ $0.utf8.count == Self.mapDigits })
        else { return nil }
        prefix = first
        maps = Array(parts.dropFirst())
    }

    /// The digest of a plan; nil for reports of syncs.
    public init?(_ report: SyncReport) {
        guard let digest = report.digest else { return nil }
        prefix = String(digest.prefix(Self.shownDigits))
        maps = report.maps.count > Self.mostMaps ? [] : report.maps.map(Self.part)
    }

    public var description: String { ([prefix] + maps).joined(separator: ".") }

    /// Whether a plan is the one that is meant.
    public func matches(_ report: SyncReport) -> Bool { report.digest?.hasPrefix(prefix) ?? false }

    /// The maps that a plan treats otherwise than the one that is meant; nil where that cannot be said.
    public func movedMaps(in report: SyncReport) -> [String]? {
        guard !maps.isEmpty, maps.count == report.maps.count else { return nil }
        return zip(maps, report.maps).filter { $0 != Self.part($1) }.map(\.1.map)
    }

    private static func part(_ map: MapReport) -> String { String((map.plan?.digest ?? "").prefix(mapDigits)) }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) }
}

extension SyncEngine {
    /// Plans once more and makes sure that it is still the same plan.
    ///
    /// - Throws: ``SyncError`` with code `planMoved`, naming the maps that moved. Nothing was written then.
    public func verify(_ digest: PlanDigest, permissions: SyncPermissions = SyncPermissions()) async throws {
        let report = try await plan(permissions: permissions)
        guard !digest.matches(report) else { return }
        let now = PlanDigest(report).map(\.description) ?? ""
        let moved: String
        switch digest.movedMaps(in: report) {
        case let maps? where !maps.isEmpty: moved = "maps that moved: \(maps.joined(separator: ", "))"
        case _?, nil:
            moved =
                report.maps.count == 1
                ? "the map that moved: \(report.maps[0].map)"
                : "which maps moved cannot be said without the parts of the digest after its first point"
        }
        throw SyncError(
            .planMoved,
            "the maps or the data are not what was planned: the plan is \(now) now; \(moved); nothing was written",
            hint: "look at `lockstep plan` again, and sync by its new digest")
    }
}
