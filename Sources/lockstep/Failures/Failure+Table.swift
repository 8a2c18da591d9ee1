import ConnectorKit
import Foundation
import LockstepContinuity
import LockstepMapping
import LockstepState
import LockstepSync

/// The one place where the errors of all rooms become exit codes.
extension Failure {
    /// - Parameter wasInterrupted: somebody asked to stop, so that whatever broke off did so for that.
    init(reporting error: any Error, wasInterrupted: Bool) {
        if wasInterrupted || error is CancellationError {
            self.init(
                .interrupted, "stopped; nothing is half done",
                hint: "the next run goes on where this one stopped", status: .interrupted)
            return
        }
        switch error {
        case let error as Failure: self = error
        case let error as ConnectorError: self.init(error)
        case let error as StateError: self.init(error)
        case let error as SyncError:
            self.init(code: error.code.text, message: error.message, hint: error.hint, status: .failed)
        case let error as ContinuityError: self.init(error)
        case let error as SecretError:
            self.init(code: error.code, message: error.message, hint: error.hint, status: .credentials)
        default:
            self.init(
                .unexpected, "an unexpected error: \(type(of: error))",
                hint: "please report it with the command that was run")
        }
    }

    private init(_ error: ConnectorError) {
        let place = error.entity.map { " (\($0))" } ?? ""
        let status: ExitStatus =
            switch error.code {
            case .credentials: .credentials
            case .inUse: .locked
            default: .failed
            }
        self.init(
            code: error.code.text, message: "\(error.doing)\(place): \(error.message)", hint: error.hint,
            status: status)
    }

    private init(_ error: ContinuityError) {
        let place = error.object.map { " (\($0))" } ?? ""
        let status: ExitStatus =
            switch error.code {
            case .noRepository: .noProject
            case .wrongKey, .badKey: .credentials
            case .statement: .usage
            default: .failed
            }
        self.init(
            code: error.code.text, message: "\(error.doing)\(place): \(error.message)", hint: error.hint,
            status: status)
    }

    private init(_ error: StateError) {
        self.init(
            code: error.code.text, message: error.message, hint: error.hint,
            status: error.code == .locked ? .locked : .failed)
    }
}
