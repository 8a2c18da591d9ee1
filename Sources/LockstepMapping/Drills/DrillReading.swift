import LockstepModel
import Yams

/// Reads a drill plan key by key.
struct DrillReading {
    let file: String
    let source: [UInt8]
    /// What relative paths in the plan start from.
    let directory: String
    var reader: DocumentReader

    init(file: String, source: [UInt8], directory: String) {
        self.file = file
        self.source = source
        self.directory = directory
        reader = DocumentReader(file: file, family: .drill)
    }

    static let keys = [
        "drill", "version", "description", "type", "scenario", "criteria", "snapshot", "stores", "target", "targets",
        "groups", "usable", "objectives", "assets", "people", "every", "keep", "production", "announced",
    ]

    mutating func report(_ code: DrillCode, at location: SourceLocation, _ message: String, hint: String) {
        reader.report(code.rawValue, at: location, message, hint: hint)
    }

    mutating func plan(_ root: Node) -> DrillPlan? {
        guard let fields = reader.fields(root, of: "the drill", known: Self.keys) else { return nil }
        let name = reader.required("drill", in: fields).flatMap { self.name($0, of: "`drill`") }
        let version = fields["version"].flatMap { number($0, of: "`version`", from: 1) } ?? 1
        let kind = reader.required("type", in: fields).flatMap { node in
            reader.word(node, of: "`type`", among: DrillPlan.Kind.allCases.map { ($0.rawValue, $0) })
        }
        let selection =
            fields["snapshot"].flatMap { self.selection($0) } ?? Located(.latest, at: fields.location)
        let stores = fields["stores"].map { names($0, of: "`stores`") } ?? []
        let target = fields["target"].flatMap { self.target($0) } ?? .temporary
        let targets = fields["targets"].map { byName($0, of: "`targets`") { $0.target($1) } } ?? [:]
        let groups = reader.required("groups", in: fields).map { self.groups($0) } ?? []
        let assets = fields["assets"].map { byName($0, of: "`assets`") { $0.asset($1) } } ?? [:]
        let people = fields["people"].map { self.people($0) } ?? DrillPlan.People()
        let objectives = fields["objectives"].map { self.objectives($0) } ?? DrillPlan.Objectives()
        let every = fields["every"].flatMap { duration($0, of: "`every`") }
        let keeping = fields["keep"].flatMap { node in
            reader.word(node, of: "`keep`", among: DrillPlan.Keeping.allCases.map { ($0.rawValue, $0) })
        }
        let production = fields["production"].flatMap { node in
            reader.word(node, of: "`production`", among: DrillPlan.Production.allCases.map { ($0.rawValue, $0) })
        }
        let announced = fields["announced"].flatMap { reader.bool($0, of: "`announced`") }
        let words = ["description", "scenario", "criteria", "usable"].map { text($0, in: fields) }
        guard let name, let kind else { return nil }
        return DrillPlan(
            name: name, version: version, description: words[0], kind: kind, scenario: words[1], criteria: words[2],
            selection: selection, stores: stores, target: target, targets: targets, groups: groups,
            usableAfter: words[3], objectives: objectives, assets: assets, people: people, every: every,
            keeping: keeping?.value ?? .never, production: production?.value ?? .quiet,
            isAnnounced: announced ?? true, file: file, source: source)
    }

    // MARK: Single values

    mutating func text(_ key: String, in fields: Fields) -> String? {
        fields[key].flatMap { reader.text($0, of: "`\(key)`")?.value }
    }

    /// Names of plans stand in file names.
    mutating func name(_ node: Node, of what: String) -> Located<String>? {
        guard let text = reader.text(node, of: what) else { return nil }
        let isAllowed = { (byte: UInt8) in
            (byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57) || byte == 45 || byte == 95
        }
        if text.value.utf8.count > 63 || !text.value.utf8.allSatisfy(isAllowed) {
            report(
                .badName, at: text.location, "`\(text.value)` is no name for a drill",
                hint: "use small letters, digits, `_` and `-`, 63 at most")
            return nil
        }
        return text
    }

    mutating func number(_ node: Node, of what: String, from least: Int) -> Int? {
        guard let text = reader.text(node, of: what) else { return nil }
        guard let number = Int(text.value), number >= least, number <= 1_000_000_000 else {
            reader.report(
                .badValue, at: text.location, "\(what) must be a whole number, \(least) or more", hint: "")
            return nil
        }
        return number
    }

    mutating func duration(_ node: Node, of what: String) -> Int64? {
        guard let text = reader.text(node, of: what) else { return nil }
        guard let seconds = DurationWords.parse(text.value) else {
            report(
                .badDuration, at: text.location, "\(what) is no length of time",
                hint: "write `90s`, `15m`, `1h30m` or `90d`")
            return nil
        }
        return seconds
    }

    mutating func names(_ node: Node, of what: String) -> [Located<String>] {
        if case .scalar = node { return reader.text(node, of: what).map { [$0] } ?? [] }
        return (reader.items(node, of: what) ?? []).compactMap { reader.text($0, of: "a name in \(what)") }
    }

    /// A mapping whose keys are names of the project's stores.
    private mutating func byName<Item>(
        _ node: Node, of what: String, _ read: (inout DrillReading, Node) -> Item?
    ) -> [String: Item] {
        var items: [String: Item] = [:]
        for entry in reader.entries(node, of: what) ?? [] {
            namedStores.append(entry.key)
            items[entry.key.value] = read(&self, entry.value)
        }
        return items
    }

    /// Stores that stand as keys, to be looked up in the project.
    var namedStores: [Located<String>] = []

    // MARK: Parts

    private mutating func selection(_ node: Node) -> Located<DrillPlan.Selection>? {
        let location = reader.location(node)
        let words: [(String, DrillPlan.Selection)] = [("latest", .latest), ("oldest", .oldest), ("random", .random)]
        guard case .mapping = node else { return reader.word(node, of: "`snapshot`", among: words) }
        guard let fields = reader.fields(node, of: "`snapshot`", known: ["at", "id"]) else { return nil }
        guard fields.entries.count == 1, let entry = fields.entries.first else {
            reader.report(
                .badValue, at: location, "`snapshot` must say one thing", hint: "write `{at: TIME}` or `{id: ID}`")
            return nil
        }
        guard let text = reader.text(entry.value, of: "`\(entry.key.value)`") else { return nil }
        if entry.key.value == "id" { return Located(.id(text.value), at: location) }
        guard let time = ISOText.parseInstant(text.value.utf8) else {
            report(
                .badTime, at: text.location, "`at` is no point in time",
                hint: "write it with its zone: `2026-01-31T23:59:59Z`")
            return nil
        }
        return Located(.at(time), at: location)
    }

    private mutating func asset(_ node: Node) -> DrillPlan.Asset? {
        guard let fields = reader.fields(node, of: "an asset", known: ["process", "role", "tier", "tolerable"])
        else { return nil }
        return DrillPlan.Asset(
            process: text("process", in: fields), role: text("role", in: fields), tier: text("tier", in: fields),
            tolerable: fields["tolerable"].flatMap { duration($0, of: "`tolerable`") })
    }

    private mutating func people(_ node: Node) -> DrillPlan.People {
        let known = ["director", "operator", "observer", "approver"]
        guard let fields = reader.fields(node, of: "`people`", known: known) else { return DrillPlan.People() }
        return DrillPlan.People(
            director: text("director", in: fields),
            operators: fields["operator"].map { names($0, of: "`operator`").map(\.value) } ?? [],
            observers: fields["observer"].map { names($0, of: "`observer`").map(\.value) } ?? [],
            approver: text("approver", in: fields))
    }

    private mutating func objectives(_ node: Node) -> DrillPlan.Objectives {
        guard let fields = reader.fields(node, of: "`objectives`", known: ["rto", "rpo", "stores"]) else {
            return DrillPlan.Objectives()
        }
        let stores = fields["stores"].map { node in
            byName(node, of: "`stores`") { reading, node in
                reading.reader.fields(node, of: "an objective", known: ["rto", "rpo"]).map { reading.objective($0) }
            }
        }
        return DrillPlan.Objectives(all: objective(fields), stores: stores ?? [:])
    }

    private mutating func objective(_ fields: Fields) -> DrillPlan.Objective {
        DrillPlan.Objective(
            rto: fields["rto"].flatMap { duration($0, of: "`rto`") },
            rpo: fields["rpo"].flatMap { duration($0, of: "`rpo`") })
    }
}
