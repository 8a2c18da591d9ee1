/// Why a command could not do what it was asked, as people and programs are told. Never holds field values or secrets.
struct Failure: Error, Sendable {
    /// A stable code. Static members, so that it can grow.
    struct Code: Sendable, Hashable {
        let text: String

        /// The command line cannot be read, or names something that the project does not have.
        static let usage = Code(text: "LS-USAGE")
        /// There is no `lockstep.yaml` here or above.
        static let noProject = Code(text: "LS-CMD-NO-PROJECT")
        /// `lockstep.yaml` names no repository, or not all that is needed to open it.
        static let noRepository = Code(text: "LS-CMD-NO-REPOSITORY")
        /// What is to be signed cannot be: the project has no key.
        static let noKey = Code(text: "LS-CMD-NO-KEY")
        /// A file of the project is not what its name says.
        static let unreadable = Code(text: "LS-CMD-UNREADABLE")
        /// `lockstep.yaml` or a map has errors.
        static let invalidProject = Code(text: "LS-CMD-INVALID-PROJECT")
        /// A file that would be made is there already.
        static let exists = Code(text: "LS-CMD-EXISTS")
        /// A file or folder of the project cannot be made or written.
        static let cannotWrite = Code(text: "LS-CMD-CANNOT-WRITE")
        /// The command needs `--yes`.
        static let unconfirmed = Code(text: "LS-CMD-UNCONFIRMED")
        /// Nothing was synced yet, so there is nothing to work on.
        static let neverSynced = Code(text: "LS-CMD-NEVER-SYNCED")
        /// What was asked for does not fit the conflict's status.
        static let wrongStatus = Code(text: "LS-CMD-WRONG-STATUS")
        /// Somebody stopped the command.
        static let interrupted = Code(text: "LS-CMD-INTERRUPTED")
        /// An error that the program does not know.
        static let unexpected = Code(text: "LS-CMD-UNEXPECTED")
    }

    var code: String
    var message: String
    /// What a person can do about it.
    var hint: String
    var status: ExitStatus
    /// Everything that is wrong, where the failure is about files.
    var findings: [Finding] = []

    init(code: String, message: String, hint: String, status: ExitStatus, findings: [Finding] = []) {
        self.code = code
        self.message = message
        self.hint = hint
        self.status = status
        self.findings = findings
    }

    init(_ code: Code, _ message: String, hint: String, status: ExitStatus = .failed, findings: [Finding] = []) {
        self.init(code: code.text, message: message, hint: hint, status: status, findings: findings)
    }
}
