import Foundation
import LockstepContinuity
import LockstepTesting
import Testing

struct FileObjectStoreTests {
    private let folder: TemporaryFolder
    private let store: FileObjectStore

    init() throws {
        folder = try TemporaryFolder()
        store = FileObjectStore(path: folder.path + "/r")
    }

    @Test func whatAnInterruptedUploadLeftIsNoObjectAndIsSweptWhenOld() async throws {
        #expect(try await store.create("parts/x", bytes: [1, 2, 3]))
        try folder.write("half", to: "r/.uploads/0123abcd")
        #expect(try await store.list("").map(\.name) == ["parts/x"])
        let now = try await store.clock()
        #expect(try await store.sweep(before: now - 60_000_000) == 0)
        #expect(try await store.sweep(before: now + 60_000_000) == 4)
        #expect(try await store.sweep(before: now + 60_000_000) == 0)
        #expect(try await store.read("parts/x", offset: 0, count: 9) == [1, 2, 3])
    }

    @Test func nothingIsLeftBehindByUploadsThatEnd() async throws {
        #expect(try await store.create("x", bytes: [1]))
        #expect(try await !store.create("x", bytes: [1]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/r/.uploads").isEmpty)
    }

    @Test func aProcessKilledInTheMiddleOfAnUploadLeavesNoObject() async throws {
        // A pipe as the source: the upload has begun and cannot end when the signal comes.
        let result = await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(UUID().uuidString)")
                .path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            FileHandle.standardOutput.write(Data("<\(path)>".utf8))
            let source = try unlinkedFile(bytes: 64 << 20)
            let store = FileObjectStore(path: path + "/r")
            _ = try await store.create("before", bytes: [7])
            Thread.detachNewThread {
                let uploads = path + "/r/.uploads"
                while true {
                    for name in (try? FileManager.default.contentsOfDirectory(atPath: uploads)) ?? [] {
                        let facts = try? FileManager.default.attributesOfItem(atPath: uploads + "/" + name)
                        if (facts?[.size] as? Int ?? 0) > 1 << 20 { kill(getpid(), SIGKILL) }
                    }
                }
            }
            _ = try await store.create("parts/x", fromFile: source)
        }
        let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
        let path = try #require(output.split(separator: "<").last?.split(separator: ">").first.map(String.init))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = FileObjectStore(path: path + "/r")
        #expect(try await store.list("").map(\.name) == ["before"])
        #expect(try await store.facts("parts/x") == nil)
        #expect(try await store.sweep(before: try await store.clock() + 60_000_000) > 1 << 20)
        #expect(try await store.create("parts/x", bytes: [1]))
    }

    @Test func aFullDiskIsSaidAndLeavesNothing() async throws {
        await #expect(processExitsWith: .success) {
            // The largest file that this process may write: the system refuses the rest as it does on a full disk.
            signal(SIGXFSZ, SIG_IGN)
            let folder = try TemporaryFolder()
            let source = try unlinkedFile(bytes: 3 << 20)
            let store = FileObjectStore(path: folder.path + "/r")
            _ = try await store.create("before", bytes: [7])
            var limit = rlimit(rlim_cur: 2 << 20, rlim_max: 2 << 20)
            guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(3) }
            do {
                _ = try await store.create("parts/x", fromFile: source)
                exit(4)
            } catch let error as ContinuityError where error.code == .full {
                guard try await store.list("").map(\.name) == ["before"] else { exit(5) }
                let left = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/r/.uploads")
                exit(left.isEmpty ? 0 : 6)
            }
        }
    }

    @Test(.enabled(if: getuid() == 0)) func aFolderThatMayNotBeWrittenToIsForbidden() async throws {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let store = FileObjectStore(path: folder.path + "/r")
            _ = try await store.create("snapshots/x", bytes: [7])
            chmod(folder.path, 0o755)
            for name in ["r", "r/snapshots"] { chmod(folder.path + "/" + name, 0o555) }
            chmod(folder.path + "/r/snapshots/x", 0o444)
            guard seteuid(65534) == 0 else { exit(3) }
            for work in [
                { _ = try await store.create("snapshots/y", bytes: [1]) }, { try await store.delete("snapshots/x") },
            ] as [@Sendable () async throws -> Void] {
                do {
                    try await work()
                    exit(4)
                } catch let error as ContinuityError where error.code == .forbidden {
                } catch { exit(5) }
            }
            guard try await store.read("snapshots/x", offset: 0, count: 9) == [7] else { exit(6) }
            seteuid(0)
            exit(0)
        }
    }

    @Test func symbolicLinksAreRefusedWhereverTheyAre() async throws {
        #expect(try await store.create("parts/ab/x", bytes: [1]))
        let files = FileManager.default
        try folder.write("secret", to: "outside/x")
        try files.createSymbolicLink(
            atPath: folder.path + "/r/parts/link", withDestinationPath: folder.path + "/outside/x")
        try files.createSymbolicLink(atPath: folder.path + "/r/linked", withDestinationPath: folder.path + "/outside")
        #expect(await code { _ = try await store.read("parts/link", offset: 0, count: 9) } == .hostile)
        #expect(await code { _ = try await store.read("linked/x", offset: 0, count: 9) } == .hostile)
        #expect(await code { _ = try await store.facts("linked/x") } == .hostile)
        #expect(await code { _ = try await store.create("linked/y", bytes: [1]) } == .hostile)
        #expect(await code { try await store.delete("linked/x") } == .hostile)
        #expect(await code { _ = try await store.list("parts/") } == .hostile)
        #expect(await code { _ = try await store.list("") } == .hostile)
        #expect(try folder.read("outside/x") == "secret")
        #expect(!files.fileExists(atPath: folder.path + "/outside/y"))
    }

    @Test func aPipeOrAFolderInAnObjectsPlaceIsRefusedAtOnce() async throws {
        #expect(try await store.create("parts/x", bytes: [1]))
        mkfifo(folder.path + "/r/parts/pipe", 0o600)
        #expect(await code { _ = try await store.read("parts/pipe", offset: 0, count: 1) } == .hostile)
        #expect(await code { _ = try await store.read("parts", offset: 0, count: 1) } == .hostile)
        #expect(await code { _ = try await store.create("parts/x/y", bytes: [1]) } == .hostile)
    }

    @Test func whatIsNotOursInTheFolderIsLeftAlone() async throws {
        #expect(try await store.create("x", bytes: [1]))
        try folder.write("", to: "r/.DS_Store")
        try folder.write("", to: "r/a name with blanks")
        #expect(try await store.list("").map(\.name) == ["x"])
    }

    @Test func objectsCannotBeWrittenToAndOthersReadThemAsTheFolderSays() async throws {
        #expect(try await store.create("parts/x", bytes: [1]))
        #expect(try permissions("r") == 0o700)
        #expect(try permissions("r/parts/x") == 0o400)
        chmod(folder.path + "/r", 0o750)
        #expect(try await store.create("manifests/y", bytes: [1]))
        #expect(try permissions("r/manifests") == 0o750)
        #expect(try permissions("r/manifests/y") == 0o440)
    }

    @Test func aPathThatIsAFileIsNoRepository() async throws {
        try folder.write("", to: "file")
        let store = FileObjectStore(path: folder.path + "/file")
        #expect(await code { _ = try await store.list("") } == .configuration)
    }

    private func permissions(_ name: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)[.posixPermissions] as? Int ?? 0
    }
}

/// A file without a name, which cannot become an object itself and must be copied, as one of another file system; open as
/// long as the process lives.
private func unlinkedFile(bytes: Int) throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
    unlink(path)
    try #require(descriptor >= 0 && ftruncate(descriptor, bytes) == 0)
    return "/proc/self/fd/\(descriptor)"
}
