/// Every code that `lockstep.yaml` can get. Codes never change their meaning.
public enum ProjectCode: String, Sendable, Hashable, CaseIterable {
    case unreadable = "LS-CFG-001"
    case tooLarge = "LS-CFG-002"
    case wrongEncoding = "LS-CFG-003"
    case malformedYAML = "LS-CFG-004"
    case severalDocuments = "LS-CFG-005"
    case duplicateKey = "LS-CFG-006"
    case aliasExpansion = "LS-CFG-007"
    case nestedTooDeep = "LS-CFG-008"
    case unknownKey = "LS-CFG-009"
    case missingKey = "LS-CFG-010"
    case wrongType = "LS-CFG-011"
    case badValue = "LS-CFG-012"

    case badName = "LS-CFG-020"
    case literalSecret = "LS-CFG-021"
    case secretInURL = "LS-CFG-022"
    case badURL = "LS-CFG-023"
    case unknownStore = "LS-CFG-024"
    case sameStore = "LS-CFG-025"
    case noMaps = "LS-CFG-026"
    case badSchedule = "LS-CFG-027"
    case badPartitions = "LS-CFG-028"
    case badRepository = "LS-CFG-029"

    case secretUnavailable = "LS-CFG-040"

    /// What the code stands for, for the list of codes in the documentation.
    public var meaning: String {
        switch self {
        case .unreadable: "The file cannot be read."
        case .tooLarge: "The file is larger than a file that people write may be."
        case .wrongEncoding: "The file is not UTF-8 text."
        case .malformedYAML: "The file is not valid YAML."
        case .severalDocuments: "The file holds more than one YAML document, or none."
        case .duplicateKey: "A key stands twice in the same place."
        case .aliasExpansion: "Anchors and aliases expand to far more than what is written."
        case .nestedTooDeep: "The file is nested deeper than anything that means something."
        case .unknownKey: "There is no such key here."
        case .missingKey: "A key that must be there is missing."
        case .wrongType: "A mapping, a list or a single value stands where another of them must."
        case .badValue: "A value is none of those that the key may have."
        case .badName: "A name has characters that names may not have."
        case .literalSecret: "A secret stands in the file itself instead of a reference to it."
        case .secretInURL: "A password stands in a URL instead of a reference to it."
        case .badURL: "A store's URL is of no known kind or not complete."
        case .unknownStore: "A link names a store that the file does not define."
        case .sameStore: "A link joins a store with itself."
        case .noMaps: "No map file matches what a link names."
        case .badSchedule: "A cron schedule cannot be read."
        case .badPartitions: "A list of partitions is empty, names one twice, or is of no use to any map."
        case .badRepository: "The repository's address or encryption is not one that backups can use."
        case .secretUnavailable: "A secret is not where its reference says."
        }
    }
}
