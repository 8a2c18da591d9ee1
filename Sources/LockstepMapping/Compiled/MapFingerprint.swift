/// A digest of what a map means: the same for the same meaning, whatever its comments, layout and order of lines.
enum MapFingerprint {
    /// 32 hexadecimal digits: two 64-bit FNV-1a hashes of the map's canonical text, with different starting values
    /// (Fowler, Noll, Vo: draft-eastlake-fnv). Tells changed maps from unchanged ones; no protection against forgery.
    static func of(_ map: MapDefinition) -> String {
        let text = Array(canonical(map).utf8)
        return hex(hash(text, 0xcbf2_9ce4_8422_2325)) + hex(hash(text, 0x8422_2325_cbf2_9ce4))
    }

    private static func hash(_ bytes: [UInt8], _ start: UInt64) -> UInt64 {
        var hash = start
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash
    }

    private static func hex(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Every fact as a line of words in quotes. Version, publisher and file are not part of the meaning.
    static func canonical(_ map: MapDefinition) -> String {
        var lines = [line(["map", map.name.value])]
        for side in Side.allCases {
            lines.append(line(["side", map.stores[side.rawValue], map.entities[side.rawValue].value]))
            lines.append(line(["where", map.filters[side.rawValue]?.value ?? ""]))
        }
        lines += map.key.map { line(["key", $0.fields[0].value, $0.fields[1].value]) }.sorted()
        lines += map.pairs.map(pair).sorted()
        lines.append(
            line([
                "rules", "\(map.direction)", "\(map.overlap?.value ?? .manual)", "\(map.deleteRule)",
                "\(map.propagatesDeletes)", map.deleteGuard.map { "\($0)" } ?? "off", "\(map.leaveRule)",
            ]))
        lines += map.references.map(reference).sorted()
        if let partition = map.partition {
            lines.append(
                line(["partition", partition.value ?? ""] + partition.fields.map { $0?.value ?? "" }))
        }
        return lines.joined(separator: "\n")
    }

    private static func reference(_ reference: ReferenceDefinition) -> String {
        let words = ["reference", "\(reference.side)", reference.target.value, "\(reference.key != nil)"]
        return line(words + reference.fields.map(\.value) + (reference.key ?? []).map(\.value))
    }

    private static func pair(_ pair: PairDefinition) -> String {
        let values = pair.values.map { line(["value", scalar($0.values[0]), scalar($0.values[1])]) }.sorted()
        let reference = pair.within.map { ["within", $0.value] } ?? []
        let pass = pair.isDeferred ? ["deferred"] : []
        return line(
            [
                "pair", pair.fields[0]?.value ?? "", pair.fields[1]?.value ?? "",
                pair.direction.map { "\($0)" } ?? "", pair.owner.map { "\($0)" } ?? "", pair.unmapped.rawValue,
                pair.defaultValue.map { scalar($0.value) } ?? "", pair.constant.map { scalar($0.value) } ?? "",
                pair.expression?.value ?? "", pair.loss?.rawValue ?? "", pair.zone.map { $0.value.name } ?? "",
            ] + values + reference + pass + forms(pair))
    }

    /// Only what is there, so that maps without it mean what they always meant.
    private static func forms(_ pair: PairDefinition) -> [String] {
        var words = pair.digits.map { ["digits", "\($0)"] } ?? []
        words += pair.zone?.value.overlap.map { ["overlap", $0.rawValue] } ?? []
        words += pair.trims ? ["trim"] : []
        words += pair.letterCase.map { ["case", $0.rawValue] } ?? []
        for side in Side.allCases {
            words += pair.sentinels[side.rawValue].map { line(["sentinel", "\(side)", scalar($0.value)]) }
        }
        return words
    }

    /// Null and the quoted text `null` differ.
    private static func scalar(_ scalar: ScalarText) -> String { scalar.isNull ? "null" : "=" + scalar.text }

    private static func line(_ words: [String]) -> String {
        words.map { "\"" + $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" }
            .joined(separator: " ")
    }
}
