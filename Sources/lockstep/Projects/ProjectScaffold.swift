import Foundation
import LockstepMapping
import SQLiteAccess

/// The files of a new project.
struct ProjectScaffold: Sendable {
    enum Content: Sendable {
        case text(String)
        /// A SQLite file that these statements make.
        case database(String)
    }

    /// Where a project keeps what editors check its files with.
    static let schemaFolder = "schema"

    /// The first line of a map in a project's `mappings` folder.
    static let mapSchemaLine = FileSchema.line(path: "../\(schemaFolder)/\(FileSchema.mapFileName)")

    static let schemas: [(name: String, content: Content)] = [
        ("\(schemaFolder)/\(FileSchema.mapFileName)", .text(FileSchema.map)),
        ("\(schemaFolder)/\(FileSchema.projectFileName)", .text(FileSchema.project)),
    ]

    /// In the order in which people are told of them.
    var files: [(name: String, content: Content)]

    /// What people are told to do next, a line each; empty for the usual next steps.
    var advice: [String] = []

    var names: [String] { files.map(\.name) }

    /// Writes all files, or none where one is there already.
    func write(to folder: String) throws {
        let manager = FileManager.default
        for name in names where manager.fileExists(atPath: Project.join(folder, name)) {
            throw Failure(
                .exists, "\(Project.join(folder, name)) is there already",
                hint: "nothing was written; name another folder: `lockstep init FOLDER`")
        }
        var written: [String] = []
        do {
            for file in files {
                let path = Project.join(folder, file.name)
                try manager.createDirectory(
                    atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
                written.append(path)
                switch file.content {
                case .text(let text): try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
                case .database(let sql): try Self.makeDatabase(path, sql)
                }
            }
        } catch {
            for path in written { try? manager.removeItem(atPath: path) }
            throw Failure(
                .cannotWrite, "the project cannot be written to \(folder)",
                hint: "is there space, and may this user write there?")
        }
    }

    private static func makeDatabase(_ path: String, _ sql: String) throws {
        let database = try SQLiteDatabase(path: path, mode: .create)
        defer { database.close() }
        try database.execute(sql)
    }
}
