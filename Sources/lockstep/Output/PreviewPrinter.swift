import LockstepMapping
import LockstepModel
import LockstepSync

/// Prints what a sync would do with one record, side by side.
struct PreviewPrinter {
    let output: Output
    let stores: [String]
    /// Only what would be written into this store; nil for both.
    let side: String?

    func print(_ preview: RecordPreview) {
        output.line("\(output.styled(DisplayText.safe(preview.map), .bold))  \(DisplayText.safe(preview.key))")
        if preview.verdict != .notFound { output.table(table(preview)) }
        output.line(Self.text(preview.verdict, stores))
        for key in preview.nearKeys { output.line("There is \(DisplayText.safe(key)).") }
    }

    private func table(_ preview: RecordPreview) -> TextTable {
        var table = TextTable([
            .init("\(stores[0]) field"), .init("now"), .init("then"), .init("\(stores[1]) field"), .init("now"),
            .init("then"), .init("why"),
        ])
        for field in preview.fields {
            table.add(
                cells(field, .left) + cells(field, .right) + [Self.why(field)])
        }
        return table
    }

    private func cells(_ field: RecordPreview.Field, _ side: Side) -> [String] {
        let isShown = self.side == nil || self.side == stores[side.rawValue]
        let write = isShown ? field.writes[side.rawValue] : nil
        return [
            field.names[side.rawValue] ?? "", field.values[side.rawValue]?.displayText ?? "",
            write.map { "-> \($0.displayText)" } ?? "",
        ]
    }

    private static func why(_ field: RecordPreview.Field) -> String {
        switch field.outcome {
        case .key: "key"
        case .equal: "equal"
        case .written: field.reason
        case .undecided: "differs, \(field.reason)"
        case .failed: field.reason
        case .untouched: ""
        }
    }

    static func text(_ verdict: RecordPreview.Verdict, _ stores: [String]) -> String {
        func store(_ side: Side) -> String { stores[side.rawValue] }
        return switch verdict {
        case .notFound: "Neither store has this record."
        case .equal: "Equal: nothing would be written."
        case .differs: "What differs would be written as the table says."
        case .inserted(let side): "\(store(side)) does not have it: it would be inserted there."
        case .missing(let side): "\(store(side)) does not have it, and the map brings nothing there."
        case .outside(let side): "Outside the filter of \(store(side)): nothing is written over it or from it."
        case .outsideBoth: "Outside the filters of both stores: the map does not see it."
        case .parks(let side, let failure):
            "It would be parked: from \(store(side)), \(failure.code) \(failure.field): \(failure.message)"
        }
    }
}

/// A preview as programs read it.
struct PreviewForm: Encodable {
    struct Field: Encodable {
        var fields: [String: String]
        var now: [String: JSONValue]
        var then: [String: JSONValue]
        var outcome: String
        var reason: String
    }

    var map: String
    var key: String
    var verdict: String
    var message: String
    /// The store that is written, lacks the record, or cannot be mapped from.
    var store: String?
    var code: String?
    var fields: [Field]
    var nearKeys: [String]

    init(_ preview: RecordPreview, stores: [String], side: String?) {
        map = preview.map
        key = preview.key
        message = PreviewPrinter.text(preview.verdict, stores)
        nearKeys = preview.nearKeys
        func byStore<Item>(_ items: [Item?]) -> [String: Item] {
            var named: [String: Item] = [:]
            for (store, item) in zip(stores, items) { named[store] = item }
            return named
        }
        fields = preview.fields.map { field in
            var writes = byStore(field.writes)
            if let side { writes = writes.filter { $0.key == side } }
            return Field(
                fields: byStore(field.names), now: byStore(field.values).mapValues(JSONValue.init),
                then: writes.mapValues(JSONValue.init), outcome: field.outcome.rawValue, reason: field.reason)
        }
        switch preview.verdict {
        case .notFound: verdict = "notFound"
        case .equal: verdict = "equal"
        case .differs: verdict = "differs"
        case .inserted(let side): (verdict, store) = ("inserted", stores[side.rawValue])
        case .missing(let side): (verdict, store) = ("missing", stores[side.rawValue])
        case .outside(let side): (verdict, store) = ("outside", stores[side.rawValue])
        case .outsideBoth: verdict = "outside"
        case .parks(let side, let failure):
            (verdict, store, code) = ("parks", stores[side.rawValue], failure.code)
        }
    }
}

/// A value as JSON has it: integers, booleans and null as such, everything else as text, so that nothing is rounded.
struct JSONValue: Encodable {
    let value: Value

    init(_ value: Value) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int64(let value): try container.encode(value)
        case .unchanged, .invalid, .float64, .decimal, .text, .bytes, .date, .time, .timestamp, .instant, .uuid, .json:
            try container.encode(value.displayText)
        }
    }
}
