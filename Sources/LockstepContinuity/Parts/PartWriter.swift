internal import ConnectorKit
internal import Foundation

/// A finished part in the spool folder.
public struct SpooledPart: Sendable {
    public var path: String
    public var manifest: PartManifest
}

/// Puts members together to parts: plain multi-frame `.tar.zst` files (sealed where asked) of some 48 MiB, each with a
/// README and SHA256SUMS, so that each can be used alone. Members stand in the order in which they were appended.
///
/// Memory: one block of a megabyte; members bring their own frames.
public actor PartWriter {
    public struct Settings: Sendable {
        public var sealing: Sealing
        /// zstd's: 1 to 19.
        public var level: Int
        /// What `README.txt` says.
        public var readme: String
        /// Where parts are made; the caller takes them away.
        public var folder: String
        /// The name of the part's file where there is only one; nil where there may be several.
        public var fileName: String?
        /// A part ends with the member that makes it this large, in stored bytes.
        public var partBytes = 48 << 20

        public init(sealing: Sealing, level: Int, readme: String, folder: String) {
            self.sealing = sealing
            self.level = level
            self.readme = readme
            self.folder = folder
        }
    }

    private let thread = DedicatedThread("archive.parts")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    private let settings: Settings
    private var file: PartFile?
    private var members: [MemberManifest] = []
    private var count = 0

    public init(_ settings: Settings) { self.settings = settings }

    /// Adds a member.
    ///
    /// - Returns: the part that it completed, if it did.
    public func append(_ member: EncodedMember) throws -> SpooledPart? {
        try begin()
        try file?.write(member.frame)
        members.append(member.manifest)
        return isFull ? try close() : nil
    }

    /// Adds a stretch of a file as a member.
    ///
    /// - Returns: the part that it completed, if it did.
    public func append(_ cut: FileCut) throws -> SpooledPart? {
        try begin()
        members.append(try copy(cut))
        return isFull ? try close() : nil
    }

    /// Ends the part that is open.
    ///
    /// - Returns: nil where nothing is open.
    public func close() throws -> SpooledPart? {
        guard var file else { return nil }
        var sums = ""
        for member in members { sums += "\(member.sha256)  \(member.name)\n" }
        let list = try EncodedMember(name: MemberName.sums, bytes: Array(sums.utf8), level: settings.level)
        members.append(list.manifest)
        try file.write(list.frame)
        let compressor = try ZstdFrame(level: settings.level)
        try compressor.update(TarEntry.end) { try file.write($0) }
        try compressor.end { try file.write($0) }
        let digest = try file.finish()
        let name = "parts/\(digest.prefix(2))/\(digest).tar.zst\(settings.sealing.suffix)"
        let part = SpooledPart(
            path: file.path,
            manifest: PartManifest(
                object: ObjectReference(name: name, size: file.size, sha256: digest), members: members))
        self.file = nil
        members = []
        return part
    }

    /// Gives up what is open.
    public func abandon() {
        file?.abandon()
        file = nil
        members = []
    }

    private var isFull: Bool { (file?.size ?? 0) >= Int64(settings.partBytes) }

    private func begin() throws {
        guard file == nil else { return }
        count += 1
        let name = settings.fileName ?? "part-\(count).tmp"
        var file = try PartFile(path: "\(settings.folder)/\(name)", sealing: settings.sealing)
        let readme = try EncodedMember(
            name: MemberName.readme, bytes: Array(settings.readme.utf8), level: settings.level)
        try file.write(readme.frame)
        members = [readme.manifest]
        self.file = file
    }

    private func copy(_ cut: FileCut) throws -> MemberManifest {
        let source = open(cut.path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw PartFile.failure(cut.path) }
        defer { Foundation.close(source) }
        guard var file else { throw PartFile.failure(cut.path) }
        defer { self.file = file }
        var digest = ContentDigest()
        let compressor = try ZstdFrame(level: settings.level, workers: 2)
        let sink = { (piece: UnsafeRawBufferPointer) in try file.write(piece) }
        try compressor.update(TarEntry.header(name: cut.name, size: cut.size), sink)
        var block = [UInt8](repeating: 0, count: 1 << 20)
        var done: Int64 = 0
        while done < cut.size {
            let wanted = Int(min(Int64(block.count), cut.size - done))
            let got = pread(source, &block, wanted, Int(cut.offset + done))
            if got < 0 && errno == EINTR { continue }
            try Task.checkCancellation()
            guard got > 0 else { throw cut.isShorter }
            try block.withUnsafeBytes { bytes in
                let piece = UnsafeRawBufferPointer(rebasing: bytes.prefix(got))
                digest.update(piece)
                try compressor.update(piece, sink)
            }
            done += Int64(got)
        }
        try compressor.update(TarEntry.padding(size: cut.size), sink)
        try compressor.end(sink)
        return MemberManifest(name: cut.name, size: cut.size, sha256: digest.hexadecimal())
    }
}
