import Foundation

/// A shell command in a process group of its own, so that it can be ended with everything that it started.
///
/// Foundation's `Process` waits for grandchildren that outlive the shell, without a limit; this does not.
struct ShellCommand {
    struct Output {
        var bytes: [UInt8]
        var succeeded: Bool
    }

    var text: String
    var environment: [String: String]
    var directory: String

    /// Reads what the command prints, up to a limit of bytes and of time; beyond either it is ended and has failed.
    ///
    /// - Returns: nil where it could not be started.
    func run(limit: Int, seconds: Int) -> Output? {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let deadline = ContinuousClock.now + .seconds(seconds)
        let process = spawn(output: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        guard let process else { return nil }
        let (bytes, isComplete) = Self.read(ends[0], limit: limit, until: deadline)
        let status = isComplete ? Self.status(of: process, until: deadline) : nil
        if let status { return Output(bytes: bytes, succeeded: status == 0) }
        kill(-process, SIGKILL)
        var ignored: Int32 = 0
        while waitpid(process, &ignored, 0) < 0 && errno == EINTR {}
        return Output(bytes: bytes, succeeded: false)
    }

    /// How the shell ended; nil where it goes on beyond the deadline although it prints nothing more.
    private static func status(of process: pid_t, until deadline: ContinuousClock.Instant) -> Int32? {
        var status: Int32 = 0
        while true {
            let result = waitpid(process, &status, WNOHANG)
            if result == process { return status }
            if result < 0 && errno != EINTR { return -1 }
            guard ContinuousClock.now < deadline else { return nil }
            usleep(2_000)
        }
    }

    private func spawn(output: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
        defer { posix_spawn_file_actions_destroy(&actions) }
        guard posix_spawnattr_init(&attributes) == 0 else { return nil }
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        // The folder and the command are arguments of a fixed script, so that nothing in them needs escaping.
        let script = "cd -- \"$1\" || exit 1; eval \"$2\""
        let words: [String] = ["/bin/sh", "-c", script, "sh", directory, text]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process: pid_t = 0
        guard posix_spawn(&process, "/bin/sh", &actions, &attributes, &arguments, &variables) == 0 else { return nil }
        return process
    }

    /// Reads to the end, the limit or the deadline; complete only at the end.
    private static func read(
        _ descriptor: Int32, limit: Int, until deadline: ContinuousClock.Instant
    ) -> (bytes: [UInt8], isComplete: Bool) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let left = (deadline - ContinuousClock.now).components
            guard left.seconds >= 0, left.attoseconds >= 0 else { return (bytes, false) }
            var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let answer = poll(&question, 1, Int32(left.seconds) * 1000 + 1000)
            if answer == 0 || (answer < 0 && errno == EINTR) { continue }
            guard answer > 0 else { return (bytes, false) }
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return (bytes, count == 0) }
            bytes += buffer[..<count]
        }
        return (bytes, false)
    }
}
