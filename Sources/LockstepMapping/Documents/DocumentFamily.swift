/// Which kind of file is read: problems with the file itself have the same numbers in every family of codes.
enum DocumentFamily: String {
    case map = "LS-MAP"
    case project = "LS-CFG"
    case drill = "LS-DRILL"

    /// What the file is called in messages.
    var fileName: String {
        switch self {
        case .map: "a mapping file"
        case .project: "lockstep.yaml"
        case .drill: "a drill plan"
        }
    }

    func code(_ problem: DocumentProblem) -> String {
        let number = String(problem.rawValue)
        return "\(rawValue)-\(String(repeating: "0", count: 3 - number.count))\(number)"
    }
}

/// Problems of the file itself, whatever it is for.
enum DocumentProblem: Int, CaseIterable {
    case unreadable = 1
    case tooLarge
    case wrongEncoding
    case malformedYAML
    case severalDocuments
    case duplicateKey
    case aliasExpansion
    case nestedTooDeep
    case unknownKey
    case missingKey
    case wrongType
    case badValue
}
