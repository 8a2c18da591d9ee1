import LockstepModel
import Synchronization

/// The records of one entity, with an index for each of its keys. Records have a hidden number of their own, in the
/// order of their insertion.
struct MemoryTable: Sendable {
    let entity: MemoryEntity
    private(set) var rows: [UInt64: [Value]] = [:]
    /// For each key of the description: the encoded values of the key, without records that have a null in it.
    private var indexes: [[[UInt8]: UInt64]]
    /// Where each field stands.
    let columns: [String: Int]
    private let keyColumns: [[Int]]

    init(_ entity: MemoryEntity) {
        self.entity = entity
        let fields = entity.description.fields.map(\.name)
        var columns: [String: Int] = [:]
        for (index, name) in fields.enumerated() { columns[name] = index }
        self.columns = columns
        keyColumns = entity.description.keys.map { $0.fields.compactMap { columns[$0] } }
        indexes = Array(repeating: [:], count: entity.description.keys.count)
    }

    var description: EntityDescription { entity.description }

    /// The numbers of all records, in the order of insertion.
    var numbers: [UInt64] { rows.keys.sorted() }

    /// Puts a record where another may be, or takes it away; no rule is checked here.
    mutating func put(_ number: UInt64, _ row: [Value]?) {
        if let old = rows[number] {
            for index in indexes.indices {
                guard let key = indexKey(index, old), indexes[index][key] == number else { continue }
                indexes[index][key] = nil
            }
        }
        rows[number] = row
        guard let row else { return }
        for index in indexes.indices {
            if let key = indexKey(index, row) { indexes[index][key] = number }
        }
    }

    /// The name of a key that another record than `number` has already, if any.
    func violatedKey(_ row: [Value], excluding number: UInt64?) -> String? {
        for index in indexes.indices {
            guard let key = indexKey(index, row), let other = indexes[index][key], other != number else { continue }
            return description.keys[index].name
        }
        return nil
    }

    private func indexKey(_ index: Int, _ row: [Value]) -> [UInt8]? {
        let values = keyColumns[index].map { row[$0] }
        return values.contains(.null) ? nil : MemoryValueRules.key(values)
    }

    /// The first record that agrees in these columns; nulls agree.
    func find(columns: [Int], values: [Value]) -> UInt64? {
        if !values.contains(.null),
            let index = keyColumns.firstIndex(where: { $0.count == columns.count && Set($0) == Set(columns) })
        {
            let ordered = keyColumns[index].compactMap { column in columns.firstIndex(of: column).map { values[$0] } }
            return indexes[index][MemoryValueRules.key(ordered)]
        }
        return numbers.first { number in
            guard let row = rows[number] else { return false }
            return zip(columns, values).allSatisfy { MemoryValueRules.agree(row[$0], $1) }
        }
    }

    /// The numbers of the records that agree with one of these rows in these columns; nulls agree.
    func numbers(_ columns: [Int], _ keys: RowBatch) -> [UInt64] {
        let wanted = Set((0..<keys.rowCount).map { MemoryValueRules.key(keys.values(row: $0)) })
        if let index = keyColumns.firstIndex(of: columns), !keys.cells.contains(where: \.isNull) {
            return wanted.compactMap { indexes[index][$0] }.sorted()
        }
        return numbers.filter { number in
            rows[number].map { row in wanted.contains(MemoryValueRules.key(columns.map { row[$0] })) } ?? false
        }
    }

    /// The first record that agrees in these fields; nil also where a field does not exist.
    func find(_ key: [String: Value]) -> UInt64? {
        let names = key.keys.sorted()
        let found = names.compactMap { columns[$0] }
        guard found.count == names.count else { return nil }
        let values = zip(names, found).compactMap { name, column in
            key[name].map { (try? MemoryValueRules.stored($0, in: description.fields[column])) ?? $0 }
        }
        return find(columns: found, values: values)
    }

    func record(_ number: UInt64) -> [String: Value]? { rows[number].map(record) }

    func record(_ row: [Value]) -> [String: Value] {
        var record: [String: Value] = [:]
        for (field, value) in zip(description.fields, row) { record[field.name] = value }
        return record
    }

    func row(_ record: [String: Value]) -> [Value] { description.fields.map { record[$0.name] ?? .null } }
}

/// All records of a store. A value: a copy is a snapshot.
struct MemoryDatabase: Sendable {
    var tables: [String: MemoryTable] = [:]
    var triggers: [MemoryTrigger] = []
    /// The entities in the order in which they were made.
    var names: [String] = []
    let sequence = MemorySequence()
}

/// The numbers that a store gives out. Never taken back, like a database's sequences, so all copies share them.
final class MemorySequence: Sendable {
    private let last = Mutex<[String: UInt64]>([:])

    func next(_ name: String) -> UInt64 {
        last.withLock { last in
            let number = (last[name] ?? 0) + 1
            last[name] = number
            return number
        }
    }
}
