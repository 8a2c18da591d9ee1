import LockstepMapping

extension DrillWork {
    /// Whether the project's stores are what they were before the drill.
    mutating func compare(_ before: [StoreMark]) async {
        let world = world
        // A drill that was interrupted looks, too.
        let after = await Task { await world.marks() }.value
        for mark in before {
            add(check(mark, after.first { $0.store == mark.store } ?? StoreMark(store: mark.store, mark: nil)))
        }
    }

    private func check(_ before: StoreMark, _ after: StoreMark) -> DrillCheck {
        var check = DrillCheck(
            id: "isolation.production/\(before.store)", level: .isolation, name: "The drill left the live store alone",
            store: before.store, expected: before.mark, actual: after.mark, result: .pass)
        if before.mark == nil || after.mark == nil {
            check.result = .skipped
            check.reason = before.reason ?? after.reason ?? "the store does not say whether it was written to"
            check.required = false
        } else if before.mark != after.mark {
            check.reason = "\(before.store) was written to while the drill ran"
            switch plan.production {
            case .quiet:
                check.result = .fail
                check.reason? += "; where people work with it meanwhile, say `production: busy` in the plan"
            case .busy:
                check.result = .skipped
                check.reason? += ", as was expected: whose writes they are cannot be told"
                check.required = false
            }
        }
        return check
    }
}
