import Foundation
import LockstepContinuity
import LockstepMapping

/// The repository of a project, and the keys that it is used with.
struct ProjectArchive: Sendable {
    /// The project's name.
    let project: String
    let configuration: RepositoryConfiguration
    let repository: Repository
    let sealing: Sealing
    let signingKey: SigningKey?
    /// Nil where nothing is signed and nobody trusted.
    let check: RecordCheck?
}

extension Project {
    /// Opens the project's repository.
    ///
    /// - Parameters:
    ///   - isMade: makes it where there is none, as the first backup does.
    ///   - isNew: makes it also where this project has used one at the same address.
    /// - Throws: ``Failure`` where `lockstep.yaml` names none, and as ``Repository/open(at:)``.
    func archive(isMade: Bool = false, isNew: Bool = false) async throws -> ProjectArchive {
        guard let configuration = configuration.repository else {
            throw Failure(
                .noRepository, "lockstep.yaml has no `repository`",
                hint:
                    "write `repository: {url: \"file:backups\", recipients: [age1…]}`; `lockstep keys new` makes keys",
                status: .noProject)
        }
        let key = try signingKey(configuration)
        let trusted = try trustedKeys()
        let store = try objectStore(configuration, makesFolder: false)
        let used = UsedRepositories(project: self)
        let repository: Repository
        do {
            repository = try await Repository.open(at: store)
        } catch let error as ContinuityError where error.code == .noRepository && isMade {
            guard isNew || !used.contains(store.address) else {
                throw ContinuityError(
                    .unreachable, doing: "opening the repository", object: store.address,
                    message: "the repository that this project has used is not there any more",
                    hint: "is its disk mounted? --new-repository begins another one there")
            }
            do {
                _ = try await Repository.create(at: try objectStore(configuration, makesFolder: true))
                repository = try await Repository.open(at: store)
            } catch let refusal as ContinuityError where refusal.code == .configuration {
                // Another project's first backup may just have made it.
                guard let made = try? await Repository.open(at: store) else { throw refusal }
                repository = made
            }
        }
        if isMade { used.note(store.address) }
        return ProjectArchive(
            project: self.configuration.name, configuration: configuration, repository: repository,
            sealing: try sealing(configuration), signingKey: key,
            check: trusted?.recordCheck)
    }

    /// The keys whose signatures count; nil where nothing is signed and nobody trusted.
    func trustedKeys() throws -> TrustedKeys? {
        guard let configuration = configuration.repository else { return nil }
        return try configuration.trustedSigners.map(TrustedKeys.read(file:))
            ?? signingKey(configuration).map { TrustedKeys(key: $0.verifyingKey) }
    }

    private func objectStore(
        _ configuration: RepositoryConfiguration, makesFolder: Bool
    ) throws -> any ObjectStore {
        switch configuration.place {
        case .folder(let path): return FileObjectStore(path: path, makesFolder: makesFolder)
        case .bucket(let bucket, let prefix):
            let access = try configuration.accessKey.map { try secret($0) } ?? environment["AWS_ACCESS_KEY_ID"]
            let key = try configuration.secretKey.map { try secret($0) } ?? environment["AWS_SECRET_ACCESS_KEY"]
            guard let access, let key else {
                throw Failure(
                    .noRepository, "the bucket needs an access key and a secret key",
                    hint: "write `accessKey: {env: NAME}` and `secretKey: {env: NAME}` in `repository`",
                    status: .credentials)
            }
            var url = "s3://\(bucket)" + (prefix.isEmpty ? "" : "/\(prefix)")
            let options = configuration.options.sorted { $0.key < $1.key }.map { name, value in
                "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? value)"
            }
            if !options.isEmpty { url += "?" + options.joined(separator: "&") }
            return S3ObjectStore(
                location: try S3Location(url), credentials: S3Credentials(accessKey: access, secretKey: key))
        }
    }

    private func secret(_ reference: SecretReference) throws -> String {
        try reference.resolve(environment: environment, directory: configuration.directory)
    }

    private func sealing(_ configuration: RepositoryConfiguration) throws -> Sealing {
        guard configuration.isEncrypted else { return .none }
        return .age(
            try configuration.recipients.map { recipient in
                do {
                    return try AgeRecipient(recipient.value)
                } catch var error as ContinuityError {
                    error.object = "\(recipient.location.file):\(recipient.location.line)"
                    throw error
                }
            })
    }

    private func signingKey(_ configuration: RepositoryConfiguration) throws -> SigningKey? {
        switch configuration.signingKey {
        case nil: return nil
        case .file(let path):
            let base = URL(fileURLWithPath: self.configuration.directory, isDirectory: true)
            return try SigningKey.read(file: URL(fileURLWithPath: path, relativeTo: base).standardizedFileURL.path)
        case .environment(let name):
            guard let text = environment[name], !text.isEmpty else {
                throw SecretError("environment variable `\(name)` is not set", hint: "set it before starting")
            }
            return try SigningKey(openSSH: text)
        case .command:
            throw Failure(
                .invalidProject, "a signing key cannot come from a command",
                hint: "write `signingKey: {file: keys/signing}` or `{env: NAME}`")
        }
    }

    /// The stores that a backup is of.
    func backedUpStores(_ names: [String]) throws -> [StoreConfiguration] {
        let wanted = names.isEmpty ? configuration.repository?.stores ?? configuration.stores.map(\.name) : names
        guard !wanted.isEmpty else {
            throw Failure(.invalidProject, "lockstep.yaml has no stores", hint: "add them under `stores:`")
        }
        return try wanted.map(store)
    }
}

/// Where this project has backed up to before, so that a disk that is not mounted is not taken for a first backup.
private struct UsedRepositories {
    private let file: URL

    init(project: Project) {
        file = URL(fileURLWithPath: project.statePath).deletingLastPathComponent().appending(path: "repositories")
    }

    private var addresses: [String] {
        let text = (try? Data(contentsOf: file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    func contains(_ address: String) -> Bool { addresses.contains(address) }

    /// Without the note a backup is only less wary.
    func note(_ address: String) {
        guard !contains(address) else { return }
        let text = (addresses + [address]).joined(separator: "\n") + "\n"
        try? FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? Data(text.utf8).write(to: file, options: .atomic)
    }
}

/// Microseconds since 1970-01-01T00:00:00Z.
func currentMicroseconds() -> Int64 { Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)) }
