import Foundation

/// Where a project's file and folder are.
struct ProjectPlace {
    /// The folder.
    var directory: String
    /// The file.
    var file: String
    /// The file, as messages name it.
    var name: String

    init(directory: String, file: String, name: String) {
        self.directory = directory
        self.file = file
        self.name = name
    }

    /// - Parameter path: a folder, or a file in it.
    init(_ path: String) {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        if exists && isDirectory.boolValue {
            directory = path
            file = path.hasSuffix("/") ? path + "lockstep.yaml" : path + "/lockstep.yaml"
        } else {
            file = path
            directory = (path as NSString).deletingLastPathComponent
            if directory.isEmpty { directory = "." }
        }
        name = path == "." ? "lockstep.yaml" : file
    }

    /// The files that a pattern (`mappings/*.yaml`) matches, in order of their names.
    func files(matching pattern: String) -> [MapFile] {
        let isAbsolute = pattern.hasPrefix("/")
        let prefix = isAbsolute ? "" : (directory.hasSuffix("/") ? directory : directory + "/")
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(Self.escaped(prefix) + pattern, 0, nil, &result) == 0, let paths = result.gl_pathv else { return [] }
        var files: [MapFile] = []
        for index in 0..<Int(result.gl_pathc) {
            guard let pointer = paths[index] else { continue }
            let path = String(cString: pointer)
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), !isDirectory.boolValue
            else { continue }
            // What stands beside a map to test it is no map.
            guard !path.hasSuffix(MapExamples.suffix) else { continue }
            files.append(MapFile(path: path, name: String(path.dropFirst(path.hasPrefix(prefix) ? prefix.count : 0))))
        }
        return files
    }

    /// A path whose own characters mean nothing to `glob`.
    private static func escaped(_ path: String) -> String {
        var text = ""
        for character in path {
            if "*?[]\\{}".contains(character) { text.append("\\") }
            text.append(character)
        }
        return text
    }
}
