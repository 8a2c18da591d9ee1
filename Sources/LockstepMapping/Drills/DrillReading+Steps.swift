import LockstepExpressions
import LockstepModel
import Yams

extension DrillReading {
    /// The keys that say what a step does; each step has one of them.
    static let actions = [
        "verify", "restore", "assert", "command", "confirm", "reconcile", "sync", "failover", "failback",
    ]
    static let stepKeys =
        actions + [
            "name", "timeout", "store", "sql", "entity", "every", "none", "count", "expect", "entities", "exit", "by",
            "to", "on",
        ]
    /// The keys beside the action that mean something to it.
    private static let companions: [String: Set<String>] = [
        "verify": [], "restore": ["entities"],
        "assert": ["store", "sql", "entity", "every", "none", "count", "expect"],
        "command": ["exit", "timeout"], "confirm": ["by", "timeout"], "reconcile": [], "sync": [],
        "failover": ["to", "on"], "failback": ["on"],
    ]

    mutating func groups(_ node: Node) -> [DrillPlan.Group] {
        var groups: [DrillPlan.Group] = []
        for item in reader.items(node, of: "`groups`") ?? [] {
            guard let fields = reader.fields(item, of: "a group", known: ["name", "steps"]),
                let name = reader.required("name", in: fields).flatMap({ reader.text($0, of: "`name`") }),
                let steps = reader.required("steps", in: fields).flatMap({ reader.items($0, of: "`steps`") })
            else { continue }
            if groups.contains(where: { $0.name == name }) {
                report(
                    .duplicateName, at: name.location, "two groups are named `\(name.value)`",
                    hint: "rename one of them"
                )
            }
            groups.append(DrillPlan.Group(name: name, steps: steps.compactMap { step($0) }))
        }
        if groups.allSatisfy({ $0.steps.isEmpty }) && !reader.hasErrors {
            report(.noSteps, at: reader.location(node), "the plan has no steps", hint: "write `- restore: all`")
        }
        return groups
    }

    private mutating func step(_ node: Node) -> DrillStep? {
        guard let fields = reader.fields(node, of: "a step", known: Self.stepKeys) else { return nil }
        let words = fields.entries.map(\.key.value).filter { Self.actions.contains($0) }
        guard words.count == 1, let word = words.first, let value = fields[word] else {
            report(
                .unclearStep, at: fields.location,
                words.isEmpty ? "the step says nothing to do" : "the step says several things to do",
                hint: "begin it with one of \(Self.actions.map { "`\($0)`" }.joined(separator: ", "))")
            return nil
        }
        let allowed = (Self.companions[word] ?? []).union([word, "name"])
        for entry in fields.entries where !allowed.contains(entry.key.value) && Self.stepKeys.contains(entry.key.value)
        {
            report(
                .unclearStep, at: entry.key.location, "`\(entry.key.value)` means nothing beside `\(word)`",
                hint: "take it out, or make it a step of its own")
        }
        let timeout = fields["timeout"].flatMap { duration($0, of: "`timeout`") } ?? DrillStep.standardTimeout
        let name = text("name", in: fields)
        guard let action = action(word, value, fields) else { return nil }
        return DrillStep(
            name: name ?? Self.title(value.scalar?.string, action), action: action, timeout: timeout,
            location: fields.location)
    }

    private static func title(_ text: String?, _ action: DrillStep.Action) -> String {
        switch action {
        case .verify: "verify the snapshot"
        case .restore(let stores, _):
            stores.isEmpty ? "restore all stores" : "restore \(stores.map(\.value).joined(separator: ", "))"
        case .query, .records: text ?? "assert"
        case .command(let text, _): String(text.prefix(80))
        case .confirm(let question, _): question
        case .reconcile(let link): "reconcile \(link.value)"
        case .sync(let link): "sync \(link.value)"
        case .failover(let link, let store, _): "fail \(link.value) over to \(store.value)"
        case .failback(let link, _): "fail \(link.value) back"
        }
    }

    private mutating func action(_ word: String, _ value: Node, _ fields: Fields) -> DrillStep.Action? {
        switch word {
        case "verify": return share(value).map { .verify(share: $0) }
        case "restore": return restore(value, fields)
        case "assert": return assertion(value, fields)
        case "command":
            let exit = fields["exit"].flatMap { number($0, of: "`exit`", from: 0) } ?? 0
            return reader.text(value, of: "`command`").map { .command(text: $0.value, exitCode: Int32(clamping: exit)) }
        case "confirm":
            let person = text("by", in: fields)
            return reader.text(value, of: "`confirm`").map { .confirm(question: $0.value, by: person) }
        case "reconcile": return reader.text(value, of: "`reconcile`").map { .reconcile(link: $0) }
        case "sync": return reader.text(value, of: "`sync`").map { .sync(link: $0) }
        default: return switching(word, value, fields)
        }
    }

    private mutating func switching(_ word: String, _ value: Node, _ fields: Fields) -> DrillStep.Action? {
        let ground =
            fields["on"].flatMap { node in
                reader.word(node, of: "`on`", among: DrillStep.Ground.allCases.map { ($0.rawValue, $0) })
            }?.value ?? .scratch
        guard let link = reader.text(value, of: "`\(word)`") else { return nil }
        if word == "failback" { return .failback(link: link, on: ground) }
        guard let store = reader.required("to", in: fields).flatMap({ reader.text($0, of: "`to`") }) else {
            return nil
        }
        return .failover(link: link, to: store, on: ground)
    }

    /// `fast`, `data` or a percentage.
    private mutating func share(_ node: Node) -> Double? {
        guard let text = reader.text(node, of: "`verify`") else { return nil }
        if text.value == "fast" { return 0 }
        if text.value == "data" { return 1 }
        if text.value.hasSuffix("%"), let percent = Double(text.value.dropLast()), percent > 0, percent <= 100 {
            return percent / 100
        }
        reader.report(
            .badValue, at: text.location, "`verify` cannot be `\(text.value)`", hint: "write `fast`, `data` or `10%`")
        return nil
    }

    private mutating func restore(_ node: Node, _ fields: Fields) -> DrillStep.Action? {
        let stores = names(node, of: "`restore`")
        var entities: [String: [String]] = [:]
        for entry in fields["entities"].flatMap({ reader.entries($0, of: "`entities`") }) ?? [] {
            namedStores.append(entry.key)
            entities[entry.key.value] = names(entry.value, of: "`entities`").map(\.value)
        }
        guard !stores.isEmpty else { return nil }
        return .restore(stores: stores.map(\.value) == ["all"] ? [] : stores, entities: entities)
    }

    // MARK: Assertions

    private mutating func assertion(_ node: Node, _ fields: Fields) -> DrillStep.Action? {
        guard let name = reader.text(node, of: "`assert`"),
            let store = reader.required("store", in: fields).flatMap({ reader.text($0, of: "`store`") })
        else { return nil }
        let rules = ["sql", "every", "none", "count"].filter { fields[$0] != nil }
        guard rules.count == 1, let rule = rules.first, let value = fields[rule] else {
            report(
                .unclearStep, at: name.location, "an assertion needs one of `sql`, `every`, `none` and `count`",
                hint: "write `sql: select …` with `expect:`, or `entity:` with `every: EXPRESSION`")
            return nil
        }
        let needsExpectation = rule == "sql" || rule == "count"
        let expected = needsExpectation ? reader.required("expect", in: fields).flatMap { expectation($0) } : nil
        if needsExpectation && expected == nil { return nil }
        if !needsExpectation, fields["expect"] != nil {
            report(
                .unclearStep, at: fields.place(of: "expect"), "`expect` means nothing beside `\(rule)`",
                hint: "take it out")
        }
        if rule == "sql", let expected {
            return reader.text(value, of: "`sql`").map { .query(store: store, sql: $0.value, expected: expected) }
        }
        return condition(rule, value, fields, store: store, expected: expected)
    }

    private mutating func condition(
        _ rule: String, _ node: Node, _ fields: Fields, store: Located<String>, expected: DrillStep.Expectation?
    ) -> DrillStep.Action? {
        let entity = reader.required("entity", in: fields).flatMap { reader.text($0, of: "`entity`") }
        guard let entity, let text = reader.expression(node, of: "`\(rule)`") else { return nil }
        do {
            _ = try Expression.parse(text.value)
        } catch {
            for problem in error.problems {
                var location = text.location
                location.column += problem.offset
                report(.badExpression, at: location, problem.message, hint: problem.hint)
            }
            return nil
        }
        let quantity: DrillStep.Rule =
            if let expected { .count(expected) } else if rule == "every" { .every } else { .none }
        return .records(store: store, entity: entity.value, rule: quantity, condition: text)
    }

    /// A value, a list of rows, or bounds.
    private mutating func expectation(_ node: Node) -> DrillStep.Expectation? {
        switch node {
        case .scalar:
            return reader.scalar(node, of: "`expect`").map { .value($0.isNull ? nil : $0.text) }
        case .sequence:
            let rows = (reader.items(node, of: "`expect`") ?? []).compactMap { row in
                reader.items(row, of: "a row of `expect`").map { cells in
                    cells.compactMap { cell in
                        reader.scalar(cell, of: "a value of `expect`").map { $0.isNull ? nil : $0.text }
                    }
                }
            }
            return .rows(rows)
        case .mapping: return bounds(node)
        case .alias: return nil
        }
    }

    private mutating func bounds(_ node: Node) -> DrillStep.Expectation? {
        let known = ["rows", "atLeast", "atMost"]
        guard let fields = reader.fields(node, of: "`expect`", known: known) else { return nil }
        if let rows = fields["rows"], fields.entries.count == 1 {
            return number(rows, of: "`rows`", from: 0).map { .rowCount($0) }
        }
        let texts = ["atLeast", "atMost"].map { key in fields[key].flatMap { reader.text($0, of: "`\(key)`") } }
        for text in texts.compactMap(\.self) where !DecimalText.isValid(text.value.utf8) {
            report(.badExpectation, at: text.location, "a bound must be a number", hint: "write `{atLeast: 1}`")
            return nil
        }
        guard fields["rows"] == nil, texts.contains(where: { $0 != nil }) else {
            report(
                .badExpectation, at: fields.location, "`expect` does not say what is expected",
                hint: "write a value, a list of rows, `{rows: 0}`, `{atLeast: 1}` or `{atMost: 10}`")
            return nil
        }
        return .number(atLeast: texts[0]?.value, atMost: texts[1]?.value)
    }
}
