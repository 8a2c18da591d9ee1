import Foundation

/// A command of a plan: a shell in a process group of its own, so that it can be ended with all that it started.
struct DrillCommand: Sendable {
    /// What is kept of what it prints, as evidence; the rest is read and thrown away, so that it never waits.
    static let keptBytes = 256 << 10

    struct Outcome: Sendable {
        var exitCode: Int32?
        var timedOut = false
        var cancelled = false
        var output: [UInt8] = []
    }

    var text: String
    var environment: [String: String]
    var directory: String
    var timeoutSeconds: Int64

    /// Runs it on a thread of its own. Where the task is cancelled or the time is up, it is ended.
    func run() async -> Outcome {
        let stop = StopFlag()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue(label: "lockstep.drill-command").async {
                    continuation.resume(returning: wait(stop))
                }
            }
        } onCancel: {
            stop.set()
        }
    }

    private func wait(_ stop: StopFlag) -> Outcome {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return Outcome() }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let process = spawn(output: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        guard let process else { return Outcome() }
        var outcome = Outcome()
        let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
        var status: Int32 = 0
        while true {
            read(ends[0], into: &outcome.output)
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process { break }
            outcome.timedOut = ContinuousClock.now >= deadline
            outcome.cancelled = stop.isSet
            if outcome.timedOut || outcome.cancelled || (ended < 0 && errno != EINTR) {
                kill(-process, SIGKILL)
                while waitpid(process, &status, 0) < 0 && errno == EINTR {}
                return outcome
            }
        }
        read(ends[0], into: &outcome.output)
        // Whatever it left running in its group goes with it.
        kill(-process, SIGKILL)
        let signal = status & 0x7F
        outcome.exitCode = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        return outcome
    }

    /// Takes what is there, waiting some milliseconds where nothing is.
    private func read(_ descriptor: Int32, into output: inout [UInt8]) {
        var buffer = [UInt8](repeating: 0, count: 8192)
        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var wait: Int32 = 20
        // Bounded, so that a command which never stops printing is still seen to be over its time.
        for _ in 0..<64 where poll(&question, 1, wait) > 0 && question.revents & Int16(POLLIN) != 0 {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            output += buffer[..<min(count, max(0, Self.keptBytes - output.count))]
            wait = 0
        }
        // At the end of the pipe poll answers at once: the process is about to go.
        if question.revents & Int16(POLLHUP) != 0 { usleep(2_000) }
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
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        // The folder and the command are arguments of a fixed script, so that nothing in them needs escaping.
        let words = ["/bin/sh", "-c", "cd -- \"$1\" || exit 1; eval \"$2\"", "sh", directory, text]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process: pid_t = 0
        guard posix_spawn(&process, "/bin/sh", &actions, &attributes, &arguments, &variables) == 0 else { return nil }
        return process
    }
}
