import ConnectorKit
import Foundation
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync

/// One look at the maps of a project.
struct LintRun {
    let project: Project
    let request: LintRequest
    /// Absolute paths of the files that were asked for; empty for all.
    let named: Set<String>
    let progress: @Sendable (SyncProgress) -> Void
    var lint: ProjectLint

    /// The maps of one link.
    private struct LinkMaps {
        let link: LinkConfiguration
        var definitions: [MapDefinition]
        /// Those to report on, by file name.
        let wanted: Set<String>
    }

    mutating func look() async {
        let links = project.configuration.links.map { load($0) }
        if named.isEmpty { for finding in project.sharedStores() { add(finding) } }
        guard !request.isOffline else {
            for maps in links { lookOffline(maps) }
            return
        }
        let looks = await StoreLook.all(of: project, definitions: links.flatMap(\.definitions))
        for look in looks {
            if let failure = look.failure { lint.findings.append(LintFinding(failure, store: look.store)) }
        }
        let schemas = Dictionary(uniqueKeysWithValues: looks.map { ($0.store, $0.schema) })
        for maps in links { await look(at: maps, schemas) }
    }

    private mutating func add(_ finding: Finding) {
        guard let file = finding.file, let line = finding.line, let column = finding.column else { return }
        lint.add([
            Diagnostic(
                .error, finding.code, at: SourceLocation(file: file, line: line, column: column), finding.message,
                hint: finding.hint)
        ])
    }

    private mutating func load(_ link: LinkConfiguration) -> LinkMaps {
        let wantedFiles = link.maps.filter { named.isEmpty || named.contains(ProjectLint.absolute($0.path)) }
        let wanted = Set(wantedFiles.map(\.name))
        lint.maps += wanted.count
        for file in wantedFiles { lint.paths[file.name] = file.path }
        let loaded = link.loadMaps()
        lint.add(loaded.diagnostics.filter { wanted.contains($0.location.file) })
        return LinkMaps(link: link, definitions: loaded.definitions, wanted: wanted)
    }

    // MARK: Without stores

    private mutating func lookOffline(_ maps: LinkMaps) {
        for definition in maps.definitions where maps.wanted.contains(definition.file) {
            lint.add(MapLinter.lint(definition, schemas: nil, source: source(definition)), map: definition.name.value)
        }
        addFilterPairs(maps)
    }

    private mutating func addFilterPairs(_ maps: LinkMaps) {
        for pair in MapLinter.filterPairs(maps.definitions) {
            let both = [maps.definitions[pair.first], maps.definitions[pair.second]]
            guard both.contains(where: { maps.wanted.contains($0.file) }),
                let diagnostic = MapLinter.diagnostic(pair, of: maps.definitions)
            else { continue }
            lint.add([diagnostic], map: both[1].name.value)
        }
    }

    /// The text is needed for few findings, so it is read for few maps.
    private func source(_ definition: MapDefinition) -> SourceText? {
        guard definition.deleteGuard == nil, let path = lint.paths[definition.file] else { return nil }
        return SourceText(path: path)
    }

    // MARK: With stores

    private mutating func look(at maps: LinkMaps, _ known: [String: StoreDescription?]) async {
        let schemas = maps.link.between.compactMap { known[$0] ?? nil }
        guard schemas.count == 2 else {
            lint.skipped.append("the schemas and records of link \(maps.link.name), because a store cannot be used")
            return lookOffline(maps)
        }
        let pair = (left: schemas[0], right: schemas[1])
        var maps = maps
        maps.definitions = MapCompiler.settle(maps.definitions, schemas: pair)
        for definition in maps.definitions where maps.wanted.contains(definition.file) {
            lint.add(MapLinter.lint(definition, schemas: pair, source: source(definition)), map: definition.name.value)
        }
        await addDrift(maps, schemas)
        guard request.looksAtRecords else {
            lint.skipped.append("the records, because of --no-records")
            return addFilterPairs(maps)
        }
        let compiled = MapCompiler.compile(maps.definitions, schemas: pair).maps
        do {
            let report = try await records(maps, schemas, compiled)
            lint.findings += report.findings.map(LintFinding.init)
            lint.coverage += report.coverage
        } catch {
            let failure = Failure(reporting: error, wasInterrupted: Interruption.program.wasAsked)
            lint.findings.append(LintFinding(failure, store: maps.link.between.joined(separator: ", ")))
            lint.skipped.append("the records of link \(maps.link.name), because reading them failed")
            addFilterPairs(maps)
        }
    }

    private func records(
        _ maps: LinkMaps, _ schemas: [StoreDescription], _ compiled: [CompiledMap]
    ) async throws -> DataLintReport {
        let names = Set(maps.definitions.filter { maps.wanted.contains($0.file) }.map(\.name.value))
        return try await project.withConnectors(maps.link.between) { connectors in
            let link = SyncLink(
                name: maps.link.name, stores: maps.link.between, connectors: connectors, schemas: schemas,
                maps: compiled)
            let request = DataLinter.Request(
                link: link, definitions: maps.definitions, only: names, limit: self.request.limit, progress: progress)
            return try await DataLinter(request).run()
        }
    }

    private mutating func addDrift(_ maps: LinkMaps, _ schemas: [StoreDescription]) async {
        do {
            guard let state = try project.existingState() else { return }
            for definition in maps.definitions where maps.wanted.contains(definition.file) {
                let name = definition.name.value
                guard let accepted = try await state.acceptedSchema(link: maps.link.name, map: name) else { continue }
                lint.add(
                    SchemaDrift.diagnostics(of: definition, accepted: accepted, schemas: schemas), map: name)
            }
        } catch {
            let failure = Failure(reporting: error, wasInterrupted: Interruption.program.wasAsked)
            lint.skipped.append("schema drift, because the state database cannot be used: \(failure.message)")
        }
    }
}
