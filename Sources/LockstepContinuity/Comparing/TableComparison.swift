internal import ConnectorKit
internal import LockstepModel

/// Compares the rows of one table, which come in any order: of the first side only a fingerprint each is kept, in a file;
/// the second side's are held against it. Then the first side is read once more for the rows that are shown.
final class TableComparison {
    /// Two rows have one key: the table has to be compared as one without.
    struct KeyIsNone: Error {}

    let name: String
    let fields: [String]
    let key: [String]
    private let shapes: (first: LineShape, second: LineShape)
    private let keys: RowKeys?
    private let sampleLimit: Int
    private let path: String
    private var writer: RowIndexWriter?
    private var index: RowIndex?
    private var lines: LineMultiset?
    /// Of the first side's whole lines.
    private(set) var hash = RowSetHash()
    private var firstRows: Int64 = 0
    private var secondRows: Int64 = 0

    private(set) var equal: Int64 = 0
    private(set) var different: Int64 = 0
    private(set) var onlyFirst: Int64 = 0
    private(set) var onlySecond: Int64 = 0
    /// What is shown, by the fingerprint of the key, or of the line where there is none.
    private(set) var samples: [Sample] = []
    private var places: [UInt128: Int] = [:]
    private var isMissing: (first: Int, second: Int) = (0, 0)

    struct Sample {
        var kind: Kind
        var first: [UInt8]?
        var second: [UInt8]?

        enum Kind { case onlyFirst, onlySecond, different }
    }

    /// - Parameters:
    ///   - fields: those that both sides have; `key` is among them, or empty.
    ///   - path: of a file that is not there yet.
    init(
        _ name: String, fields: [String], key: [String], first: ArchivedTable, second: ArchivedTable, sampleLimit: Int,
        path: String
    ) throws {
        self.name = name
        self.fields = fields
        self.key = key
        self.sampleLimit = sampleLimit
        self.path = path
        shapes = (
            LineShape(fields: first.entity.fields.map(\.name), wanted: fields),
            LineShape(fields: second.entity.fields.map(\.name), wanted: fields)
        )
        keys = RowKeys(fields: fields, key: key)
        if keys == nil { lines = try LineMultiset(path: path) } else { writer = try RowIndexWriter(path: path) }
    }

    deinit { ScratchFolder.remove(path) }

    // MARK: The first side

    func addFirst(_ text: RowText) throws {
        text.bytes.withUnsafeBytes { _ = hash.addLines($0) }
        firstRows += Int64(text.rowCount)
        var fingerprints: [RowFingerprint] = []
        try shapes.first.forEachLine(text) { line in
            if let keys {
                fingerprints.append(keys.fingerprint(line))
            } else {
                try lines?.add(RowKeys.hash(line), times: 1)
            }
        }
        try writer?.add(fingerprints)
    }

    /// - Throws: ``KeyIsNone``.
    func finishFirst() throws {
        guard let writer else { return }
        guard try writer.finish(), let index = RowIndex(path: path) else { throw KeyIsNone() }
        self.index = index
        self.writer = nil
    }

    /// The second side is known to be the same.
    func takeAsEqual() { equal = firstRows }

    // MARK: The second side

    func addSecond(_ text: RowText) throws {
        secondRows += Int64(text.rowCount)
        guard let keys, let index else {
            try shapes.second.forEachLine(text) { try lines?.add(RowKeys.hash($0), times: -1) }
            return
        }
        var seen: [Int] = []
        try shapes.second.forEachLine(text) { line in
            let fingerprint = keys.fingerprint(line)
            guard let known = index.find(fingerprint.key) else {
                onlySecond += 1
                if onlySecond <= sampleLimit { samples.append(Sample(kind: .onlySecond, second: Array(line))) }
                return
            }
            seen.append(known.place)
            if known.row == fingerprint.row {
                equal += 1
                return
            }
            different += 1
            guard different <= sampleLimit else { return }
            places[fingerprint.key] = samples.count
            samples.append(Sample(kind: .different, second: Array(line)))
            isMissing.first += 1
        }
        guard index.note(seen) else { throw KeyIsNone() }
    }

    /// Counts, and chooses the rows of the first side that are shown.
    func finishSecond() throws {
        guard let index else { return try finishLines() }
        onlyFirst = Int64(index.count) - equal - different
        guard sampleLimit > 0, let unseen = index.unseen(from: 0, limit: sampleLimit) else { return }
        for key in unseen.keys { expect(key, .onlyFirst) }
    }

    private func finishLines() throws {
        guard let lines else { return }
        (onlyFirst, onlySecond) = try lines.surplus()
        equal = firstRows - onlyFirst
        guard sampleLimit > 0 else { return }
        for hash in try lines.samples(ofFirst: true, limit: sampleLimit) { expect(hash, .onlyFirst) }
        for hash in try lines.samples(ofFirst: false, limit: sampleLimit) { expect(hash, .onlySecond) }
    }

    private func expect(_ key: UInt128, _ kind: Sample.Kind) {
        places[key] = samples.count
        samples.append(Sample(kind: kind))
        if kind == .onlyFirst { isMissing.first += 1 } else { isMissing.second += 1 }
    }

    // MARK: What is shown

    func needs(ofFirst isFirst: Bool) -> Bool { (isFirst ? isMissing.first : isMissing.second) > 0 }

    func collect(_ text: RowText, ofFirst isFirst: Bool) throws {
        guard needs(ofFirst: isFirst) else { return }
        let shape = isFirst ? shapes.first : shapes.second
        try shape.forEachLine(text) { line in
            guard let place = places[keys?.key(of: line) ?? RowKeys.hash(line)] else { return }
            if isFirst, samples[place].first == nil, samples[place].kind != .onlySecond {
                samples[place].first = Array(line)
                isMissing.first -= 1
            }
            if !isFirst, samples[place].second == nil, samples[place].kind == .onlySecond {
                samples[place].second = Array(line)
                isMissing.second -= 1
            }
        }
    }
}
