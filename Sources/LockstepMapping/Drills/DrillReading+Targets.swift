import Yams

extension DrillReading {
    private static let example =
        "write `temporary`, `{sqlite: temporary}`, `{cluster: temporary}` or `{database: {url: …}}`"

    /// Where scratch stores are made.
    mutating func target(_ node: Node) -> DrillPlan.Target? {
        if case .scalar(let scalar) = node {
            if scalar.string == "temporary" { return .temporary }
            report(.badTarget, at: reader.location(node), "there is no such place to restore to", hint: Self.example)
            return nil
        }
        guard let fields = reader.fields(node, of: "the target", known: ["sqlite", "cluster", "database"]) else {
            return nil
        }
        guard fields.entries.count == 1, let entry = fields.entries.first else {
            report(.badTarget, at: fields.location, "the target must say one thing", hint: Self.example)
            return nil
        }
        if entry.key.value == "database" { return database(entry.value) }
        guard let text = reader.text(entry.value, of: "`\(entry.key.value)`") else { return nil }
        guard text.value == "temporary", entry.key.value == "sqlite" || entry.key.value == "cluster" else {
            report(
                .badTarget, at: text.location, "a drill restores to a temporary place only", hint: Self.example)
            return nil
        }
        return entry.key.value == "sqlite" ? .temporarySQLite : .temporaryCluster
    }

    private mutating func database(_ node: Node) -> DrillPlan.Target? {
        guard let fields = reader.fields(node, of: "`database`", known: ["url", "password"]) else { return nil }
        let password = fields["password"].flatMap { secret($0) }
        guard let node = reader.required("url", in: fields), let text = reader.text(node, of: "`url`") else {
            return nil
        }
        do {
            let url = try StoreURL(parsing: text.value, directory: directory)
            guard url.scheme == "postgresql" else {
                report(
                    .badTarget, at: text.location, "only a PostgreSQL server can be given a database for a drill",
                    hint: "for SQLite write `{sqlite: temporary}`")
                return nil
            }
            return .database(url: url, password: password)
        } catch .password {
            report(
                .secretInPlan, at: text.location, "the URL holds a password",
                hint: "leave it out and write `password: {env: NAME}` beside the URL")
        } catch {
            report(
                .badTarget, at: text.location, "the URL cannot be understood",
                hint: "write `postgresql://user@host:5432/postgres`")
        }
        return nil
    }

    private mutating func secret(_ node: Node) -> SecretReference? {
        let hint = "write `{env: NAME}`, `{file: path}` or `{command: …}`"
        if case .scalar = node {
            report(.secretInPlan, at: reader.location(node), "a password stands in the plan itself", hint: hint)
            return nil
        }
        guard let fields = reader.fields(node, of: "`password`", known: ["env", "file", "command"]) else { return nil }
        guard fields.entries.count == 1, let entry = fields.entries.first,
            let text = reader.text(entry.value, of: "`\(entry.key.value)`")
        else {
            reader.report(.badValue, at: fields.location, "`password` must have one reference", hint: hint)
            return nil
        }
        switch entry.key.value {
        case "env": return .environment(text.value)
        case "file": return .file(text.value)
        case "command": return .command(text.value)
        default: return nil
        }
    }
}
