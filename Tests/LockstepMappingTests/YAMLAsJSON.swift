import Foundation
import Testing
import Yams

/// A YAML document as editors hand it to a JSON Schema: plain scalars have the types of YAML 1.2's core schema.
enum YAMLAsJSON {
    static func text(_ yaml: String) throws -> String {
        let node = try #require(try Yams.compose(yaml: yaml))
        let data = try JSONSerialization.data(withJSONObject: value(node), options: [.sortedKeys, .fragmentsAllowed])
        return String(decoding: data, as: UTF8.self)
    }

    private static func value(_ node: Node) -> Any {
        switch node {
        case .mapping(let mapping):
            return Dictionary(mapping.map { ($0.key.scalar?.string ?? "", value($0.value)) }) { first, _ in first }
        case .sequence(let sequence): return sequence.map { value($0) }
        case .scalar(let scalar): return value(scalar)
        case .alias: return NSNull()
        }
    }

    private static func value(_ scalar: Node.Scalar) -> Any {
        guard scalar.style == .plain || scalar.style == .any else { return scalar.string }
        switch scalar.string {
        case "", "~", "null", "Null", "NULL": return NSNull()
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        default: break
        }
        if let number = Int(scalar.string) { return number }
        let isNumber = scalar.string.wholeMatch(of: /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/) != nil
        if isNumber, let number = Double(scalar.string) { return number }
        return scalar.string
    }
}
