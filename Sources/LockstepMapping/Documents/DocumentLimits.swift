/// What a file that people write may grow to; beyond, it is refused instead of read.
enum DocumentLimits {
    /// The largest project files people write have some thousand lines; 4 MiB are some 50,000.
    static let bytes = 4 << 20
    /// Maps and projects mean nothing below six levels.
    static let nesting = 32
    /// Bytes that a file may stand for once its aliases are written out.
    static let expandedBytes = 16 << 20
    /// Problems reported of one file: more help nobody.
    static let diagnostics = 500
}
