import LockstepSync

/// What a plan found in the data, one line each, for a terminal.
enum PlanLines {
    /// Values of one field that are shown.
    private static let shownValues = 5

    static func lines(_ map: MapReport) -> [String] {
        guard let plan = map.plan else { return [] }
        return (collisions(plan) + duplicates(plan) + unmapped(plan) + outside(plan)).map { "\(map.map): \($0)" }
    }

    private static func collisions(_ plan: MapPlan) -> [String] {
        plan.collisions.map { collision in
            "\(DisplayText.count(collision.records, "record")) would take a value of "
                + "\(collision.fields.joined(separator: ", ")) that another one has in \(collision.store), which is unique"
        }
    }

    private static func duplicates(_ plan: MapPlan) -> [String] {
        plan.duplicates.flatMap { found -> [String] in
            let fields = found.leftFields.joined(separator: ", ")
            var lines: [String] = []
            if found.doubledRecords > 0 {
                lines.append(
                    "\(DisplayText.count(found.doubledRecords, "record")) would probably be created twice, under another key "
                        + "(\(found.rule) \(fields))")
            }
            let groups = found.left.groups + found.right.groups
            if groups > 0 {
                lines.append(
                    "\(DisplayText.count(groups, "group")) of probable duplicates within one store (\(found.rule) \(fields))"
                )
            }
            return lines
        }
    }

    private static func unmapped(_ plan: MapPlan) -> [String] {
        plan.unmapped.map { unmapped in
            let values = unmapped.values.prefix(shownValues).map { "\(DisplayText.safe($0.value)) (\($0.records))" }
            let rest = unmapped.values.count > shownValues || unmapped.otherRecords > 0 ? ", …" : ""
            return "\(unmapped.field) in \(unmapped.store) has values that no value map lists: "
                + values.joined(separator: ", ") + rest
        }
    }

    private static func outside(_ plan: MapPlan) -> [String] {
        guard let survey = plan.survey, survey.leftOutside + survey.rightOutside > 0 else { return [] }
        let count = survey.leftOutside + survey.rightOutside
        return ["\(DisplayText.count(count, "record")) outside the map's filters or partition"]
    }
}
