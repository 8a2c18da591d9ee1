import Glibc

/// What a failed call to the operating system means for a repository.
enum FileFault {
    /// - Parameters:
    ///   - number: `errno` of the call.
    ///   - place: the folder or file of the call, for the hint.
    static func error(_ number: Int32, doing: String, object: String?, place: String) -> ContinuityError {
        let (code, hint) = meaning(number, place: place)
        return ContinuityError(
            code, doing: doing, object: object, message: String(cString: strerror(number)), hint: hint)
    }

    private static func meaning(_ number: Int32, place: String) -> (ContinuityError.Code, String) {
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            (.full, "make room in \(place); what is stored already is whole, and the next run goes on from it")
        case EACCES, EPERM, EROFS:
            (.forbidden, "check who may write to \(place), and that it is mounted for writing")
        case ENOENT:
            (.missing, "check that \(place) is there, and mounted")
        case ELOOP, ENOTDIR, EISDIR:
            (.hostile, "a repository holds only folders and regular files; look who put something else into \(place)")
        case ESTALE, ENOTCONN, EHOSTDOWN, EHOSTUNREACH, ETIMEDOUT, ENODEV, ENXIO:
            (.unreachable, "check the connection to \(place), then try again")
        default:
            (.file, "check the disk of \(place)")
        }
    }
}
