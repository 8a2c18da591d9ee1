/// Shows that a scratch store is none of the project's stores, by everything that is known of where they are. What cannot
/// be shown is refused: a drill that writes to production is worse than none.
struct IsolationProof: Sendable, Hashable {
    /// What tells the scratch store from each store of the project.
    var evidence: [String] = []
    /// Why it cannot be told; the restore is refused where there is any.
    var violations: [String] = []
    /// True, but weaker than it should be.
    var weaknesses: [String] = []

    var holds: Bool { violations.isEmpty }

    /// - Parameters:
    ///   - scratch: where it will be, or is.
    ///   - stores: every store of the project.
    ///   - exists: it was made meanwhile; before, nothing may be there.
    init(scratch: StorePlace, name: String, stores: [StorePlace], exists: Bool) {
        checkName(name, scratch)
        if stores.isEmpty { violations.append("nobody says where the stores of the project are") }
        if !exists, !scratch.identities.isEmpty {
            violations.append("there is something at the scratch place already")
        }
        for store in stores { compare(scratch, with: store) }
        if holds, !exists { evidence.append("nothing-was-there-before") }
        evidence = Array(Set(evidence)).sorted()
        weaknesses = Array(Set(weaknesses)).sorted()
    }

    /// By what the scratch store is told from the project's: `by identity, path`.
    var summary: String? {
        let kinds = ["identity", "endpoint", "database", "path"].filter { kind in
            evidence.contains { $0.hasPrefix("\(kind)-differs:") }
        }
        return kinds.isEmpty ? nil : "told apart by \(kinds.joined(separator: " and "))"
    }

    /// The name is the drill's own, and it is really the name of the place.
    private mutating func checkName(_ name: String, _ scratch: StorePlace) {
        let random = name.dropFirst(ScratchRequest.prefix.count)
        let isOurs =
            name.hasPrefix(ScratchRequest.prefix) && random.count >= 12 && random.allSatisfy { $0.isHexDigit }
        let last = scratch.container.split(separator: "/").last.map(String.init) ?? ""
        let isPlaced = scratch.container.split(separator: "/").contains { $0.hasPrefix(name) } || last == name
        if isOurs && isPlaced {
            evidence.append("name-is-the-drills-own")
        } else {
            violations.append("the scratch place does not have the name that the drill gave it")
        }
    }

    private mutating func compare(_ scratch: StorePlace, with store: StorePlace) {
        let shared = Set(scratch.identities).intersection(store.identities)
        if !shared.isEmpty {
            violations.append("it is store `\(store.store)` itself, under another name")
            return
        }
        if !scratch.identities.isEmpty, !store.identities.isEmpty {
            evidence.append("identity-differs:\(store.store)")
        }
        let sharesServer = !Set(scratch.endpoints).isDisjoint(with: store.endpoints)
        if scratch.endpoints.isEmpty || store.endpoints.isEmpty {
            // A file, or one of the two is: paths are told apart with their links resolved.
            if scratch.container == store.container && scratch.endpoints.isEmpty == store.endpoints.isEmpty {
                violations.append("it has the path of store `\(store.store)`")
            } else {
                evidence.append("path-differs:\(store.store)")
            }
        } else if !sharesServer {
            evidence.append("endpoint-differs:\(store.store)")
        } else if scratch.container == store.container {
            violations.append("it is the database of store `\(store.store)`, on the same server")
        } else {
            evidence.append("database-differs:\(store.store)")
            weaknesses.append("it shares the server with store `\(store.store)`")
        }
    }
}
