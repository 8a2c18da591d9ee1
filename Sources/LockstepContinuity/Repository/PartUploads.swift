/// Stores parts while the next one is made: one at a time is on its way, so that no more than two wait on this machine's
/// disk.
struct PartUploads: Sendable {
    private let repository: Repository
    private let suffix: String
    private var stored: [PartManifest] = []
    private var pending: Task<PartManifest, any Error>?

    init(_ repository: Repository, suffix: String) {
        self.repository = repository
        self.suffix = suffix
    }

    /// Begins to store a part when the one before it is stored.
    ///
    /// - Throws: what went wrong with the one before.
    mutating func add(_ part: SpooledPart) async throws {
        do { try await settle() } catch {
            ScratchFolder.remove(part.path)
            throw error
        }
        pending = Task { [repository, suffix] in try await repository.store(part, suffix: suffix) }
    }

    /// - Returns: all parts, in their order; they are durable.
    mutating func finish() async throws -> [PartManifest] {
        try await settle()
        return stored
    }

    private mutating func settle() async throws {
        guard let pending else { return }
        let part = try await withTaskCancellationHandler {
            try await pending.value
        } onCancel: {
            pending.cancel()
        }
        stored.append(part)
        self.pending = nil
    }

    /// Gives up what is on its way; returns when nothing is.
    func cancel() async {
        pending?.cancel()
        _ = await pending?.result
    }
}
