import ConnectorKit
import LockstepModel

/// Turns the messages of `pgoutput` into chunks of changes: pure, no I/O.
///
/// A transaction that touches `lockstep.checkpoint` is the engine's own: its row changes are dropped, but the rows that
/// it puts into `lockstep.made` are changes that the store itself made of it.
struct ChangeDecoder {
    /// A table as the server announced it, matched with the fields wanted of it.
    private struct Relation {
        enum Role { case entity, checkpoint, made, other }
        var role: Role
        var entity: String
        /// For each wanted field its place in the tuples, and how it is read.
        var sources: [Int]
        var codecs: [Codec]
        /// Names of the tuples' columns, for our own table.
        var columns: [String]
    }

    private let tables: [UInt32: (entity: String, columns: [Column])]
    private let entities: [String: [Column]]
    private var relations: [UInt32: Relation] = [:]
    private(set) var chunk: ChunkAssembler
    private var isOwn = false
    private var old = TupleImage()
    private var new = TupleImage()

    /// - Parameter tables: the tables asked for, with the columns wanted, in the order wanted.
    init(tables: [(Table, [Column])], limits: BatchLimits) {
        self.tables = Dictionary(
            tables.map { ($0.0.oid, (entity: $0.0.entity, columns: $0.1)) }, uniquingKeysWith: { first, _ in first })
        entities = Dictionary(tables.map { ($0.0.entity, $0.1) }, uniquingKeysWith: { first, _ in first })
        chunk = ChunkAssembler(limits: limits, fields: entities.mapValues { $0.map(\.name) })
    }

    mutating func take() -> ChangeChunk { chunk.take() }

    mutating func handle(_ reader: inout MessageReader) throws {
        switch try reader.number(UInt8.self) {
        case UInt8(ascii: "B"):
            isOwn = false
            chunk.begin()
        case UInt8(ascii: "C"):
            try reader.skip(9)
            chunk.end(Position(order: try reader.number(UInt64.self)))
        case UInt8(ascii: "R"): try relation(&reader)
        case UInt8(ascii: "I"): try insert(&reader)
        case UInt8(ascii: "U"): try update(&reader)
        case UInt8(ascii: "D"): try delete(&reader)
        case UInt8(ascii: "T"): try truncate(&reader)
        case UInt8(ascii: "Y"), UInt8(ascii: "O"), UInt8(ascii: "M"): break
        default: throw MessageReader.malformed
        }
    }

    // MARK: Relations

    private mutating func relation(_ reader: inout MessageReader) throws {
        let oid = try reader.number(UInt32.self)
        let namespace = try reader.string()
        let name = try reader.string()
        let identity = try reader.number(UInt8.self)
        let count = Int(try reader.number(UInt16.self))
        var columns: [String] = []
        var types: [UInt32] = []
        for _ in 0..<count {
            try reader.skip(1)
            columns.append(try reader.string())
            types.append(try reader.number(UInt32.self))
            try reader.skip(4)
        }
        var relation = Relation(role: .other, entity: "", sources: [], codecs: [], columns: columns)
        if namespace == "lockstep" {
            relation.role = name == "checkpoint" ? .checkpoint : name == "made" ? .made : .other
        } else if let table = tables[oid] {
            relation.role = .entity
            relation.entity = table.entity
            guard identity == UInt8(ascii: "f") else { throw Self.imageMissing(table.entity) }
            for column in table.columns {
                guard let place = columns.firstIndex(of: column.name) else {
                    throw Self.fieldMissing(column, table.entity)
                }
                relation.sources.append(place)
                let codec = Codec(typeOID: types[place])
                relation.codecs.append(codec == .foreign ? column.codec : codec)
            }
        }
        relations[oid] = relation
    }

    static func fieldMissing(_ column: Column, _ entity: String) -> ConnectorError {
        ConnectorError(
            .schema, doing: "reading changes", entity: entity,
            message: column.description.isGenerated
                ? "the server does not send the generated field \(column.name)"
                : "the field \(column.name) is no longer there",
            hint: "Take the field out of the map, or add the column again; then run `lockstep sync --resync`.")
    }

    private static func imageMissing(_ entity: String) -> ConnectorError {
        ConnectorError(
            .schema, doing: "reading changes", entity: entity,
            message: "its changes no longer carry the image before (REPLICA IDENTITY was changed)",
            hint: "Run `lockstep sync --resync`, which sets REPLICA IDENTITY FULL and compares both sides.")
    }

    // MARK: Rows

    private mutating func wanted(_ reader: inout MessageReader) throws -> Relation? {
        let relation = relations[try reader.number(UInt32.self)]
        guard let relation else { return nil }
        switch relation.role {
        case .checkpoint:
            isOwn = true
            return nil
        case .entity: return isOwn ? nil : relation
        case .made: return relation
        case .other: return nil
        }
    }

    private mutating func insert(_ reader: inout MessageReader) throws {
        guard let relation = try wanted(&reader) else { return }
        try reader.skip(1)
        try new.read(&reader)
        if relation.role == .made { return try made(relation, reader) }
        let image = new
        chunk.add(relation.entity, .insert) { batch in
            for _ in relation.sources { batch.appendNull() }
            Self.append(image, relation, reader, to: &batch)
        }
    }

    private mutating func update(_ reader: inout MessageReader) throws {
        guard let relation = try wanted(&reader), relation.role == .entity else { return }
        guard try reader.number(UInt8.self) == UInt8(ascii: "O") else { throw Self.imageMissing(relation.entity) }
        try old.read(&reader)
        try reader.skip(1)
        try new.read(&reader)
        let (before, after) = (old, new)
        chunk.add(relation.entity, .update) { batch in
            Self.append(before, relation, reader, to: &batch)
            Self.append(after, relation, reader, otherwise: before, to: &batch)
        }
    }

    private mutating func delete(_ reader: inout MessageReader) throws {
        guard let relation = try wanted(&reader), relation.role == .entity else { return }
        guard try reader.number(UInt8.self) == UInt8(ascii: "O") else { throw Self.imageMissing(relation.entity) }
        try old.read(&reader)
        let image = old
        chunk.add(relation.entity, .delete) { batch in
            Self.append(image, relation, reader, to: &batch)
            for _ in relation.sources { batch.appendNull() }
        }
    }

    /// We never truncate, so a truncation in our own transaction is the store's doing, too.
    private mutating func truncate(_ reader: inout MessageReader) throws {
        let count = Int(try reader.number(UInt32.self))
        try reader.skip(1)
        for _ in 0..<count {
            guard let relation = relations[try reader.number(UInt32.self)], relation.role == .entity else { continue }
            chunk.add(relation.entity, .truncate) { batch in
                for _ in 0..<relation.sources.count * 2 { batch.appendNull() }
            }
        }
    }

    private static func append(
        _ image: TupleImage, _ relation: Relation, _ reader: MessageReader, otherwise before: TupleImage? = nil,
        to batch: inout RowBatch
    ) {
        for (index, source) in relation.sources.enumerated() {
            guard source < image.values.count else {
                batch.appendInvalid(BinaryDecoder.malformed)
                continue
            }
            var value = image.values[source]
            if case .unchanged = value, let before, source < before.values.count { value = before.values[source] }
            switch value {
            case .null: batch.appendNull()
            case .unchanged: batch.append(Cell.unchanged)
            case .text(let range): TextDecoder.append(reader.slice(range), relation.codecs[index], to: &batch)
            }
        }
    }

    // MARK: What the store made of our own writes

    private mutating func made(_ relation: Relation, _ reader: MessageReader) throws {
        func bytes(_ name: String) -> UnsafeRawBufferPointer? {
            guard let place = relation.columns.firstIndex(of: name), place < new.values.count,
                case .text(let range) = new.values[place]
            else { return nil }
            return reader.slice(range)
        }
        guard let entity = bytes("entity").map({ String(decoding: $0, as: UTF8.self) }),
            let columns = entities[entity], let fields = bytes("fields"), let letter = bytes("operation")?.first
        else { return }
        let names = ArrayText.parse(String(decoding: fields, as: UTF8.self))
        let operation: Operation =
            letter == UInt8(ascii: "I") ? .insert : letter == UInt8(ascii: "D") ? .delete : .update
        let before = bytes("before").flatMap(CompositeText.parse)
        let after = bytes("after").flatMap(CompositeText.parse)
        var places: [Int] = []
        for column in columns {
            guard let place = names.firstIndex(of: column.name) else { throw Self.fieldMissing(column, entity) }
            places.append(place)
        }
        chunk.add(entity, operation) { batch in
            for image in [before, after] { Self.append(image, columns, places, to: &batch) }
        }
    }

    private static func append(
        _ image: [[UInt8]?]?, _ columns: [Column], _ places: [Int], to batch: inout RowBatch
    ) {
        for (column, place) in zip(columns, places) {
            guard let image, place < image.count, let bytes = image[place] else {
                batch.appendNull()
                continue
            }
            bytes.withUnsafeBytes { TextDecoder.append($0, column.codec, to: &batch) }
        }
    }
}
