/// What must hold between the parts of a drill plan, and between the plan and the project.
struct DrillRules {
    let plan: DrillPlan
    let project: ProjectConfiguration?
    /// Names of stores that stand as keys.
    let named: [Located<String>]
    var reader: DocumentReader

    private mutating func report(_ code: DrillCode, at location: SourceLocation, _ message: String, hint: String) {
        reader.report(code.rawValue, at: location, message, hint: hint)
    }

    mutating func check() {
        checkNames()
        checkSteps()
        checkOrder()
        checkObjectives()
    }

    // MARK: Names

    private var mentioned: [Located<String>] {
        plan.stores
            + plan.steps.flatMap { step -> [Located<String>] in
                switch step.action {
                case .restore(let stores, _): stores
                case .query(let store, _, _), .records(let store, _, _, _): [store]
                case .failover(_, let store, _): [store]
                case .verify, .command, .confirm, .reconcile, .sync, .failback: []
                }
            }
    }

    private mutating func checkNames() {
        let start = plan.name.location
        for store in mentioned + named {
            if let project, project.store(store.value) == nil {
                report(
                    .unknownStore, at: store.location, "the project has no store `\(store.value)`",
                    hint: Suggestion.hint(for: store.value, among: project.stores.map(\.name)))
            } else if !plan.stores.isEmpty, !plan.stores.contains(store) {
                report(
                    .unknownStore, at: store.location, "store `\(store.value)` is not among the drill's `stores`",
                    hint: "add it there, or leave `stores` out for all")
            }
        }
        for link in plan.steps.compactMap(\.link) {
            guard let project, project.link(link.value) == nil else { continue }
            report(
                .unknownLink, at: link.location, "the project has no link `\(link.value)`",
                hint: Suggestion.hint(for: link.value, among: project.links.map(\.name)))
        }
        if let group = plan.usableAfter, !plan.groups.contains(where: { $0.name.value == group }) {
            report(
                .unknownGroup, at: start, "`usable` names a group `\(group)` that the plan does not have",
                hint: Suggestion.hint(for: group, among: plan.groups.map(\.name.value)))
        }
    }

    // MARK: Steps

    private mutating func checkSteps() {
        let words = plan.steps.map(\.word)
        let needed: [String]
        let foreign: Set<String>
        switch plan.kind.value {
        case .verify: (needed, foreign) = (["verify"], Set(words).subtracting(["verify", "confirm", "command"]))
        case .restore: (needed, foreign) = (["restore"], ["failover", "failback"])
        case .failover: (needed, foreign) = (["failover"], ["failback"])
        case .failback: (needed, foreign) = (["failover", "failback"], [])
        case .full: (needed, foreign) = (["restore", "failover", "failback"], [])
        }
        for word in needed where !words.contains(word) {
            report(
                .stepMissing, at: plan.kind.location,
                "a drill of type `\(plan.kind.value.rawValue)` needs a step `\(word)`",
                hint: "add the step, or choose another type")
        }
        for step in plan.steps where foreign.contains(step.word) {
            report(
                .stepOutOfPlace, at: step.location,
                "`\(step.word)` is no step of a drill of type `\(plan.kind.value.rawValue)`",
                hint: "take it out, or choose another type")
        }
    }

    /// Nothing looks at a scratch store before it is there, and nothing fails back that did not fail over.
    private mutating func checkOrder() {
        var restored: Set<String> = []
        var everything = false
        var switched: Set<String> = []
        for step in plan.steps {
            switch step.action {
            case .restore(let stores, _):
                let again =
                    everything || (stores.isEmpty ? !restored.isEmpty : stores.contains { restored.contains($0.value) })
                if again {
                    report(
                        .stepOutOfPlace, at: step.location, "a store is restored twice",
                        hint: "restore each store in one step only")
                }
                everything = everything || stores.isEmpty
                restored.formUnion(stores.map(\.value))
            case .query(let store, _, _), .records(let store, _, _, _):
                if !everything { require([store.value], in: restored, at: store.location) }
            case .reconcile(let link), .sync(let link), .failover(let link, _, .scratch), .failback(let link, .scratch):
                if !everything {
                    require(project?.link(link.value)?.between ?? [], in: restored, at: link.location)
                    if restored.isEmpty { require([link.value], in: restored, at: link.location) }
                }
            case .verify, .command, .confirm, .failover(_, _, .live), .failback(_, .live): break
            }
            checkSwitch(step, &switched)
        }
    }

    private mutating func checkSwitch(_ step: DrillStep, _ switched: inout Set<String>) {
        if case .failover(let link, let store, _) = step.action {
            switched.insert(link.value)
            if let between = project?.link(link.value)?.between, !between.contains(store.value) {
                report(
                    .unknownStore, at: store.location, "link `\(link.value)` does not join `\(store.value)`",
                    hint: Suggestion.hint(for: store.value, among: between))
            }
        }
        if case .failback(let link, _) = step.action, !switched.contains(link.value) {
            report(
                .stepOutOfPlace, at: link.location, "nothing was failed over before",
                hint: "put `failover: \(link.value)` before it")
        }
    }

    private mutating func require(_ stores: [String], in restored: Set<String>, at location: SourceLocation) {
        for store in stores where !restored.contains(store) {
            report(
                .notRestored, at: location, "no step before restores `\(store)`",
                hint: "put `- restore: \(store)` before it, or `restore: all`")
        }
    }

    // MARK: Objectives

    private mutating func checkObjectives() {
        let all = [plan.objectives.all] + Array(plan.objectives.stores.values)
        if plan.objectives.isEmpty && plan.kind.value != .verify {
            reader.warn(
                DrillCode.noObjectives.rawValue, at: plan.name.location,
                "the plan promises neither a recovery time nor a recovery point",
                hint: "write `objectives: {rto: 15m, rpo: 5m}`")
        }
        if plan.kind.value == .verify, all.contains(where: { $0.rto != nil }) {
            report(
                .notMeasured, at: plan.kind.location, "a drill that restores nothing has no recovery time",
                hint: "take `rto` out, or choose `type: restore`")
        }
        switch plan.selection.value {
        case .latest, .at: break
        case .oldest, .random, .id:
            guard all.contains(where: { $0.rpo != nil }) else { return }
            reader.warn(
                DrillCode.notMeasured.rawValue, at: plan.selection.location,
                "a snapshot that is not the latest says nothing about the recovery point: `rpo` is not judged",
                hint: "let another plan take `snapshot: latest`")
        }
    }
}
