import Foundation
import LockstepMapping

extension Project {
    /// Reads a project that may have no maps yet: they are what is about to be made.
    static func openBeforeMaps(_ options: CommonOptions) throws -> Project {
        let loaded = ProjectConfiguration.load(try find(options.project))
        let errors = loaded.diagnostics.filter { $0.severity == .error }
        guard let configuration = loaded.partial, !errors.isEmpty,
            errors.allSatisfy({ $0.code == ProjectCode.noMaps.rawValue })
        else { return try open(options) }
        return Project(configuration: configuration, environment: ProcessInfo.processInfo.environment)
    }
}
