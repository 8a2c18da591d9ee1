import Glibc

extension ObjectFolder {
    /// A repository has two levels of folders; no more than these are followed.
    static let maximumDepth = 16

    func list(_ prefix: String, cancellation: Cancellation) throws -> [ObjectFacts] {
        let doing = "listing objects"
        try ObjectName.checkPrefix(prefix, doing: doing)
        // Only the folder that the prefix names is walked.
        let start = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        let components = start.split(separator: "/").map(String.init) + [""]
        guard let folder = try folder(of: components, doing, object: prefix) else { return [] }
        var found: [ObjectFacts] = []
        try walk(folder.number, start, prefix: prefix, depth: 0, cancellation, into: &found)
        return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private func walk(
        _ folder: Int32, _ path: String, prefix: String, depth: Int, _ cancellation: Cancellation,
        into found: inout [ObjectFacts]
    ) throws {
        let doing = "listing objects"
        for entry in try names(in: folder, doing, object: path) {
            try cancellation.check()
            let name = path + entry
            // What has no name of ours (`.uploads`, `lost+found`) is nobody's object.
            guard ObjectName.isValid(name), name.hasPrefix(prefix) || prefix.hasPrefix(name + "/") else { continue }
            var status = stat()
            guard fstatat(folder, entry, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                // Deleted since.
                if errno == ENOENT { continue }
                throw fault(doing, name)
            }
            if status.isRegular {
                found.append(ObjectFacts(name: name, size: Int64(status.st_size), modified: status.modified))
            } else if status.isFolder, depth < Self.maximumDepth {
                guard let next = FileDescriptor.open(entry, in: folder, flags: O_RDONLY | O_DIRECTORY) else {
                    if errno == ENOENT { continue }
                    throw fault(doing, name)
                }
                try walk(next.number, name + "/", prefix: prefix, depth: depth + 1, cancellation, into: &found)
            } else {
                throw fault(doing, name, number: ELOOP)
            }
        }
    }

    /// The entries of an open folder, without itself and the one above.
    func names(in folder: Int32, _ doing: String, object: String) throws -> [String] {
        // The stream takes the descriptor over, so it gets one of its own.
        guard let copy = FileDescriptor.open(".", in: folder, flags: O_RDONLY | O_DIRECTORY) else {
            throw fault(doing, object)
        }
        guard let stream = fdopendir(dup(copy.number)) else { throw fault(doing, object) }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw fault(doing, object) }
        return names
    }
}
