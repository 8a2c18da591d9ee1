import LockstepModel

/// What paths of a side have in common: those that begin with the same reference are looked up together when written.
extension MapCompilation {
    /// The paths of a side's pairs that begin with one reference.
    private struct Root {
        var hop: FieldPath.Hop
        /// Indexes into `pairs`.
        var pairs: [Int]
        /// The fields that records have in common with the one they refer to, each with the place that says so.
        var shared: [FieldPath.SharedField] = []

        /// The fields that looking up fills.
        var ownFields: [String] { hop.fields.filter { field in !shared.contains { $0.own == field } } }
    }

    /// Finds what makes looking up unique, and says where it is not.
    mutating func checkRoots() {
        for side in Side.allCases {
            var roots = self.roots(side)
            for index in roots.indices { share(&roots, index, side) }
            for root in roots {
                for pair in root.pairs {
                    pairs[pair].fields[side.rawValue]?.path?.hops[0].shared = root.shared
                    pairs[pair].nullableRoots[side.rawValue] = isNullable(root, side)
                }
            }
            for root in roots { check(root, side) }
            checkOrder(roots, side)
            checkKeyPaths(roots, side)
            sharedByRoot[side.rawValue] = roots.map { ($0.hop, $0.shared) }
        }
        for pair in pairs { checkWithin(pair) }
    }

    private func roots(_ side: Side) -> [Root] {
        var roots: [Root] = []
        for (index, pair) in pairs.enumerated() {
            guard let hop = pair.field(side)?.path?.root else { continue }
            if let known = roots.firstIndex(where: { $0.hop == hop }) {
                roots[known].pairs.append(index)
            } else {
                roots.append(Root(hop: hop, pairs: [index]))
            }
        }
        return roots
    }

    private func isWritten(_ pair: Int, _ side: Side) -> Bool { pairs[pair].goes(from: side.opposite) }

    private func isWritten(_ root: Root, _ side: Side) -> Bool { root.pairs.contains { isWritten($0, side) } }

    /// The fields of a side that pairs write by themselves.
    private func plainFields(_ side: Side) -> Set<String> {
        Set(
            pairs.filter { $0.goes(from: side.opposite) }.compactMap { $0.field(side) }.filter { $0.path == nil }.map(
                \.name))
    }

    private func isNullable(_ root: Root, _ side: Side) -> Bool {
        root.ownFields.allSatisfy { entities[side.rawValue].field($0)?.isNullable != false }
    }

    // MARK: What is shared

    private mutating func share(_ roots: inout [Root], _ index: Int, _ side: Side) {
        let entity = entities[side.rawValue]
        let plain = plainFields(side)
        let root = roots[index]
        guard let place = root.pairs.first.map({ pairs[$0].location }) else { return }
        var shared: [FieldPath.SharedField] = []
        if isWritten(root, side) {
            for (own, referred) in zip(root.hop.fields, root.hop.targetFields) {
                let others = roots.indices.filter {
                    $0 != index && roots[$0].hop.fields.contains(own) && isWritten(roots[$0], side)
                }
                let isFilledElsewhere = plain.contains(own) || others.contains { roots[$0].hop.fields == [own] }
                if isFilledElsewhere && root.hop.fields.count > 1 {
                    shared.append(FieldPath.SharedField(own: own, referred: referred))
                } else if plain.contains(own) || !others.isEmpty {
                    rootWrittenTwice(own, root, isPlain: plain.contains(own), at: place, side)
                }
            }
            if shared.count == root.hop.fields.count {
                rootWrittenTwice(root.hop.fields[0], root, isPlain: true, at: place, side)
            }
        }
        var names = root.pairs.compactMap { pairs[$0].definition?.within?.value }
        roots[index].shared = shared
        let known = Set(shared.map(\.referred))
        if names.isEmpty, ambiguity(of: root, keyOnly: false, known, side) != nil,
            let partition = partitionField(side, apartFrom: root)
        {
            names.append(partition)
        }
        for name in names where !roots[index].shared.contains(where: { $0.own == name }) {
            guard entity.field(name) != nil,
                resolvers[side.rawValue].schema.entity(root.hop.entity)?.field(name) != nil
            else { continue }
            roots[index].shared.append(FieldPath.SharedField(own: name, referred: name))
        }
    }

    private mutating func rootWrittenTwice(
        _ field: String, _ root: Root, isPlain: Bool, at place: SourceLocation, _ side: Side
    ) {
        let paths = root.pairs.compactMap { pairs[$0].field(side)?.name }
        error(
            .rootWrittenTwice, at: place,
            isPlain
                ? "`\(field)` in `\(store(side))` is written by a pair of its own and by `\(paths.joined(separator: "`, `"))`"
                : "`\(field)` in `\(store(side))` is written by paths through several references",
            hint: isPlain
                ? "leave one of them out, or let it go the other way with `direction`"
                : "map `\(field)` by a pair of its own: the paths then share it")
    }

    /// The field by which a record says its partition, where the record that a path leads to has one of the same name.
    private func partitionField(_ side: Side, apartFrom root: Root) -> String? {
        guard let name = partitionFields[side.rawValue], let field = found(name, side) else { return nil }
        let own = field.path?.root.fields ?? [name]
        guard own.count == 1, let only = own.first, !root.hop.fields.contains(only),
            resolvers[side.rawValue].schema.entity(root.hop.entity)?.field(only) != nil
        else { return nil }
        return only
    }

    // MARK: Uniqueness

    /// Where the values of a root's paths are no key; nil where they are.
    private func ambiguity(
        of root: Root, keyOnly: Bool, _ shared: Set<String>, _ side: Side
    ) -> (entity: String, fields: [String])? {
        let looking = root.pairs.filter { keyOnly ? pairs[$0].isKey : isWritten($0, side) }
        guard !looking.isEmpty else { return nil }
        return resolvers[side.rawValue].ambiguity(
            of: looking.compactMap { pairs[$0].field(side)?.path?.tail }, fields: shared, in: root.hop.entity)
    }

    private mutating func check(_ root: Root, _ side: Side) {
        for pair in root.pairs where isWritten(pair, side) { checkTypes(of: pair, side) }
        let shared = Set(root.shared.map(\.referred))
        guard let found = ambiguity(of: root, keyOnly: false, shared, side),
            let pair = culprit(root.pairs.filter { isWritten($0, side) }, found.entity, side)
        else { return }
        reportAmbiguity(found, pair, root, side)
    }

    private mutating func checkKeyPaths(_ roots: [Root], _ side: Side) {
        for root in roots {
            // Where the values are not unique even with those that are no key, that has been reported.
            let shared = Set(root.shared.map(\.referred))
            guard ambiguity(of: root, keyOnly: false, shared, side) == nil,
                let found = ambiguity(of: root, keyOnly: true, shared, side),
                let pair = culprit(root.pairs.filter { pairs[$0].isKey }, found.entity, side)
            else { continue }
            reportAmbiguity(found, pair, root, side)
        }
    }

    /// The first pair whose last field is one of an entity, or that goes through it.
    private func culprit(_ candidates: [Int], _ entity: String, _ side: Side) -> Int? {
        let paths = candidates.map { pairs[$0].field(side)?.path }
        let last = zip(candidates, paths).first { $0.1?.hops.last?.entity == entity }
        let through = zip(candidates, paths).first { $0.1?.hops.contains { $0.entity == entity } == true }
        return (last ?? through)?.0 ?? candidates.first
    }

    private mutating func reportAmbiguity(
        _ found: (entity: String, fields: [String]), _ pair: Int, _ root: Root, _ side: Side
    ) {
        let name = pairs[pair].field(side)?.name ?? ""
        error(
            .pathNotUnique, at: pairs[pair].location,
            "(\(found.fields.joined(separator: ", "))) tells the records of `\(found.entity)` in `\(store(side))` not apart, "
                + "so `\(name)` may lead to several", hint: hint(found, name, root, side))
    }

    /// What would make a path unique: the field of a key that is not known yet.
    private func hint(
        _ found: (entity: String, fields: [String]), _ name: String, _ root: Root, _ side: Side
    ) -> String {
        guard let entity = resolvers[side.rawValue].schema.entity(found.entity) else { return "" }
        let partial = entity.keys.filter { key in found.fields.contains { key.fields.contains($0) } }
        guard let key = partial.min(by: { $0.fields.count < $1.fields.count }) else { return Self.keysHint(entity) }
        let missing = key.fields.filter { !found.fields.contains($0) }
        guard let first = missing.first else { return Self.keysHint(entity) }
        let stem = name.split(separator: ".").dropLast().joined(separator: ".")
        let path = "add a pair for `\(stem).\(first)`"
        guard entity.name == root.hop.entity, entities[side.rawValue].field(first) != nil else { return path }
        return "add `within: \(first)`, or \(path)"
    }

    private mutating func checkTypes(of index: Int, _ side: Side) {
        let pair = pairs[index]
        guard !pair.isKey, pair.definition?.values.isEmpty != false, let own = pair.field(side),
            let other = pair.field(side.opposite), !Self.compareAlike(own, other)
        else { return }
        error(
            .pathTypesDiffer, at: pair.location,
            "`\(own.name)` (\(own.type.name)) in `\(store(side))` is looked up by `\(other.name)` (\(other.type.name)), "
                + "and their values do not compare alike",
            hint: "use fields of one type, add `values`, or let the pair go from `\(store(side))` only")
    }

    // MARK: Order

    /// What a path is looked up within may itself be filled by a path, but not by one that waits for the first.
    private mutating func checkOrder(_ roots: [Root], _ side: Side) {
        var open = roots
        while !open.isEmpty {
            let waiting = Set(open.flatMap(\.ownFields))
            let blocked = open.filter { root in root.shared.contains { waiting.contains($0.own) } }
            guard blocked.count == open.count else {
                open = blocked
                continue
            }
            guard let pair = blocked.first?.pairs.first else { return }
            return error(
                .badWithin, at: pairs[pair].location, "paths in `\(store(side))` are looked up within each other",
                hint: "let one of them stand on its own")
        }
    }

    // MARK: Within

    private mutating func checkWithin(_ pair: CheckedPair) {
        guard let within = pair.definition?.within else { return }
        let sides = Side.allCases.filter { pair.field($0)?.path != nil }
        guard !sides.isEmpty else {
            return error(
                .withinWithoutPath, at: within.location, "`within` belongs to a path, and the pair has none",
                hint: "leave it out")
        }
        let fitting = sides.filter { isShared(within.value, pair, $0) }
        guard let side = fitting.first ?? sides.first, let root = pair.field(side)?.path?.root else { return }
        let referred = resolvers[side.rawValue].schema.entity(root.entity)?.field(within.value)
        guard let own = entities[side.rawValue].field(within.value), let referred else {
            return error(
                .badWithin, at: within.location,
                "`\(within.value)` is not a field of both `\(entities[side.rawValue].name)` and `\(root.entity)` in "
                    + "`\(store(side))`", hint: "name a field that both have")
        }
        guard Self.compareAlike(own, referred) else {
            return error(
                .badWithin, at: within.location,
                "`\(own.name)` has not the same type in `\(entities[side.rawValue].name)` and `\(root.entity)`",
                hint: "name a field that both have, of one type")
        }
        checkFilled(within, pair, side)
    }

    private func isShared(_ name: String, _ pair: CheckedPair, _ side: Side) -> Bool {
        pair.field(side)?.path?.root.shared.contains { $0.own == name } == true
    }

    /// What a path is looked up within must be known when it is written.
    private mutating func checkFilled(_ within: Located<String>, _ pair: CheckedPair, _ side: Side) {
        guard pair.goes(from: side.opposite) else { return }
        let root = pair.field(side)?.path?.root
        let isFilled = pairs.contains { other in
            guard other.goes(from: side.opposite), let field = other.field(side) else { return false }
            guard let otherRoot = field.path?.root else { return field.name == within.value }
            return otherRoot != root && otherRoot.fields.contains(within.value)
        }
        guard !isFilled else { return }
        error(
            .badWithin, at: within.location,
            "nothing else fills `\(within.value)` in `\(store(side))`, so there is nothing to look up within",
            hint: "add a pair for it, or for a path through it")
    }
}
