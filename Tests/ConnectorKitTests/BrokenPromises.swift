import ConnectorKit
import LockstepModel
import LockstepTesting

/// A connector that breaks one promise, and the check that must notice.
struct BrokenPromise: Sendable, CustomStringConvertible {
    var check: String
    var breakage: String
    var bend: @Sendable (inout BentConnector) -> Void

    init(_ check: String, _ breakage: String, bend: @escaping @Sendable (inout BentConnector) -> Void) {
        self.check = check
        self.breakage = breakage
        self.bend = bend
    }

    var description: String { "\(check): \(breakage)" }

    static let all: [BrokenPromise] = schema + reading + changes + writing + values

    static let schema: [BrokenPromise] = [
        BrokenPromise("describe-shows-the-entity", "forgets the keys") {
            $0.onDescribe = { for index in $0.entities.indices { $0.entities[index].keys = [] } }
        },
        BrokenPromise("describe-shows-the-entity", "calls everything text") {
            $0.onDescribe = { description in
                for entity in description.entities.indices {
                    for field in description.entities[entity].fields.indices {
                        description.entities[entity].fields[field].type = .text
                    }
                }
            }
        },
        BrokenPromise("unknown-entity-is-a-schema-error", "counts what is not there as none") {
            $0.onCount = { (try? $0.get()) ?? 0 }
        },
        BrokenPromise("capture-needs-installing", "has no changes without capture, and does not say so") {
            $0.onChanges = { base, request in
                do { return try await base.changes(request) } catch { return SilentReader(position: request.after) }
            }
        },
        BrokenPromise("installing-twice-changes-nothing", "begins the history anew") {
            $0.onInstall = { base, request in
                try await base.removeCapture()
                try await base.installCapture(request)
            }
        },
        BrokenPromise("removal-leaves-the-store-as-found", "leaves the checkpoints") {
            $0.onRemove = { base in
                let checkpoints = try await base.checkpoints()
                try await base.removeCapture()
                for (lane, position) in checkpoints {
                    try await base.write(WriteSessionRequest(lane: lane)).commit(position)
                }
            }
        },
        BrokenPromise("closing-twice-is-fine", "commits when closed") {
            $0.onWrite = { base, request in
                var session = BentSession(try await base.write(request))
                session.onClose = { try? await $0.commit(nil) }
                return session
            }
        },
    ]

    static let reading: [BrokenPromise] = [
        BrokenPromise("snapshot-stands-still", "reads what is there now") {
            $0.onSnapshot = { base, snapshot in
                var bent = BentSnapshot(snapshot)
                bent.onRead = { _, request in
                    try await base.query(QueryRequest(entity: request.entity, fields: request.fields))
                }
                return bent
            }
        },
        BrokenPromise("key-order-is-byte-order", "reads backwards") {
            $0.onSnapshot = { _, snapshot in
                var bent = BentSnapshot(snapshot)
                bent.onRead = { ReversingReader(try await $0.read($1)) }
                return bent
            }
        },
        BrokenPromise("batches-keep-their-limit", "gives all at once") {
            $0.onSnapshot = { _, snapshot in
                var bent = BentSnapshot(snapshot)
                bent.onRead = { snapshot, request in
                    var request = request
                    request.limits = .standard
                    return try await snapshot.read(request)
                }
                return bent
            }
        },
        BrokenPromise("query-finds-keys", "ignores the keys") { $0.onQuery = { $0.keys = nil } },
        BrokenPromise("query-finds-keys", "ignores the limit") { $0.onQuery = { $0.limit = nil } },
        BrokenPromise("count-counts", "counts one too many") { $0.onCount = { try $0.get() + 1 } },
    ]

    static let values: [BrokenPromise] = [
        BrokenPromise("written-values-come-back", "keeps milliseconds of instants") {
            $0.onWrite = mapping { $0.map(roundedToMilliseconds) }
        },
        BrokenPromise("written-values-come-back", "passes decimals through doubles") {
            $0.onWrite = mapping { $0.map(throughDouble) }
        },
        BrokenPromise("users-values-come-as-changes", "reads decimals through doubles") {
            $0.onChanges = chunks { chunk, _ in [chunk.mappingValues(throughDouble)] }
        },
        BrokenPromise("null-empty-and-unchanged-differ", "writes empty texts as null") {
            $0.onWrite = mapping { $0.map { $0 == .text("") ? .null : $0 } }
        },
        BrokenPromise("null-empty-and-unchanged-differ", "writes unchanged fields as null") {
            $0.onWrite = mapping { $0.map { $0 == .unchanged ? .null : $0 } }
        },
        BrokenPromise("nulls-agree-with-nulls", "takes null for empty") {
            $0.onWrite = mapping { $0.map { $0 == .null ? .text("") : $0 } }
        },
    ]

    @Sendable static func roundedToMilliseconds(_ value: Value) -> Value {
        if case .instant(let microseconds) = value { return .instant(microseconds / 1000 * 1000) }
        return value
    }

    @Sendable static func throughDouble(_ value: Value) -> Value {
        if case .decimal(let text) = value, let double = Double(text) { return .decimal("\(double)") }
        return value
    }
}

/// Never has anything to say.
private struct SilentReader: ChangeReader {
    var position: Position
    var quietPosition: Position { get async { position } }
    func next() async throws -> ChangeChunk? { nil }
    func close() async {}
}
