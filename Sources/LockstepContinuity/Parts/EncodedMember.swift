internal import LockstepModel

/// A file of a part, ready to be stored: its tar entry as a zstd frame of its own.
public struct EncodedMember: Sendable {
    public var manifest: MemberManifest
    var frame: [UInt8]

    /// Compresses a file that is in memory. Costs CPU only, so that several can be made side by side.
    ///
    /// - Parameter rows: lines, where it holds rows or changes.
    public init(name: String, bytes: [UInt8], rows: Int64? = nil, level: Int) throws {
        precondition(MemberName.isValid(name), "members have names that archives may hold")
        manifest = MemberManifest(
            name: name, size: Int64(bytes.count), sha256: ContentDigest.hexadecimal(of: bytes), rows: rows)
        var frame: [UInt8] = []
        frame.reserveCapacity(bytes.count / 3 + 1024)
        let compressor = try ZstdFrame(level: level)
        let sink = { (piece: UnsafeRawBufferPointer) in frame.append(contentsOf: piece) }
        try compressor.update(TarEntry.header(name: name, size: manifest.size), sink)
        try compressor.update(bytes, sink)
        try compressor.update(TarEntry.padding(size: manifest.size), sink)
        try compressor.end(sink)
        self.frame = frame
    }
}
