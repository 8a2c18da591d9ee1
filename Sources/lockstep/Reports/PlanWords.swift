import LockstepMapping

/// What a plan's findings mean, for people who have never seen Lockstep, and what can be done about each.
enum PlanWords {
    struct Words {
        var title: String
        var meaning: String
        var remedy: String
    }

    /// Why records cannot go through, by the code that they would be parked under.
    static func parking(_ code: String, field: String, source: String, target: String) -> Words {
        let name = field.isEmpty ? "a field" : "“\(field)”"
        switch code {
        case "LS-PARK-UNIQUE":
            return Words(
                title: "A value that must be unique is taken",
                meaning: "\(target) allows each value of \(name) once, and another record has it already.",
                remedy: "Look at both records: merge them if they are one thing, or give one of them another value.")
        case "LS-PARK-UNRESOLVED", "LS-PARK-REFERENCE":
            return Words(
                title: "What the record refers to is not there",
                meaning: "The record belongs to another one that \(target) does not have.",
                remedy: "Bring the other record over first; these follow by themselves when it arrives.")
        case "LS-PARK-OUTSIDE-FILTER":
            return Words(
                title: "The other side keeps this record outside the map",
                meaning:
                    "\(target) has a record of the same key that the map’s filter leaves out, so that it is neither "
                    + "changed nor created a second time.",
                remedy: "Change the record so that the filter lets it in, or narrow the filter on \(source)’s side.")
        case "LS-PARK-NO-BASE", "LS-PARK-FOLLOWS":
            return Words(
                title: "The record waits for an earlier change of its own",
                meaning: "An earlier change of the same record could not be applied; later ones wait with it.",
                remedy: "Settle the earlier change; the rest follows by itself.")
        default: return mapping(code, field: name, source: source, target: target)
        }
    }

    private static func mapping(_ code: String, field: String, source: String, target: String) -> Words {
        switch MapCode(rawValue: code) {
        case .unmappedValue:
            return Words(
                title: "A value has no counterpart",
                meaning:
                    "\(field) in \(source) holds values that the map’s list of values does not know, so nobody can say "
                    + "what they are in \(target).",
                remedy: "Add the values to the list in the map, or correct them in \(source).")
        case .nullNotAllowed, .keyIsNull:
            return Words(
                title: "A value is missing",
                meaning: "\(field) is empty in \(source), and \(target) does not take the record without it.",
                remedy: "Fill it in \(source), or give the map a default for it.")
        case .tooLong:
            return Words(
                title: "A text is too long",
                meaning: "\(field) in \(source) holds texts that are longer than \(target) has room for.",
                remedy: "Shorten the texts, make room in \(target), or let the map cut them off.")
        case .outOfRange, .notExact:
            return Words(
                title: "A number or date does not fit",
                meaning: "\(field) in \(source) holds values that \(target) cannot hold without changing them.",
                remedy: "Correct the values, widen the field in \(target), or let the map round them.")
        case .unreadableValue, .malformedValue, .wrongKind, .zeroCharacter, .notALabel, .notAvailable:
            return Words(
                title: "A value cannot be read",
                meaning: "\(field) in \(source) holds something that is no value of the kind that \(target) expects.",
                remedy: "Correct the values in \(source).")
        case .some, nil:
            return Words(
                title: "\(target) would refuse the record",
                meaning: "A rule of the store or of the map stands against the record.",
                remedy: "Look at the message beside the examples and correct the records or the map.")
        }
    }

    static func conflicts(_ count: Int, _ stores: [String]) -> Words {
        Words(
            title: "Both sides say something else, and a person has to decide",
            meaning:
                "The same record differs in \(stores[0]) and \(stores[1]), and no rule says who is right. Both keep "
                + "what they have until somebody decides.",
            remedy: "Say in the map who wins (a store, or the newest change), or decide one by one after switching on.")
    }

    static let doubled = Words(
        title: "Probably the same thing under two keys",
        meaning:
            "Records of the two sides look like one and the same thing, but have different keys. Switched on as it is, "
            + "each side would get the other’s record as a new one, and the thing would be there twice.",
        remedy: "Give both records the same key on both sides before switching on, or merge them afterwards.")

    static let duplicates = Words(
        title: "Probable duplicates within one side",
        meaning:
            "Several records of one store look like one and the same thing. They would be carried over as they are.",
        remedy: "Merge them in the store where they are, best before switching on.")

    static func collisions(_ store: String) -> Words {
        Words(
            title: "Two records want the same unique value",
            meaning: "\(store) allows each value once. Here a second record would take a value that another one has.",
            remedy: "Look at both records: merge them if they are one thing, or give one of them another value.")
    }

    static func unmapped(_ policy: String) -> Words {
        let fate: String
        switch policy {
        case "null": fate = "They become empty on the other side."
        case "pass": fate = "They go over as they are."
        default: fate = "Records with such values do not go over."
        }
        return Words(
            title: "Values without a counterpart",
            meaning:
                "The map has a list of which value is which on the other side; these values are not in it. \(fate)",
            remedy: "Add the values to the list in the map, or correct the records.")
    }

    static let decided = Words(
        title: "Differences that the map’s rule decides",
        meaning:
            "The same record differs on both sides, and the map says who wins. The other side’s value is replaced; "
            + "Lockstep keeps it, and it can be put back.",
        remedy: "Make sure that the winner is the one you want, for the examples below.")
}
