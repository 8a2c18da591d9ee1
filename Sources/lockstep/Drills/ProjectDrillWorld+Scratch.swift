import ConnectorKit
import Foundation
import LockstepContinuity
import LockstepMapping
import Synchronization

extension ProjectDrillWorld {
    // MARK: Where

    func place(of request: ScratchRequest) async throws -> StorePlace {
        let place = try scratchPlace(request)
        switch place {
        case .file(let path):
            // The folder is not there yet: links of those above it are resolved.
            let folder = URL(fileURLWithPath: shelf.path).resolvingSymlinksInPath().path
            let name = URL(fileURLWithPath: path).lastPathComponent
            return StorePlace(
                store: request.name, engine: "SQLite", endpoints: [],
                container: "\(folder)/\(request.name)/\(name)",
                identities: StoreProbe.identity(path).map { [$0] } ?? [])
        case .cluster(let folder):
            return StorePlace(
                store: request.name, engine: "PostgreSQL", endpoints: [ScratchCluster.socket(in: folder)],
                container: request.name, identities: StoreProbe.identity(folder).map { [$0] } ?? [])
        case .database(let server, let password):
            let statements = StoreStatements(url: server, password: password)
            let found = try await statements.value(
                "select s.system_identifier || ':' || d.oid from pg_control_system() s, pg_database d where d.datname = '\(request.name)'"
            )
            return StorePlace(
                store: request.name, engine: "PostgreSQL", endpoints: PostgreSQLAddress(server.address).endpoints,
                container: request.name, identities: found.map { [$0] } ?? [])
        }
    }

    // MARK: Restoring

    func restore(_ request: ScratchRequest, from snapshot: DrillSnapshot) async throws -> ScratchStore {
        let place = try scratchPlace(request)
        let entry = place.entry(request, shelf: shelf, plan: plan.name.value)
        try shelf.add(entry)
        do {
            let made = try await told("making a scratch store", request.store) {
                try await make(place, request)
                return try await fill(request, place, snapshot)
            }
            progress.clear()
            return made
        } catch {
            progress.clear()
            // What cannot be taken away now is found by the drill, which looks for what remains.
            try? await discard(request)
            throw error
        }
    }

    private func make(_ place: ScratchPlace, _ request: ScratchRequest) async throws {
        switch place {
        case .file: return
        case .cluster:
            let cluster = try await ScratchCluster.start(name: request.name)
            state.withLock { $0.clusters[request.name] = cluster }
        case .database(let server, let password):
            try await StoreStatements(url: server, password: password).write(
                "create database \"\(request.name)\" template template0 encoding 'UTF8'")
        }
    }

    private func fill(
        _ request: ScratchRequest, _ place: ScratchPlace, _ snapshot: DrillSnapshot
    ) async throws -> ScratchStore {
        let reader = try await reader(of: snapshot)
        let configuration = try configuration(request.store, place, scratch: request.name)
        let connector = try connector(configuration, place)
        let engine = connector.capabilities.storeKind
        state.withLock { $0.engines[request.store] = engine }
        let moments = Mutex((first: Duration?.none, last: Duration?.none, bytes: Int64(0)))
        let task = RestoreTask(
            store: request.store, tables: request.entities, target: .empty, connector: connector,
            progress: { [self] step in
                let now = elapsed()
                moments.withLock { ($0.first, $0.last, $0.bytes) = ($0.first ?? now, now, max($0.bytes, step.bytes)) }
                progress.show(step, work: "restoring")
            })
        let outcome: RestoreOutcome
        do {
            outcome = try await RestoreRun(task, from: reader).run()
            await connector.close()
        } catch {
            await connector.close()
            throw error
        }
        let finished = elapsed()
        state.withLock { $0.problems[request.name] = outcome.problems }
        let (first, last, bytes) = moments.withLock { ($0.first, $0.last, $0.bytes) }
        let url = place.url(name: request.name)
        return ScratchStore(
            request: request, place: try await made(request, place), engine: engine,
            engineVersion: try await version(url, place.password), url: url.text,
            rows: outcome.tables.reduce(0) { $0 + $1.rows }, bytes: bytes, firstByte: first, dataLoaded: last,
            finished: finished, notes: outcome.notes.map { "\($0.table.map { "\($0): " } ?? "")\($0.message)" })
    }

    /// Where it is now that it is there: by what the engine says of itself.
    private func made(_ request: ScratchRequest, _ place: ScratchPlace) async throws -> StorePlace {
        await StoreProbe(store: request.name, url: place.url(name: request.name), password: place.password).place()
    }

    private func version(_ url: StoreURL, _ password: String?) async throws -> String {
        let sql = url.scheme == "sqlite" ? "select sqlite_version()" : "show server_version"
        return try await StoreStatements(url: url, password: password).value(sql) ?? "unknown"
    }

    // MARK: Looking

    func inspect(_ scratch: ScratchStore) async throws -> [String] {
        // The restore ends with the engine's own check, after all is visible.
        guard let problems = state.withLock({ $0.problems[scratch.request.name] }) else {
            return ["the engine's own check was not run"]
        }
        return problems
    }

    func contents(of scratch: ScratchStore, tables: [String]?) async throws -> StoreContents {
        let connector = try await connector(to: scratch)
        do {
            let isOwn = state.withLock(\.chosen)?.cut(of: scratch.request.store)?.engine == scratch.engine
            var contents = try await ContentsReader.read(connector, tables: tables, withOwn: isOwn)
            await connector.close()
            if scratch.engine == "SQLite" {
                for index in contents.sequences.indices {
                    // `rowid` is what AUTOINCREMENT counts.
                    let sql = "select max(rowid) from \(contents.sequences[index].name)"
                    contents.sequences[index].largest = try await statements(scratch).value(sql).flatMap(Int64.init)
                }
            }
            return contents
        } catch {
            await connector.close()
            throw error
        }
    }

    func connector(to scratch: ScratchStore) async throws -> any Connector {
        let place = try scratchPlace(scratch.request)
        var configuration = try configuration(scratch.request.store, place, scratch: scratch.request.name)
        if configuration.url.scheme == "sqlite" { configuration.options["access"] = "read-only" }
        return try self.connector(configuration, place)
    }

    /// It stops between two batches where somebody interrupts the drill.
    private func connector(_ configuration: StoreConfiguration, _ place: ScratchPlace) throws -> any Connector {
        SupervisedConnector(
            try StoreRegistry.connector(for: configuration, password: place.password), store: configuration.name)
    }

    func query(_ scratch: ScratchStore, sql: String, limit: Int) async throws -> QueryRows {
        try await statements(scratch).rows(sql, limit: limit)
    }

    func statements(_ scratch: ScratchStore) throws -> StoreStatements {
        let place = try scratchPlace(scratch.request)
        return StoreStatements(url: place.url(name: scratch.request.name), password: place.password)
    }

    // MARK: Ending

    func discard(_ request: ScratchRequest) async throws {
        let place = try scratchPlace(request)
        if let cluster = state.withLock({ $0.clusters.removeValue(forKey: request.name) }) { await cluster.stop() }
        try await told("removing a scratch store", request.name) {
            try await ScratchRemoval.remove(
                place.entry(request, shelf: shelf, plan: plan.name.value), shelf, place.password)
        }
    }

    func remains(of request: ScratchRequest) async throws -> [String] {
        let place = try scratchPlace(request)
        var found: [String] = []
        let folder = shelf.folder(of: request.name)
        if FileManager.default.fileExists(atPath: folder) { found.append(folder) }
        switch place {
        case .file: break
        case .cluster(let folder):
            if FileManager.default.fileExists(atPath: folder) { found.append(folder) }
        case .database(let server, let password):
            let sql = "select datname from pg_database where datname = '\(request.name)'"
            if try await StoreStatements(url: server, password: password).value(sql) != nil {
                found.append("database \(request.name)")
            }
        }
        return found
    }
}

/// Takes away what drills made, and nothing else: only what has a drill's name and a note of it.
enum ScratchRemoval {
    static func remove(_ entry: ScratchShelf.Entry, _ shelf: ScratchShelf, _ password: String?) async throws {
        precondition(entry.name.hasPrefix(ScratchRequest.prefix), "only a drill's own stores are removed")
        switch entry.kind {
        case .file: break
        case .cluster:
            // The note could have been changed: the folder must be the drill's by its name, too.
            if entry.place.hasSuffix("/" + entry.name), FileManager.default.fileExists(atPath: entry.place) {
                do {
                    try FileManager.default.removeItem(atPath: entry.place)
                } catch {
                    throw Failure(
                        .cannotWrite, "the folder \(entry.place) cannot be removed", hint: "remove it by hand")
                }
            }
        case .database:
            let server = StoreURL(scheme: "postgresql", text: entry.place, address: entry.place)
            try await StoreStatements(url: server, password: password).write(
                "drop database if exists \"\(entry.name)\" with (force)")
        }
        try shelf.remove(entry.name)
    }
}
