public import LockstepModel

/// Some records of an entity, to draft maps from.
public struct EntitySample: Sendable {
    public var entity: EntityDescription
    /// The entity's own fields, then fields of records that it refers to, as paths.
    public var fields: [FieldDescription]
    /// The values of each of ``fields``, all of one length.
    public private(set) var columns: [[Value]]

    public init(entity: EntityDescription, fields: [FieldDescription]) {
        self.entity = entity
        self.fields = fields
        columns = fields.map { _ in [] }
    }

    public var rowCount: Int { columns.first?.count ?? 0 }

    /// - Precondition: as wide as ``fields``.
    public mutating func append(_ rows: RowBatch) {
        precondition(rows.columnCount == fields.count, "sampled rows are as wide as the sample")
        for row in 0..<rows.rowCount {
            for column in fields.indices { columns[column].append(rows.value(row, column)) }
        }
    }

    public func column(_ name: String) -> Int? { fields.firstIndex { $0.name == name } }

    /// The key bytes of a row; nil where a part is null.
    func key(_ row: Int, _ columns: [Int]) -> [UInt8]? {
        var batch = RowBatch(columnCount: columns.count, reservingRows: 1)
        let values = columns.map { self.columns[$0][row] }
        guard !values.contains(.null) else { return nil }
        batch.appendRow(values)
        return KeyEncoder.encode(batch, row: 0, columns: columns.indices)
    }

    /// The rows that hold each key, the first where several do.
    func rows(by columns: [Int]) -> [[UInt8]: Int] {
        var rows: [[UInt8]: Int] = [:]
        for row in 0..<rowCount {
            guard let key = key(row, columns), rows[key] == nil else { continue }
            rows[key] = row
        }
        return rows
    }
}

/// Values as numbers that are equal where the values mean the same to people: whatever their type, case and padding.
struct ValueIndex {
    private var numbers: [String: Int] = [:]
    private(set) var texts: [String] = []

    static let null = -1

    mutating func number(_ value: Value) -> Int {
        guard let text = Self.looseText(value) else { return Self.null }
        if let known = numbers[text] { return known }
        numbers[text] = texts.count
        texts.append(text)
        return texts.count - 1
    }

    /// Nil for what is no value.
    static func looseText(_ value: Value) -> String? {
        switch value {
        case .null, .unchanged, .invalid: return nil
        case .bool(let value): return value ? "1" : "0"
        case .decimal, .float64:
            let text = value.displayText
            guard text.contains("."), !text.contains("e"), !text.contains("E") else { return text }
            let digits = text.reversed().drop { $0 == "0" }
            return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
        case .text(let text):
            let trimmed = Self.trimmed(text)
            return trimmed.isEmpty ? nil : trimmed.lowercased()
        case .instant: return String(value.displayText.dropLast())
        case .int64, .bytes, .date, .time, .timestamp, .uuid, .json: return value.displayText.lowercased()
        }
    }

    static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}

/// What the sampled values of a field look like.
struct ColumnProfile {
    enum Form: String, CaseIterable {
        case email, link, phone, date, code2, code3, number, words
    }

    let field: FieldDescription
    let words: NameWords
    /// By row, in terms of a ``ValueIndex``.
    let numbers: [Int]
    /// How often each value occurs.
    let counts: [Int: Int]
    /// What most values look like; nil where they look like nothing in particular.
    let form: Form?
    let averageLength: Double

    init(_ field: FieldDescription, words: NameWords, values: [Value], index: inout ValueIndex) {
        self.field = field
        self.words = words
        var numbers: [Int] = []
        numbers.reserveCapacity(values.count)
        for value in values { numbers.append(index.number(value)) }
        self.numbers = numbers
        var counts: [Int: Int] = [:]
        for number in numbers where number != ValueIndex.null { counts[number, default: 0] += 1 }
        self.counts = counts
        let texts = counts.keys.prefix(200).map { index.texts[$0] }
        averageLength = texts.isEmpty ? 0 : Double(texts.reduce(0) { $0 + $1.count }) / Double(texts.count)
        form = field.type == .text ? Self.form(texts) : nil
    }

    var valueCount: Int { counts.values.reduce(0, +) }
    var isConstant: Bool { counts.count == 1 }

    private static func form(_ texts: [String]) -> Form? {
        guard texts.count >= 2 else { return nil }
        return Form.allCases.first { form in
            texts.count { matches($0, form) } * 10 >= texts.count * 9
        }
    }

    private static func matches(_ text: String, _ form: Form) -> Bool {
        switch form {
        case .email:
            let parts = text.split(separator: "@", omittingEmptySubsequences: false)
            return parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".") && !text.contains(" ")
        case .link: return text.hasPrefix("http://") || text.hasPrefix("https://") || text.hasPrefix("www.")
        case .phone:
            let digits = text.count(where: \.isNumber)
            return digits >= 6 && (text.hasPrefix("+") || text.hasPrefix("0") || text.hasPrefix("("))
                && text.allSatisfy { $0.isNumber || " +-()/.".contains($0) }
        case .date: return text.utf8.count >= 10 && ISOText.parseDate(text.utf8.prefix(10)) != nil
        case .code2: return text.count == 2 && text.allSatisfy(\.isLetter)
        case .code3: return text.count == 3 && text.allSatisfy(\.isLetter)
        case .number: return !text.isEmpty && text.allSatisfy(\.isNumber)
        case .words: return text.contains(" ") && text.contains(where: \.isLetter)
        }
    }
}
