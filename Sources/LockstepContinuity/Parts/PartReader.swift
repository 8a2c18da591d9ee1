internal import CArchive
internal import Foundation

/// Reads a part from a file and believes nothing that its manifest does not say: these members, in this order, of these
/// sizes and digests, regular files all, and nothing before, between or after them.
///
/// Blocks on the file: use it on a ``DedicatedThread``. Memory: a few blocks of a megabyte and zstd's window.
public final class PartReader {
    private let manifest: PartManifest
    private let stream: PlainStream
    private let archive: OpaquePointer
    private var next = 0
    private var digest = ContentDigest()
    private var remaining: Int64 = 0
    private var isInMember = false

    /// - Parameters:
    ///   - path: the stored bytes, already known to be those of the part's digest.
    ///   - keyring: opens parts that are sealed.
    public init(path: String, manifest: PartManifest, keyring: Keyring) throws {
        self.manifest = manifest
        lockstep_use_utf8_names()
        stream = try PlainStream(path: path, object: manifest.object.name, keyring: keyring)
        guard let archive = archive_read_new() else {
            throw ContinuityError(.file, doing: "reading a part", message: "libarchive has no memory", hint: "")
        }
        self.archive = archive
        archive_read_support_format_tar(archive)
        archive_read_support_filter_none(archive)
        let source = Unmanaged.passUnretained(stream).toOpaque()
        let opened = lockstep_archive_open_read(archive, source) { archive, source, block in
            guard let source, let block else { return -1 }
            let count = Unmanaged<PlainStream>.fromOpaque(source).takeUnretainedValue().fill(block)
            // Without a code of its own, libarchive takes the failure for an end.
            if count < 0 { lockstep_archive_fail(archive, "its bytes cannot be read") }
            return count
        }
        guard opened == ARCHIVE_OK else { throw failure() }
    }

    deinit { archive_read_free(archive) }

    /// Goes on to the next member; the rest of the one before is read and checked.
    ///
    /// - Returns: nil after the last one, when nothing else was found in the part.
    public func nextMember() throws -> MemberManifest? {
        if isInMember { try skipRest() }
        var entry: OpaquePointer?
        let result = archive_read_next_header(archive, &entry)
        guard result != ARCHIVE_EOF else {
            guard next == manifest.members.count else { throw damaged("it ends before \(missingName)") }
            try stream.finish()
            return nil
        }
        guard result == ARCHIVE_OK, let entry else { throw failure() }
        let name = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
        guard next < manifest.members.count else { throw hostile("it holds more than its manifest names") }
        let member = manifest.members[next]
        guard name == member.name, MemberName.isValid(name) else {
            throw hostile("it holds a file that its manifest does not name there")
        }
        guard archive_entry_filetype(entry) == 0o100000, archive_entry_hardlink(entry) == nil,
            archive_entry_symlink(entry) == nil
        else { throw hostile("\(name) is no regular file") }
        guard archive_entry_size(entry) == member.size else { throw damaged("\(name) is not of its size") }
        next += 1
        digest = ContentDigest()
        remaining = member.size
        isInMember = true
        return member
    }

    /// Reads a piece of the member, a megabyte at most.
    ///
    /// - Returns: no bytes at its end, when its size and digest were right.
    public func read() throws -> [UInt8] {
        guard isInMember else { return [] }
        var block = [UInt8](repeating: 0, count: Int(min(1 << 20, max(1, remaining))))
        let count = archive_read_data(archive, &block, block.count)
        guard count >= 0 else { throw failure() }
        let name = manifest.members[next - 1].name
        remaining -= Int64(count)
        guard remaining >= 0 else { throw damaged("\(name) is longer than its manifest says") }
        if count == 0 {
            guard remaining == 0 else { throw damaged("\(name) is cut off") }
            guard digest.hexadecimal() == manifest.members[next - 1].sha256 else {
                throw damaged("\(name) is not what was stored: its digest is another one")
            }
            isInMember = false
            return []
        }
        block.removeLast(block.count - count)
        digest.update(block)
        return block
    }

    private func skipRest() throws {
        while try !read().isEmpty {}
    }

    private var missingName: String { next < manifest.members.count ? manifest.members[next].name : "its end" }

    private func failure() -> any Error {
        if let error = stream.failure { return error }
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "it is no archive"
        return damaged("it is damaged: \(reason)")
    }

    private func damaged(_ message: String) -> ContinuityError {
        ContinuityError(
            .damaged, doing: "reading a part", object: manifest.object.name, message: message,
            hint: "take another copy of the repository, or an older snapshot")
    }

    private func hostile(_ message: String) -> ContinuityError {
        ContinuityError(
            .hostile, doing: "reading a part", object: manifest.object.name, message: message,
            hint: "no backup writes this: find out who changed the repository")
    }
}

/// A part's bytes, opened and decompressed, as libarchive pulls them.
private final class PlainStream {
    private let descriptor: Int32
    private let object: String
    private var opener: Opener
    private let decompressor: ZstdReader
    private var stored = [UInt8](repeating: 0, count: 1 << 18)
    /// Opened, not yet decompressed: from `taken` on.
    private var opened: [UInt8] = []
    private var taken = 0
    private let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    private var isAtEnd = false
    /// Zeros that everything so far ends with, counted up to the two blocks that an archive ends with.
    private var trailingZeros = 0
    /// What went wrong while libarchive pulled.
    private(set) var failure: (any Error)?

    init(path: String, object: String, keyring: Keyring) throws {
        self.object = object
        decompressor = try ZstdReader(object: object)
        opener = Opener(keyring, objectName: object)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw PartFile.failure(path) }
    }

    deinit {
        Foundation.close(descriptor)
        plain.deallocate()
    }

    /// - Returns: how many bytes there are at `block`; 0 at the end, negative after a failure.
    func fill(_ block: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
        do {
            let count = try next()
            countZeros(count)
            block.pointee = UnsafeRawPointer(plain.baseAddress)
            return count
        } catch {
            failure = error
            return -1
        }
    }

    /// Reads what is left, which may only be zeros, and proves that the stream was whole.
    func finish() throws {
        while case let count = try next(), count > 0 {
            countZeros(count)
            guard plain.prefix(count).allSatisfy({ $0 == 0 }) else {
                throw ContinuityError(
                    .hostile, doing: "reading a part", object: object, message: "something stands behind its end",
                    hint: "no backup writes this: find out who changed the repository")
            }
        }
        guard trailingZeros >= TarEntry.end.count else {
            throw ContinuityError(
                .damaged, doing: "reading a part", object: object, message: "it is cut off before its end",
                hint: "take another copy of the repository, or an older snapshot")
        }
    }

    private func countZeros(_ count: Int) {
        guard count > 0 else { return }
        let zeros = plain.prefix(count).suffix(TarEntry.end.count).reversed().prefix { $0 == 0 }.count
        trailingZeros = zeros == count ? trailingZeros + zeros : zeros
    }

    private func next() throws -> Int {
        while true {
            if taken < opened.count {
                let (used, written) = try opened.withUnsafeBytes {
                    try decompressor.update(UnsafeRawBufferPointer(rebasing: $0[taken...]), into: plain)
                }
                taken += used
                if written > 0 { return written }
                if used > 0 { continue }
            }
            if isAtEnd {
                // What the decoder still holds back comes without input.
                let (_, written) = try decompressor.update(UnsafeRawBufferPointer(start: nil, count: 0), into: plain)
                if written == 0 { try decompressor.finish() }
                return written
            }
            try pull()
        }
    }

    private func pull() throws {
        opened.removeFirst(taken)
        taken = 0
        let count = read(descriptor, &stored, stored.count)
        if count < 0 && errno == EINTR { return }
        guard count >= 0 else { throw PartFile.failure(object) }
        do {
            if count == 0 {
                isAtEnd = true
                try opener.finish(into: &opened)
            } else {
                try stored.withUnsafeBytes {
                    try opener.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count)), into: &opened)
                }
            }
        } catch var error as ContinuityError {
            error.object = object
            throw error
        }
    }
}
