/// JSON Schemas (draft-07, which the YAML language server understands) of the files that people write, for completion
/// and checks in editors. `lockstep map schema` prints them; the shipped copies are in `mappings/schema`.
///
/// They say what can be said of a file's form. What they let through, the parser and the linter still look at.
public enum FileSchema {
    /// The name that a copy of ``map`` has beside maps.
    public static let mapFileName = "map.schema.json"
    /// The name that a copy of ``project`` has.
    public static let projectFileName = "project.schema.json"

    /// The name that a copy of ``drill`` has.
    public static let drillFileName = "drill.schema.json"

    /// The first line of a file that editors shall check with a schema.
    ///
    /// - Parameter path: where the schema is, as seen from the file.
    public static func line(path: String) -> String { "# yaml-language-server: $schema=\(path)" }
}
