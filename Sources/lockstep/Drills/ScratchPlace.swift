import Foundation
import LockstepContinuity
import LockstepMapping
import Synchronization

/// Where a scratch store is, or will be.
enum ScratchPlace: Sendable {
    /// A SQLite file in the shelf's folder.
    case file(path: String)
    /// A PostgreSQL cluster of its own.
    case cluster(folder: String)
    /// A database on a server that the plan names.
    case database(server: StoreURL, password: String?)

    /// The store's URL; never with a password.
    func url(name: String) -> StoreURL {
        switch self {
        case .file(let path): return StoreURL(scheme: "sqlite", text: "sqlite:\(path)", address: path)
        case .cluster(let folder): return ScratchCluster.url(database: name, folder: folder)
        case .database(let server, _):
            var parts = URLComponents(string: server.address)
            parts?.path = "/" + name
            let text = parts?.string ?? server.address
            return StoreURL(scheme: server.scheme, text: text, address: text)
        }
    }

    var password: String? {
        if case .database(_, let password) = self { return password }
        return nil
    }

    func entry(_ request: ScratchRequest, shelf: ScratchShelf, plan: String) -> ScratchShelf.Entry {
        let (kind, place): (ScratchShelf.Entry.Kind, String) =
            switch self {
            case .file: (.file, shelf.folder(of: request.name))
            case .cluster(let folder): (.cluster, folder)
            case .database(let server, _): (.database, server.text)
            }
        return ScratchShelf.Entry(name: request.name, store: request.store, kind: kind, place: place, plan: plan)
    }
}

extension ProjectDrillWorld {
    func scratchPlace(_ request: ScratchRequest) throws -> ScratchPlace {
        let file = ScratchPlace.file(path: shelf.folder(of: request.name) + "/\(request.store).db")
        let cluster = ScratchPlace.cluster(folder: ScratchCluster.folder(of: request.name))
        switch request.target {
        case .temporarySQLite: return file
        case .temporaryCluster: return cluster
        case .temporary:
            let engine = state.withLock(\.chosen)?.cut(of: request.store)?.engine
            return engine == "PostgreSQL" ? cluster : file
        case .database(let url, let reference):
            let password = try reference?.resolve(environment: project.environment, directory: directory)
            return .database(server: url, password: password)
        }
    }

    /// A store of the project with another address: what connectors are made of.
    func configuration(_ name: String, _ place: ScratchPlace, scratch: String) throws -> StoreConfiguration {
        guard var store = project.configuration.store(name) ?? project.configuration.stores.first else {
            throw Failure(.invalidProject, "lockstep.yaml has no stores", hint: "add them under `stores:`")
        }
        store.name = name
        store.url = place.url(name: scratch)
        store.password = nil
        store.options = [:]
        return store
    }
}
