import LockstepModel

/// Puts what a map makes of its examples into their file, value by value: comments and layout stay.
public struct ExampleUpdate: Sendable {
    /// The file's new text.
    public private(set) var text: String
    /// Values that were replaced.
    public private(set) var replaced = 0
    /// What must be written by hand: the example, and the line for it.
    public private(set) var byHand: [(example: String, line: String)] = []

    public init(_ text: String, results: [ExampleResult]) {
        self.text = text
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var places: [(location: SourceLocation, value: Value)] = []
        for result in results where !result.hasPassed && result.diagnostics.isEmpty {
            let isInPlace = result.message.isEmpty && result.differences.allSatisfy { $0.location != nil }
            if isInPlace {
                places += result.differences.compactMap { difference in
                    difference.location.map { ($0, difference.actual) }
                }
            } else {
                byHand.append((result.example.name, Self.line(result.actual)))
            }
        }
        // From the end, so that what was replaced moves nothing that is still to come.
        for place in places.sorted(by: {
            ($1.location.line, $1.location.column) < ($0.location.line, $0.location.column)
        }) {
            let index = place.location.line - 1
            guard lines.indices.contains(index),
                let line = Self.replacing(lines[index], at: place.location.column, by: Self.literal(place.value))
            else {
                byHand.append(("line \(place.location.line)", Self.literal(place.value)))
                continue
            }
            lines[index] = line
            replaced += 1
        }
        self.text = lines.joined(separator: "\n")
    }

    /// The line with another scalar at a column; nil where it cannot be told where the old one ends.
    private static func replacing(_ line: String, at column: Int, by text: String) -> String? {
        let characters = Array(line.unicodeScalars)
        let start = column - 1
        guard characters.indices.contains(start) else { return nil }
        var end = start
        let quote = characters[start]
        if quote == "\"" || quote == "'" {
            end += 1
            while end < characters.count {
                if characters[end] == "\\" && quote == "\"" {
                    end += 2
                    continue
                }
                if characters[end] == quote {
                    guard quote == "'", end + 1 < characters.count, characters[end + 1] == "'" else { break }
                    end += 1
                }
                end += 1
            }
            guard end < characters.count else { return nil }
            end += 1
        } else {
            guard !["|", ">", "&", "*", "!", "{", "["].contains(quote) else { return nil }
            while end < characters.count, ![",", "}", "]"].contains(characters[end]) {
                if characters[end] == "#", characters[end - 1] == " " { break }
                end += 1
            }
            while end > start, characters[end - 1] == " " { end -= 1 }
        }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: characters[..<start])
        result.append(contentsOf: text.unicodeScalars)
        result.append(contentsOf: characters[end...])
        return String(result)
    }

    private static func line(_ actual: ExampleResult.Actual) -> String {
        switch actual {
        case .output(let values):
            "output: {\(values.map { "\(MapDraft.quoted($0.field)): \(literal($0.value))" }.joined(separator: ", "))}"
        case .failed(let failure): "fails: \(failure.code)"
        case .filtered: "filtered: true"
        case .none: ""
        }
    }

    private static func literal(_ value: Value) -> String {
        switch value {
        case .text(let text): MapDraft.quoted(text)
        case .null, .bool, .int64, .float64, .decimal: value.displayText
        case .unchanged, .invalid, .bytes, .date, .time, .timestamp, .instant, .uuid, .json:
            MapDraft.quoted(value.displayText)
        }
    }
}
