internal import ConnectorKit
internal import LockstepModel

/// What `psql` reads to load a store's rows and to set its sequences, for those who have no Lockstep.
enum LoadScript {
    /// The script's name among the schema's: `schema/STORE/load.sql`.
    static let section = "load"

    /// - Returns: nil for stores of an engine that does not read rows as they are archived.
    static func text(_ store: StoreManifest) -> String? {
        guard store.schema.engine == "PostgreSQL" else { return nil }
        var script = """
            \\set ON_ERROR_STOP on
            SET client_encoding = 'UTF8';

            """
        for table in store.tables {
            guard let archived = store.schema.table(table.name) else { continue }
            let fields = archived.entity.fields.map { quoted($0.name, "\"") }
            let list = fields.isEmpty ? "" : " (\(fields.joined(separator: ", ")))"
            for member in table.members { script += "\\copy \(archived.sqlName)\(list) from '\(member)'\n" }
        }
        for sequence in store.sequences {
            let name = quoted(sequence.sqlName, "'")
            script +=
                "SELECT pg_catalog.setval(\(name)::pg_catalog.regclass, \(sequence.last), \(sequence.isCalled));\n"
        }
        return script
    }

    private static func quoted(_ text: String, _ quote: String) -> String {
        quote + text.replacing(quote, with: quote + quote) + quote
    }
}
