extension MapFile {
    /// A file that is looked at by itself, under the name that people gave it.
    public init(alone path: String) { self.init(path: path, name: path) }
}
