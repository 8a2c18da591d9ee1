import Glibc

extension ObjectFolder {
    /// What an object is made of.
    enum Content: Sendable {
        case bytes([UInt8])
        /// The path of a file, read as it is now.
        case file(String)
    }

    /// Makes an object, durable on return, also where it was there: whoever made it may not have synced its folder yet.
    ///
    /// - Returns: false where there is an object of that name.
    func create(_ name: String, _ content: Content, cancellation: Cancellation) throws -> Bool {
        let doing = "storing an object"
        try ObjectName.check(name, doing: doing)
        let components = name.split(separator: "/").map(String.init)
        guard let last = components.last else { return false }
        let uploads = try uploadsFolder(doing)
        let folder = try makeFolder(Array(components.dropLast()), doing, object: name)
        // The name is taken for good: no need to write the bytes first.
        var status = stat()
        if fstatat(folder.number, last, &status, AT_SYMLINK_NOFOLLOW) == 0 {
            guard folder.sync() else { throw fault(doing, name) }
            return false
        }
        let temporary = RandomName.hex(bytes: 16)
        // Where deleting is forbidden the temporary name stays: a second link to the object, or garbage.
        defer { unlinkat(uploads.number, temporary, 0) }
        try write(content, to: temporary, in: uploads.number, name: name, cancellation: cancellation)
        let isMade = try publish(temporary, in: uploads.number, as: last, in: folder.number, name: name)
        guard folder.sync() else { throw fault(doing, name) }
        return isMade
    }

    /// The folder of unfinished uploads, made where it is missing, with the repository's own.
    func uploadsFolder(_ doing: String) throws -> FileDescriptor {
        try makeRoot(doing)
        return try makeFolder([Self.uploads], doing, object: nil)
    }

    /// Makes the folder itself, with those above it, readable by its owner only.
    private func makeRoot(_ doing: String) throws {
        if try open(doing) != nil { return }
        guard makesRoot else {
            throw ContinuityError(
                .unreachable, doing: doing, object: path, message: "the repository's folder is not there any more",
                hint: "is its disk mounted?")
        }
        var made = ""
        for component in path.split(separator: "/") {
            let parent = made.isEmpty ? "/" : made
            made += "/\(component)"
            if mkdir(made, 0o700) == 0 {
                guard let folder = FileDescriptor.open(path: parent, flags: O_RDONLY | O_DIRECTORY), folder.sync()
                else {
                    throw fault(doing, nil)
                }
            } else if errno != EEXIST && errno != EISDIR {
                throw fault(doing, nil)
            }
        }
    }

    /// Makes the folders below the repository's own, with its permissions. Each is synced into the one above it, also
    /// where another writer has just made it.
    private func makeFolder(_ components: [String], _ doing: String, object: String?) throws -> FileDescriptor {
        guard var folder = try open(doing) else { throw fault(doing, object, number: ENOENT) }
        guard let mode = folder.status()?.st_mode else { throw fault(doing, object) }
        for component in components {
            if mkdirat(folder.number, component, mode & 0o777) != 0, errno != EEXIST { throw fault(doing, object) }
            guard folder.sync() else { throw fault(doing, object) }
            guard let next = FileDescriptor.open(component, in: folder.number, flags: O_RDONLY | O_DIRECTORY) else {
                throw fault(doing, object)
            }
            folder = next
        }
        return folder
    }

    private func write(
        _ content: Content, to temporary: String, in uploads: Int32, name: String, cancellation: Cancellation
    ) throws {
        let doing = "storing an object"
        let mode = try objectMode(doing)
        if case .file(let source) = content, try adopt(source, as: temporary, in: uploads, name: name, mode: mode) {
            return
        }
        let flags = O_WRONLY | O_CREAT | O_EXCL
        guard let file = FileDescriptor.open(temporary, in: uploads, flags: flags, mode: mode) else {
            throw fault(doing, name)
        }
        switch content {
        case .bytes(let bytes):
            guard file.write(bytes) else { throw fault(doing, name) }
        case .file(let source):
            try copy(source, to: file, name: name, cancellation: cancellation)
        }
        // Also what the system finds out only when it writes the pages back (a full network disk) is told here.
        guard fsync(file.number) == 0 else { throw fault(doing, name) }
    }

    /// Lets a file be the object itself, where it is on the same file system and there are links.
    ///
    /// - Returns: false where it must be copied.
    private func adopt(
        _ source: String, as temporary: String, in uploads: Int32, name: String, mode: mode_t
    ) throws -> Bool {
        guard linkat(AT_FDCWD, source, uploads, temporary, AT_SYMLINK_FOLLOW) == 0 else { return false }
        guard let file = FileDescriptor.open(temporary, in: uploads, flags: O_RDONLY),
            fchmod(file.number, mode) == 0, fsync(file.number) == 0
        else { throw fault("storing an object", name) }
        return true
    }

    /// Whoever may read the folder may read its objects; nobody may write to them.
    private func objectMode(_ doing: String) throws -> mode_t {
        guard let root = try open(doing), let status = root.status() else { throw fault(doing, nil) }
        return status.st_mode & 0o444
    }

    private func copy(
        _ source: String, to file: borrowing FileDescriptor, name: String, cancellation: Cancellation
    ) throws {
        guard let input = FileDescriptor.open(path: source, flags: O_RDONLY) else { throw sourceFault(source) }
        var offset: Int64 = 0
        while true {
            try cancellation.check()
            guard let bytes = input.read(offset: offset, count: Self.copyBytes) else { throw sourceFault(source) }
            guard !bytes.isEmpty else { return }
            guard file.write(bytes) else { throw fault("storing an object", name) }
            offset += Int64(bytes.count)
        }
    }

    private func sourceFault(_ source: String) -> ContinuityError {
        ContinuityError(
            .file, doing: "reading a file to store", object: source, message: String(cString: strerror(errno)),
            hint: "check the disk and the temporary folder of this machine")
    }

    /// Gives the temporary file its name, if that is free.
    private func publish(
        _ temporary: String, in uploads: Int32, as last: String, in folder: Int32, name: String
    ) throws -> Bool {
        if linkat(uploads, temporary, folder, last, 0) == 0 { return true }
        if errno == EEXIST { return false }
        let refusal = errno
        guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK].contains(refusal) else { throw fault("storing an object", name) }
        throw ContinuityError(
            .configuration, doing: "storing an object", object: name,
            message: "the file system of \(path) has no hard links, and no other safe way to name a file only once",
            hint: "put the repository on a file system with hard links (ext4, XFS, Btrfs, ZFS, NFS)")
    }
}
