internal import LockstepModel

/// A column with what decides how its values are stored.
struct TableColumn: Sendable, Hashable {
    var name: String
    var declaredType: String
    var type: ValueType
    var affinity: Affinity
    var isNullable: Bool
    var hasDefault: Bool
    var isGenerated: Bool
    /// Its place in the primary key, from 1; 0 outside.
    var primaryKeyPlace: Int

    var description: FieldDescription {
        FieldDescription(
            name: name, type: type, nativeType: declaredType, isNullable: isNullable, hasDefault: hasDefault,
            isGenerated: isGenerated, integerBits: type == .int64 ? 64 : nil, floatBits: type == .float64 ? 64 : nil,
            holdsNaN: type == .decimal ? !affinity.turnsTextIntoNumbers : type != .float64,
            exactDigits: type == .decimal && affinity.turnsTextIntoNumbers ? ColumnCodec.exactDigits : nil)
    }
}

/// A primary key or unique index: what `INSERT OR REPLACE` replaces by, and what may be a key.
struct UniqueIndex: Sendable, Hashable {
    struct Part: Sendable, Hashable {
        /// Nil for an expression.
        var column: String?
        var collation: String
    }
    var name: String
    var parts: [Part]
    var isPrimary: Bool
    var isPartial: Bool

    var columns: [String] { parts.compactMap(\.column) }
    var hasExpressions: Bool { parts.contains { $0.column == nil } }
    /// Whether all collations compare byte for byte.
    var isBinary: Bool { parts.allSatisfy { $0.collation.uppercased() == "BINARY" } }
    /// Whether it tells records apart as the engine compares keys.
    var isKey: Bool { !isPartial && !hasExpressions && isBinary }
}

/// A table or view as SQLite describes it.
struct Table: Sendable, Hashable {
    var name: String
    var kind: EntityDescription.Kind
    var columns: [TableColumn]
    var uniqueIndexes: [UniqueIndex]
    var references: [ReferenceDescription]
    /// Some table refers to this one with an action that changes or deletes records by itself.
    var isCascading: Bool
    /// Triggers that people made, on this table.
    var hasTriggers: Bool

    func column(_ name: String) -> TableColumn? { columns.first { $0.name == name } }

    /// What records are told apart by while changes are captured: the primary key, else a unique index.
    var identity: [String]? {
        let candidates = uniqueIndexes.filter { !$0.isPartial && !$0.hasExpressions }
        return (candidates.first(where: \.isPrimary) ?? candidates.first)?.columns
    }

    var description: EntityDescription {
        EntityDescription(
            name: name, kind: kind, fields: columns.map(\.description),
            keys: uniqueIndexes.filter(\.isKey).map {
                KeyDescription(name: $0.name, fields: $0.columns, isPrimary: $0.isPrimary)
            },
            references: references)
    }
}
