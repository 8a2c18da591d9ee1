import Glibc

/// The blocking calls of ``FileObjectStore``. Every folder on the way to an object is opened by itself, so that no
/// symbolic link leads out of the repository, also not one that appears between two calls.
struct ObjectFolder: Sendable {
    /// Holds what is not whole yet. No object's name begins with a dot.
    static let uploads = ".uploads"
    /// Touched to read the file system's clock; not an object, and kept by ``sweep(before:cancellation:)``.
    static let clockFile = "clock"
    /// Copies go through a buffer of this size.
    static let copyBytes = 1 << 20

    let path: String
    /// Whether the first object makes the folder.
    var makesRoot = true

    func fault(_ doing: String, _ object: String?, number: Int32 = errno) -> ContinuityError {
        FileFault.error(number, doing: doing, object: object, place: path)
    }

    // MARK: Folders

    /// The repository's own folder; nil where it is not there.
    func open(_ doing: String) throws -> FileDescriptor? {
        if let root = FileDescriptor.open(path: path, flags: O_RDONLY | O_DIRECTORY) { return root }
        if errno == ENOENT { return nil }
        if errno == ENOTDIR {
            throw ContinuityError(
                .configuration, doing: doing, message: "\(path) is no folder", hint: "give the path of a folder")
        }
        throw fault(doing, nil)
    }

    /// The folder that holds an object; nil where it is not there.
    func folder(of components: [String], _ doing: String, object: String) throws -> FileDescriptor? {
        guard var folder = try open(doing) else { return nil }
        for component in components.dropLast() {
            guard let next = FileDescriptor.open(component, in: folder.number, flags: O_RDONLY | O_DIRECTORY) else {
                if errno == ENOENT { return nil }
                throw fault(doing, object)
            }
            folder = next
        }
        return folder
    }

    // MARK: Reading

    func read(_ name: String, offset: Int64, count: Int) throws -> [UInt8] {
        let doing = "reading an object"
        guard let file = try openObject(name, doing) else {
            throw ContinuityError(
                .missing, doing: doing, object: name, message: "the object is not there",
                hint: "run verify to see which snapshots it belongs to")
        }
        guard let bytes = file.read(offset: offset, count: count) else { throw fault(doing, name) }
        return bytes
    }

    func facts(_ name: String) throws -> ObjectFacts? {
        let doing = "looking for an object"
        guard let file = try openObject(name, doing) else { return nil }
        guard let status = file.status() else { throw fault(doing, name) }
        return ObjectFacts(name: name, size: Int64(status.st_size), modified: status.modified)
    }

    private func openObject(_ name: String, _ doing: String) throws -> FileDescriptor? {
        try ObjectName.check(name, doing: doing)
        let components = name.split(separator: "/").map(String.init)
        guard let folder = try folder(of: components, doing, object: name), let last = components.last else {
            return nil
        }
        // Without O_NONBLOCK opening a pipe would wait for its other end.
        guard let file = FileDescriptor.open(last, in: folder.number, flags: O_RDONLY | O_NONBLOCK) else {
            if errno == ENOENT { return nil }
            throw fault(doing, name)
        }
        guard let status = file.status() else { throw fault(doing, name) }
        guard status.isRegular else { throw fault(doing, name, number: EISDIR) }
        return file
    }

    // MARK: Deleting

    func delete(_ name: String) throws {
        let doing = "deleting an object"
        try ObjectName.check(name, doing: doing)
        let components = name.split(separator: "/").map(String.init)
        guard let folder = try folder(of: components, doing, object: name), let last = components.last else { return }
        guard unlinkat(folder.number, last, 0) == 0 else {
            if errno == ENOENT { return }
            throw fault(doing, name)
        }
        guard folder.sync() else { throw fault(doing, name) }
    }

    // MARK: Unfinished uploads

    func sweep(before time: Int64, cancellation: Cancellation) throws -> Int64 {
        let doing = "removing unfinished uploads"
        guard let folder = try folder(of: [Self.uploads, ""], doing, object: Self.uploads) else { return 0 }
        var freed: Int64 = 0
        for name in try names(in: folder.number, doing, object: Self.uploads) where name != Self.clockFile {
            try cancellation.check()
            var status = stat()
            guard fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            guard status.isRegular, status.modified < time else { continue }
            guard unlinkat(folder.number, name, 0) == 0 || errno == ENOENT else { throw fault(doing, nil) }
            // A second link to an object that is there frees nothing.
            if status.st_nlink == 1 { freed += Int64(status.st_size) }
        }
        return freed
    }

    // MARK: Clock

    func clock() throws -> Int64 {
        let doing = "reading the repository's clock"
        let folder = try uploadsFolder(doing)
        let flags = O_WRONLY | O_CREAT
        guard let file = FileDescriptor.open(Self.clockFile, in: folder.number, flags: flags, mode: 0o600) else {
            throw fault(doing, nil)
        }
        // No times given: the file system's own clock sets them, over NFS the server's.
        guard futimens(file.number, nil) == 0, let status = file.status() else { throw fault(doing, nil) }
        return status.modified
    }
}
