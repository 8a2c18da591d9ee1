import ArgumentParser
import ConnectorKit
import LockstepModel

/// `lockstep store describe`: entities, fields, types and keys as the store has them.
struct DescribeStore: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show a store's entities, or the fields of one, as mapping files name them.",
        discussion: """
            Example:
              lockstep store describe crm
              lockstep store describe crm contacts
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The store.")
    var store: String

    @Argument(help: "The entity; without it, all.")
    var entity: String?

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.openBeforeMaps(common)
        let request = DescribeRequest(entities: entity.map { [$0] })
        let description = try await project.withConnectors([store]) { try await $0[0].describe(request) }
        try output.json(["entities": description.entities.map(EntityForm.init)])
        if let entity, let described = description.entity(entity) {
            printFields(described, output)
        } else {
            printEntities(description, output)
        }
        return .done
    }

    private func printEntities(_ description: StoreDescription, _ output: Output) {
        guard !description.entities.isEmpty else { return output.line("No entities.") }
        var table = TextTable([
            .init("entity"), .init("kind"), .init("fields", .right), .init("key"), .init("records, about", .right),
        ])
        for entity in description.entities {
            table.add([
                entity.name, entity.kind.rawValue, String(entity.fields.count), Self.key(entity),
                entity.estimatedCount.map { String($0) } ?? "?",
            ])
        }
        output.table(table)
    }

    private static func key(_ entity: EntityDescription) -> String {
        guard let key = entity.keys.first(where: \.isPrimary) ?? entity.keys.first else { return "none" }
        return key.fields.joined(separator: ", ")
    }

    private func printFields(_ entity: EntityDescription, _ output: Output) {
        var table = TextTable([.init("field"), .init("type"), .init("in the store"), .init("null"), .init("notes")])
        for field in entity.fields {
            var notes: [String] = []
            if field.hasDefault { notes.append("default") }
            if field.isGenerated { notes.append("computed by the store") }
            if let length = field.maximumLength { notes.append("at most \(DisplayText.count(length, "character"))") }
            if let labels = field.labels { notes.append("one of \(labels.joined(separator: ", "))") }
            table.add([
                field.name, field.type.name, field.nativeType, field.isNullable ? "yes" : "no",
                notes.joined(separator: "; "),
            ])
        }
        output.table(table)
        for key in entity.keys {
            output.line("\(key.isPrimary ? "primary key" : "unique key"): \(key.fields.joined(separator: ", "))")
        }
        for reference in entity.references {
            let target = "\(reference.targetEntity) (\(reference.targetFields.joined(separator: ", ")))"
            output.line("refers to \(target) by \(reference.fields.joined(separator: ", "))")
        }
    }
}

/// An entity as programs read it.
private struct EntityForm: Encodable {
    struct Field: Encodable {
        var name: String
        var type: String
        var nativeType: String
        var isNullable: Bool
        var hasDefault: Bool
        var isGenerated: Bool
    }
    struct Key: Encodable {
        var fields: [String]
        var isPrimary: Bool
    }
    struct Reference: Encodable {
        var fields: [String]
        var targetEntity: String
        var targetFields: [String]
    }

    var entity: String
    var kind: String
    var estimatedCount: Int64?
    var fields: [Field]
    var keys: [Key]
    var references: [Reference]

    init(_ description: EntityDescription) {
        entity = description.name
        kind = description.kind.rawValue
        estimatedCount = description.estimatedCount
        fields = description.fields.map {
            Field(
                name: $0.name, type: $0.type.name, nativeType: $0.nativeType, isNullable: $0.isNullable,
                hasDefault: $0.hasDefault, isGenerated: $0.isGenerated)
        }
        keys = description.keys.map { Key(fields: $0.fields, isPrimary: $0.isPrimary) }
        references = description.references.map {
            Reference(fields: $0.fields, targetEntity: $0.targetEntity, targetFields: $0.targetFields)
        }
    }
}
