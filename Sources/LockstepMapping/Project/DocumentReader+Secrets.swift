import Yams

extension DocumentReader {
    /// Where a secret is kept; one that stands in the file itself is an error.
    mutating func secret(_ node: Node, of what: String) -> SecretReference? {
        let hint = "write `{env: NAME}`, `{file: path}` or `{command: …}`"
        if case .scalar = node {
            report(
                ProjectCode.literalSecret.rawValue, at: location(node), "a secret stands in the file itself", hint: hint
            )
            return nil
        }
        guard let fields = fields(node, of: what, known: ["env", "file", "command"]) else { return nil }
        guard fields.entries.count == 1, let entry = fields.entries.first else {
            report(.badValue, at: fields.location, "\(what) must have one reference", hint: hint)
            return nil
        }
        guard let text = text(entry.value, of: "`\(entry.key.value)`") else { return nil }
        switch entry.key.value {
        case "env": return .environment(text.value)
        case "file": return .file(text.value)
        case "command": return .command(text.value)
        default: return nil
        }
    }

    /// Settings by name; none may be a secret.
    mutating func options(_ node: Node) -> [String: String] {
        var options: [String: String] = [:]
        for entry in entries(node, of: "`options`") ?? [] {
            let name = entry.key.value.lowercased()
            if ["password", "secret", "token"].contains(where: { name.contains($0) }) {
                report(
                    ProjectCode.literalSecret.rawValue, at: entry.key.location,
                    "option `\(entry.key.value)` may hold a secret",
                    hint: "write `password: {env: NAME}` beside the URL")
            } else if let scalar = scalar(entry.value, of: "option `\(entry.key.value)`") {
                options[entry.key.value] = scalar.text
            }
        }
        return options
    }
}
