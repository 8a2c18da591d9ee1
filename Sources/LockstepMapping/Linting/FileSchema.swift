/// JSON Schemas (draft-07, which the YAML language server understands) of the files that people write, for completion
/// and checks in editors. `lockstep map schema` prints them; the shipped copies are in `mappings/schema`.
public enum FileSchema {
    /// Of a mapping file.
    public static let map = "{}\n"
    /// Of `lockstep.yaml`.
    public static let project = "{}\n"
}
