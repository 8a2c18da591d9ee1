import Foundation

/// The lines of a file, for excerpts beside what is wrong with it.
public struct SourceText: Sendable {
    private let lines: [Substring]

    public init(_ text: String) {
        lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    /// The lines of a file; nil where it cannot be read as text or is larger than a mapping file may be.
    public init?(path: String) {
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: DocumentLimits.bytes), let text = String(data: data, encoding: .utf8)
        else { return nil }
        self.init(text)
    }

    /// A line, counted from 1; nil where there is none.
    public func line(_ number: Int) -> String? {
        lines.indices.contains(number - 1) ? String(lines[number - 1]) : nil
    }

    /// Where a key of the whole file stands, as in `deletes: …`; nil where it is written in another style.
    func place(ofKey key: String, file: String) -> SourceLocation? {
        lines.firstIndex { $0.hasPrefix(key + ":") }.map { SourceLocation(file: file, line: $0 + 1, column: 1) }
    }
}
