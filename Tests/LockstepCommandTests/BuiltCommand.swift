import Foundation

/// The program as it was built beside these tests.
enum BuiltCommand {
    static let url: URL = {
        let tests =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("lockstep")
    }()
}
