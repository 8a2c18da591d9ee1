extension MapDefinition {
    /// Reads a file that stands by itself, named in messages as people named it.
    public static func load(alone path: String, stores: [String]? = nil) -> LoadedMap {
        load(MapFile(path: path, name: path), stores: stores)
    }
}
