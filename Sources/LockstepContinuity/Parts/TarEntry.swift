internal import CArchive

/// Entries of a pax tar (POSIX.1-2001, "pax Interchange Format"), made with libarchive: a regular file, mode 0644, of
/// nobody, of no time, so that the same bytes make the same entry.
enum TarEntry {
    /// Two blocks of zeros.
    static let end = [UInt8](repeating: 0, count: 1024)

    /// What stands before a file's bytes.
    static func header(name: String, size: Int64) throws -> [UInt8] {
        lockstep_use_utf8_names()
        guard let archive = archive_write_new(), let entry = archive_entry_new() else { throw failure(nil, name) }
        defer {
            archive_entry_free(entry)
            archive_write_free(archive)
        }
        let sink = Sink()
        archive_write_set_format_pax_restricted(archive)
        archive_write_add_filter_none(archive)
        archive_write_set_bytes_per_block(archive, 0)
        archive_write_set_bytes_in_last_block(archive, 1)
        let opened = lockstep_archive_open_write(archive, Unmanaged.passUnretained(sink).toOpaque()) {
            _, sink, bytes, count in
            guard let sink, let bytes else { return 0 }
            Unmanaged<Sink>.fromOpaque(sink).takeUnretainedValue().bytes
                .append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        }
        guard opened == ARCHIVE_OK else { throw failure(archive, name) }
        archive_entry_set_pathname(entry, name)
        archive_entry_set_size(entry, size)
        archive_entry_set_filetype(entry, UInt32(0o100000))
        archive_entry_set_perm(entry, 0o644)
        archive_entry_set_uid(entry, 0)
        archive_entry_set_gid(entry, 0)
        archive_entry_set_mtime(entry, 0, 0)
        guard archive_write_header(archive, entry) == ARCHIVE_OK else { throw failure(archive, name) }
        let header = sink.bytes
        // What libarchive would add at its end (the file's zeros) is none of this entry's.
        archive_write_fail(archive)
        return header
    }

    /// What stands after a file's bytes, up to a whole block of 512.
    static func padding(size: Int64) -> [UInt8] { [UInt8](repeating: 0, count: Int((512 - size % 512) % 512)) }

    private final class Sink {
        var bytes: [UInt8] = []
    }

    private static func failure(_ archive: OpaquePointer?, _ name: String) -> ContinuityError {
        let reason = archive.flatMap { archive_error_string($0) }.map { String(cString: $0) }
        return ContinuityError(
            .file, doing: "writing a part", object: name, message: reason ?? "libarchive has no memory", hint: "")
    }
}
