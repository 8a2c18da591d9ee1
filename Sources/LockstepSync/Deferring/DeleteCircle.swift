internal import ConnectorKit
internal import LockstepModel

/// Records that are to be deleted and refer to each other: all lose what refers first, then they are deleted. Within the
/// session's open transaction; whoever asks undoes it where not all could be deleted.
struct DeleteCircle {
    struct Member {
        /// The target's record as it is to be found, and without what it defers; in the plan's target fields.
        let image: [Value]
        let without: [Value]
        /// What its statements have in common: entity, fields, key.
        let template: WriteBatch
        fileprivate var state = State.bound

        init(image: [Value], without: [Value], template: WriteBatch) {
            self.image = image
            self.without = without
            self.template = template
        }

        var isDeferring: Bool { image != without }
        var isGone: Bool { state == .gone }
        fileprivate var shape: Shape { Shape(entity: template.entity, fields: template.fields) }
    }

    fileprivate struct Shape: Hashable {
        var entity: String
        var fields: [String]
    }

    fileprivate enum State {
        /// It has what it had.
        case bound
        /// It has lost what refers.
        case free
        case gone
    }

    let session: any WriteSession
    private(set) var members: [Member]

    init(session: any WriteSession, _ members: [Member]) {
        self.session = session
        self.members = members
    }

    mutating func run() async throws {
        for index in members.indices where !members[index].isDeferring { members[index].state = .free }
        try await step(.update, from: .bound, to: .free) { ($0.image, $0.without) }
        var count = -1
        while count != members.count(where: \.isGone) {
            count = members.count(where: \.isGone)
            try await step(.delete, from: .free, to: .gone) { ($0.without, $0.without.map { _ in .null }) }
        }
    }

    /// Writes all members in one state, map by map; those that the store takes go on to the next.
    private mutating func step(
        _ operation: LockstepModel.Operation, from state: State, to next: State,
        _ images: (Member) -> (before: [Value], after: [Value])
    ) async throws {
        var shapes: [Shape] = []
        for member in members where member.state == state && !shapes.contains(member.shape) {
            shapes.append(member.shape)
        }
        for shape in shapes {
            let chosen = members.indices.filter { members[$0].state == state && members[$0].shape == shape }
            guard let first = chosen.first else { continue }
            var batch = members[first].template
            batch.operations = chosen.map { _ in operation }
            batch.rows = RowBatch(columnCount: 2 * batch.fields.count, reservingRows: chosen.count)
            for index in chosen {
                let (before, after) = images(members[index])
                batch.rows.appendRow(before + after)
            }
            let refused = Set(try await session.apply(batch).exceptions.map(\.row))
            for (row, index) in chosen.enumerated() where !refused.contains(row) { members[index].state = next }
        }
    }
}
