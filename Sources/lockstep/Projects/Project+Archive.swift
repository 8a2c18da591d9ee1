import Foundation
import LockstepContinuity
import LockstepMapping

/// The repository of a project, and the keys that it is used with.
struct ProjectArchive: Sendable {
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
    /// - Parameter isMade: makes it where there is none, as the first backup does.
    /// - Throws: ``Failure`` where `lockstep.yaml` names none, and as ``Repository/open(at:)``.
    func archive(isMade: Bool = false) async throws -> ProjectArchive {
        guard let configuration = configuration.repository else {
            throw Failure(
                .noRepository, "lockstep.yaml has no `repository`",
                hint:
                    "write `repository: {url: \"file:backups\", recipients: [age1…]}`; `lockstep keys new` makes keys",
                status: .noProject)
        }
        let key = try signingKey(configuration)
        let trusted = try trustedKeys()
        let store = try objectStore(configuration)
        let repository: Repository
        do {
            repository = try await Repository.open(at: store)
        } catch let error as ContinuityError where error.code == .noRepository && isMade {
            do {
                repository = try await Repository.create(at: store)
            } catch let refusal as ContinuityError where refusal.code == .configuration {
                // Another project's first backup may just have made it.
                guard let made = try? await Repository.open(at: store) else { throw refusal }
                repository = made
            }
        }
        return ProjectArchive(
            configuration: configuration, repository: repository, sealing: try sealing(configuration), signingKey: key,
            check: trusted?.recordCheck)
    }

    /// The keys whose signatures count; nil where nothing is signed and nobody trusted.
    func trustedKeys() throws -> TrustedKeys? {
        guard let configuration = configuration.repository else { return nil }
        return try configuration.trustedSigners.map(TrustedKeys.read(file:))
            ?? signingKey(configuration).map { TrustedKeys(key: $0.verifyingKey) }
    }

    private func objectStore(_ configuration: RepositoryConfiguration) throws -> any ObjectStore {
        switch configuration.place {
        case .folder(let path): return FileObjectStore(path: path)
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

/// Microseconds since 1970-01-01T00:00:00Z.
func currentMicroseconds() -> Int64 { Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)) }
