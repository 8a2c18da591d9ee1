import LockstepModel

/// The SQL of one group's statements. Slots name the batch's columns that the statement binds, each as an array.
struct WriteStatements {
    /// One bound array: a column of the batch (before images first, then after images) as a column of the table.
    struct Slot {
        var batchColumn: Int
        var column: Column
    }

    let table: Table
    let columns: [Column]
    let key: [Int]
    let shape: WriteGroup.Shape
    private(set) var slots: [Slot] = []
    private var places: [Int: Int] = [:]

    init(_ table: Table, columns: [Column], key: [Int], shape: WriteGroup.Shape) {
        self.table = table
        self.columns = columns
        self.key = key
        self.shape = shape
    }

    /// The expression for a field's value before or after, binding it once.
    private mutating func bound(_ field: Int, isAfter: Bool) -> String {
        let batchColumn = isAfter ? columns.count + field : field
        if let place = places[batchColumn] { return "s.c\(place)" }
        places[batchColumn] = slots.count
        slots.append(Slot(batchColumn: batchColumn, column: columns[field]))
        return "s.c\(slots.count - 1)"
    }

    private func source() -> String { UnnestSource.sql(slots.map(\.column)) }

    private mutating func matches(_ alias: String, isAfter: Bool) -> String {
        key.map { field in
            let column = "\(alias).\(columns[field].quoted)"
            if shape.nullKeys.contains(field) { return "\(column) is null" }
            return "\(column) = \(bound(field, isAfter: isAfter))"
        }.joined(separator: " and ")
    }

    private mutating func agrees(_ fields: [Int], isAfter: Bool) -> String {
        let conditions = fields.map { field in
            "(" + columns[field].agrees("t.\(columns[field].quoted)", bound(field, isAfter: isAfter)) + ")"
        }
        return conditions.isEmpty ? "true" : "(" + conditions.joined(separator: " and ") + ")"
    }

    /// Deletes what agrees with the image before; returns the rows' places.
    mutating func delete() -> String {
        let matches = matches("t", isAfter: false)
        let agrees = agrees(shape.fields.filter { !key.contains($0) }, isAfter: false)
        return "delete from \(table.quoted) as t using (\(source())) as s where \(matches) and \(agrees) returning s.o"
    }

    /// Updates what holds, in each changed field, the value before or after, unless all hold the value after.
    mutating func update(recordingMade: Bool) -> String {
        let matches = matches("t", isAfter: false)
        let isOne = shape.fields.map { field -> String in
            let column = columns[field]
            let before = bound(field, isAfter: false)
            let after = bound(field, isAfter: true)
            let stored = "t.\(column.quoted)"
            return "((\(column.agrees(stored, before))) or (\(column.agrees(stored, after))))"
        }.joined(separator: " and ")
        let isAlready = agrees(shape.fields, isAfter: true)
        let values = shape.fields.map { "\(columns[$0].quoted) = \(bound($0, isAfter: true))" }
        let setting = values.joined(separator: ", ")
        guard recordingMade else {
            return "update \(table.quoted) as t set \(setting) from (\(source())) as s"
                + " where \(matches) and \(isOne) and not \(isAlready) returning s.o"
        }
        let oldMatches = self.matches("old", isAfter: false)
        let images = table.columns.enumerated().map { index, column -> String in
            let set = shape.fields.first { columns[$0].name == column.name }
            let before = set.map { bound($0, isAfter: true) } ?? "old.\(column.quoted)"
            return "\(before) as b\(index), t.\(column.quoted) as n\(index)"
        }
        return "with w as (update \(table.quoted) as t set \(setting) from (\(source())) as s, \(table.quoted) as old"
            + " where \(matches) and \(oldMatches) and \(isOne) and not \(isAlready)"
            + " returning s.o, \(images.joined(separator: ", "))), m as (\(recordMade(before: "b", from: "w")))"
            + " select o from w"
    }

    /// Inserts; where a record has the key already, nothing happens to it. Returns the inserted rows' places only
    /// where what the store makes of them is recorded, else nothing: the server's count of rows is enough.
    mutating func insert(recordingMade: Bool, hasArbiter: Bool) -> String {
        let given = shape.fields
        let values = given.map { bound($0, isAfter: true) }.joined(separator: ", ")
        let names = given.map { columns[$0].quoted }.joined(separator: ", ")
        let arbiter =
            hasArbiter ? " on conflict (\(key.map { columns[$0].quoted }.joined(separator: ", "))) do nothing" : ""
        let insert = "insert into \(table.quoted) as t (\(names)) select \(values) from s order by s.o\(arbiter)"
        let source = source()
        guard recordingMade else { return "with s as (\(source)) \(insert)" }
        let keyMatches = key.filter { given.contains($0) && !shape.nullKeys.contains($0) }
            .map { "w.\(columns[$0].quoted) = \(bound($0, isAfter: true))" }.joined(separator: " and ")
        let images = table.columns.enumerated().map { index, column -> String in
            let set = given.first { columns[$0].name == column.name }
            let before = set.map { bound($0, isAfter: true) } ?? "null"
            return "\(before) as b\(index), w.\(column.quoted) as n\(index)"
        }
        let pairs =
            "select \(images.joined(separator: ", ")) from w join s on \(keyMatches.isEmpty ? "true" : keyMatches)"
        return "with s as (\(source)), w as (\(insert) returning *),"
            + " m as (\(recordMade(before: "b", from: "(\(pairs))", given: Set(given.map { columns[$0].name }))))"
            + " select count(*) from w"
    }

    /// An update from what we wrote to what is stored, for each record where they differ.
    private func recordMade(before: String, from rows: String, given: Set<String>? = nil) -> String {
        let indices = table.columns.indices
        let same = indices.map { index -> String in
            let column = table.columns[index]
            if let given, !given.contains(column.name) { return "i.n\(index) is null" }
            return "(" + column.agrees("i.\(before)\(index)", "i.n\(index)") + ")"
        }.joined(separator: " and ")
        let fields = SQLText.literal(ArrayText.format(table.columns.map(\.name)))
        let befores = indices.map { "i.\(before)\($0)" }.joined(separator: ", ")
        let afters = indices.map { "i.n\($0)" }.joined(separator: ", ")
        return "insert into lockstep.made (entity, operation, fields, before, after) select"
            + " \(SQLText.literal(table.entity)), 'U', \(fields), row(\(befores))::pg_catalog.text,"
            + " row(\(afters))::pg_catalog.text from \(rows) as i where not (\(same))"
    }

    /// The records as they are now: the rows' places, whether they agree, and the fields to report.
    mutating func current(_ readColumns: [Column]) -> String {
        let isInsert = shape.operation == .insert
        let matches = matches("t", isAfter: isInsert)
        let agrees = shape.operation == .delete ? "false" : agrees(shape.fields, isAfter: true)
        let read = readColumns.map { ", " + $0.selected() }.joined()
        // A source without columns cannot be: the key is always bound, unless all of it is null.
        if slots.isEmpty, let first = shape.fields.first { _ = bound(first, isAfter: isInsert) }
        return "select s.o, \(agrees)\(read) from (\(source())) as s join \(table.quoted) as t on \(matches)"
    }
}
