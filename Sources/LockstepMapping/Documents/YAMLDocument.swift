import Foundation
import Yams

/// A YAML file as a tree of nodes that know where they stand, read within ``DocumentLimits``.
enum YAMLDocument {
    struct Outcome {
        var root: Node?
        var diagnostics: [Diagnostic]
    }

    /// Reads the bytes of a file. Either there is a root, or one diagnostic that says why not.
    static func parse(_ marked: [UInt8], file: String, family: DocumentFamily) -> Outcome {
        // Editors of other systems begin a file with a byte order mark, which says nothing in UTF-8.
        let bytes = marked.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(marked.dropFirst(3)) : marked
        func failure(_ problem: DocumentProblem, _ line: Int, _ column: Int, _ message: String, _ hint: String)
            -> Outcome
        {
            let location = SourceLocation(file: file, line: max(1, line), column: max(1, column))
            return Outcome(diagnostics: [Diagnostic(.error, family.code(problem), at: location, message, hint: hint)])
        }
        guard bytes.count <= DocumentLimits.bytes else {
            return failure(
                .tooLarge, 1, 1, "the file has \(bytes.count) bytes", "\(DocumentLimits.bytes) bytes are the most")
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            let place = firstInvalidPlace(in: bytes)
            let (message, hint) = wrongEncoding(bytes)
            return failure(.wrongEncoding, place.line, place.column, message, hint)
        }
        guard AliasGuard.mayExpand(text) else {
            return failure(
                .aliasExpansion, 1, 1, "anchors and aliases would expand to more than the file may stand for",
                "write the values out instead of nesting aliases")
        }
        do {
            // The basic resolver leaves every scalar the text that it is: types come from where a value is used.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            guard let root = try parser.singleRoot() else {
                return failure(.severalDocuments, 1, 1, "the file is empty", "see the documentation for an example")
            }
            if let place = tooDeepPlace(root) {
                return failure(
                    .nestedTooDeep, place.line, place.column,
                    "nested deeper than \(DocumentLimits.nesting) levels", "nothing in \(family.fileName) is")
            }
            return Outcome(root: root, diagnostics: [])
        } catch let error as YamlError {
            let problem = YAMLProblem(error, text: text)
            return failure(problem.kind, problem.line, problem.column, problem.message, problem.hint)
        } catch {
            return failure(.malformedYAML, 1, 1, "the file is not valid YAML", "")
        }
    }

    /// Reads a file from disk, without following it beyond the largest size.
    static func load(path: String, file: String, family: DocumentFamily) -> Outcome {
        guard let bytes = bytes(path: path) else {
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            if exists && !isDirectory.boolValue && FileManager.default.isReadableFile(atPath: path) {
                return parse([], file: file, family: family)
            }
            let location = SourceLocation(file: file, line: 1, column: 1)
            let message = exists ? "the file cannot be read" : "there is no such file"
            let hint = exists ? "is it a file, and may this user read it?" : "is the path right?"
            return Outcome(
                diagnostics: [Diagnostic(.error, family.code(.unreadable), at: location, message, hint: hint)])
        }
        return parse(bytes, file: file, family: family)
    }

    /// A file's bytes, one more than the largest size at most; nil where it is empty or cannot be read.
    static func bytes(path: String) -> [UInt8]? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        return (try? handle.read(upToCount: DocumentLimits.bytes + 1)).map { [UInt8]($0) }
    }

    /// What the bytes are instead of UTF-8, as far as they give themselves away.
    private static func wrongEncoding(_ bytes: [UInt8]) -> (message: String, hint: String) {
        let hint = "save it as UTF-8"
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) || bytes.dropFirst().first == 0
            || bytes.first == 0
        {
            return ("the file is UTF-16 text, not UTF-8", hint)
        }
        if String(validating: bytes, as: UTF8.self) != nil {
            return ("the file holds the character U+0000", "take it out; is this a text file?")
        }
        return ("the file is not UTF-8 text", hint)
    }

    private static func firstInvalidPlace(in bytes: [UInt8]) -> (line: Int, column: Int) {
        var line = 1
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == 10 {
            if !isText(bytes[start..<index]) { break }
            line += 1
            start = index + 1
        }
        var end = start
        while end < bytes.count, bytes[end] != 10 { end += 1 }
        var column = 1
        var decoder = UTF8()
        var iterator = bytes[start..<end].makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator), scalar.value != 0 { column += 1 }
        return (line, column)
    }

    private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
    }

    /// Where the tree exceeds the limit of nesting; level by level, so that aliases are not walked twice per level.
    private static func tooDeepPlace(_ node: Node, depth: Int = 0) -> (line: Int, column: Int)? {
        if depth > DocumentLimits.nesting { return (node.mark?.line ?? 1, node.mark?.column ?? 1) }
        switch node {
        case .scalar, .alias:
            return nil
        case .sequence(let sequence):
            for child in sequence {
                if let place = tooDeepPlace(child, depth: depth + 1) { return place }
            }
        case .mapping(let mapping):
            for (key, value) in mapping {
                if let place = tooDeepPlace(key, depth: depth + 1) ?? tooDeepPlace(value, depth: depth + 1) {
                    return place
                }
            }
        }
        return nil
    }
}
