import LockstepModel
import Testing

@testable import LockstepMapping

/// Drafts of maps, between schemas whose true pairs are known.
struct MapsAreDraftedTests {
    private static func entity(_ name: String, key: [String], _ fields: [FieldDescription]) -> EntityDescription {
        EntityDescription(
            name: name, fields: fields, keys: [KeyDescription(name: "key", fields: key, isPrimary: false)])
    }

    private static func texts(_ names: [String]) -> [FieldDescription] {
        names.map { Fixtures.field($0, .text) }
    }

    /// Pairs of a draft that stand, as `left=right`.
    private func pairs(_ draft: MapDraft) -> Set<String> {
        Set(
            draft.pairs.filter { $0.doubt == nil }.compactMap { pair in
                guard let left = pair.fields[0], let right = pair.fields[1] else { return nil }
                return "\(left)=\(right)"
            })
    }

    private func draft(_ left: EntitySample, _ right: EntitySample) -> MapDraft {
        MapInference(stores: ["erp", "crm"], left: left, right: right).draft(name: "drafted")
    }

    private func sample(_ entity: EntityDescription, _ rows: [[Value]] = []) -> EntitySample {
        var sample = EntitySample(entity: entity, fields: entity.fields)
        if !rows.isEmpty { sample.append(Fixtures.rows(rows)) }
        return sample
    }

    /// Column names and types as the ticket system's users and an address book's persons have them, without any record.
    @Test func mostPairsOfForeignSchemasStandByNamesAlone() {
        let users = Self.entity(
            "Users", key: ["Name"],
            Self.texts([
                "Name", "Password", "Comments", "Signature", "EmailAddress", "FreeformContactInfo", "Organization",
                "RealName", "NickName", "Lang", "HomePhone", "WorkPhone", "MobilePhone", "PagerPhone", "Address1",
                "Address2", "City", "State", "Zip", "Country", "Timezone",
            ]) + [
                Fixtures.field("id", .int64), Fixtures.field("Creator", .int64), Fixtures.field("Created", .timestamp),
                Fixtures.field("LastUpdated", .timestamp),
            ])
        let persons = Self.entity(
            "person", key: ["login"],
            Self.texts([
                "login", "passwd", "remarks", "signature", "email", "company", "full_name", "nick", "language",
                "phone_private", "phone_work", "mobile", "fax", "street", "address_line2", "town", "province",
                "postal_code", "country_code", "tz", "web",
            ]) + [
                Fixtures.field("person_id", .int64), Fixtures.field("created_on", .timestamp),
                Fixtures.field("changed", .timestamp),
            ])
        let truth: Set<String> = [
            "Password=passwd", "Comments=remarks", "Signature=signature", "EmailAddress=email", "Organization=company",
            "RealName=full_name", "NickName=nick", "Lang=language", "HomePhone=phone_private", "WorkPhone=phone_work",
            "MobilePhone=mobile", "Address1=street", "Address2=address_line2", "City=town", "State=province",
            "Zip=postal_code", "Country=country_code", "Timezone=tz", "Created=created_on",
        ]
        let found = pairs(draft(sample(users), sample(persons)))
        let right = found.intersection(truth).count
        #expect(right * 10 >= truth.count * 9, "missing: \(truth.subtracting(found).sorted())")
        #expect(right * 10 >= found.count * 9, "wrong: \(found.subtracting(truth).sorted())")
    }

    // MARK: With records

    private static let left = entity(
        "customers", key: ["account"],
        [
            Fixtures.field("account", .text, nullable: false), Fixtures.field("given", .text),
            Fixtures.field("family", .text), Fixtures.field("hold", .text), Fixtures.field("language", .text),
            Fixtures.field("kind", .text, nullable: false), Fixtures.field("a1", .text),
            Fixtures.field("limit", .decimal, precision: 10, scale: 2), Fixtures.field("until", .date),
            Fixtures.field("code", .text),
        ])
    private static let right = entity(
        "accounts", key: ["number"],
        [
            Fixtures.field("number", .text, nullable: false), Fixtures.field("contact", .text),
            Fixtures.field("holdstatus", .int64), Fixtures.field("lang", .text),
            Fixtures.field("typecode", .int64, nullable: false), Fixtures.field("z9", .text),
            Fixtures.field("creditlimit", .decimal, precision: 15, scale: 4), Fixtures.field("validto", .date),
            Fixtures.field("short", .text),
        ])

    /// 60 customers, 40 of them in both stores; every third has no language; every fourth no end.
    private func joined() -> MapDraft {
        let holds = ["No", "Invoice", "All"]
        var left: [[Value]] = []
        var right: [[Value]] = []
        for number in 0..<60 {
            let isShared = number < 40
            left.append([
                .text("C\(number)"), .text("First\(number)"), .text("Last\(number)"), .text(holds[number % 3]),
                number % 3 == 0 ? .null : .text("de\(number % 5)"), .text(isShared ? "Organization" : "Person"),
                .text("Road \(number * 7)"), .decimal("\(number * 100).50"),
                number % 4 == 0 ? .null : .date(Int64(number)),
                .text("ab\(number)"),
            ])
            guard isShared else { continue }
            right.append([
                .text("C\(number)"), .text("First\(number) Last\(number)"), .int64(Int64(number % 3)),
                number % 3 == 0 ? .text("en") : .text("de\(number % 5)"), .int64(3), .text("Road \(number * 7)"),
                .decimal("\(number * 100).5000"), .date(number % 4 == 0 ? -25_567 : Int64(number)),
                .text("AB\(number)"),
            ])
        }
        return draft(sample(Self.left, left), sample(Self.right, right))
    }

    private func options(_ draft: MapDraft, _ field: String) -> [String] {
        draft.pairs.first { $0.fields.contains(field) && $0.doubt == nil }?.options ?? []
    }

    @Test func recordsProvePairsWhoseNamesSayNothing() {
        let draft = joined()
        #expect(draft.joinedCount == 40)
        #expect(draft.key.map(\.fields) == [["account", "number"]])
        #expect(pairs(draft).isSuperset(of: ["a1=z9", "hold=holdstatus", "until=validto"]))
    }

    @Test func recordsShowWhatTransformsAreNeeded() {
        let draft = joined()
        #expect(
            options(draft, "hold") == ["values: {All: 2, Invoice: 1, \"No\": 0}", "unmapped: park"]
                || options(draft, "hold").first?.contains("\"No\": 0") == true)
        #expect(options(draft, "language") == ["default: en"])
        #expect(options(draft, "limit") == ["round: true"])
        #expect(options(draft, "until") == ["sentinel: {crm: 1900-01-01}"])
        #expect(options(draft, "code") == ["case: upper"])
        #expect(options(draft, "contact").first == "from: \"concat(concat(given,' '),family)\"")
    }

    @Test func recordsOfOneSideOnlyShowTheFilter() {
        let draft = joined()
        #expect(draft.filters == ["kind eq 'Organization'", nil])
        #expect(options(draft, "kind") == ["constant: Organization"])
        #expect(options(draft, "typecode") == ["constant: 3"])
    }

    @Test func numbersThatMeetByAccidentAreNoKey() {
        func entity(_ name: String, _ id: String, _ code: String) -> EntityDescription {
            EntityDescription(
                name: name,
                fields: [
                    Fixtures.field(id, .int64, nullable: false), Fixtures.field(code, .text, nullable: false),
                    Fixtures.field("name", .text),
                ],
                keys: [
                    KeyDescription(name: "p", fields: [id], isPrimary: true),
                    KeyDescription(name: "u", fields: [code], isPrimary: false),
                ])
        }
        let left = (0..<30).map { [Value.int64(Int64($0)), .text("K\($0)"), .text("name \($0)")] }
        let right = (0..<30).map { [Value.int64(Int64($0)), .text("K\(29 - $0)"), .text("name \(29 - $0)")] }
        let draft = draft(
            sample(entity("parts", "id", "number"), left), sample(entity("items", "id", "barcode"), right))
        #expect(draft.key.map(\.fields) == [["number", "barcode"]])
        #expect(!pairs(draft).contains("id=id"))
    }

    @Test func numbersThatStoresGiveOutAreADoubtfulKey() {
        func entity(_ name: String, _ key: String) -> EntityDescription {
            EntityDescription(
                name: name, fields: [Fixtures.field(key, .int64, nullable: false), Fixtures.field("name", .text)],
                keys: [KeyDescription(name: "p", fields: [key], isPrimary: true)])
        }
        let alike = draft(sample(entity("parts", "id")), sample(entity("items", "id")))
        #expect(alike.keyReason.hasPrefix("Doubtful: "))
        let unlike = draft(sample(entity("parts", "number")), sample(entity("items", "serial")))
        #expect(unlike.key.isEmpty)
        #expect(unlike.keyReason.hasPrefix("No key: "))
    }

    @Test func aFieldThatRefersIsDraftedByTheKeyOfItsRecord() {
        var path = Fixtures.field("currencyid.code", .text)
        path.path = FieldPath(
            name: "currencyid.code",
            hops: [FieldPath.Hop(fields: ["currencyid"], entity: "currencies", targetFields: ["id"])], field: "code")
        let left = Self.entity("orders", key: ["number"], Self.texts(["number", "currency"]))
        let right = Self.entity(
            "orders", key: ["number"], Self.texts(["number"]) + [Fixtures.field("currencyid", .int64)])
        var rightSample = EntitySample(entity: right, fields: right.fields + [path])
        let codes = ["EUR", "USD", "CHF"]
        rightSample.append(
            Fixtures.rows((0..<30).map { [.text("O\($0)"), .int64(Int64($0 % 3)), .text(codes[$0 % 3])] }))
        let leftSample = sample(left, (0..<30).map { [.text("O\($0)"), .text(codes[$0 % 3])] })
        #expect(pairs(draft(leftSample, rightSample)) == ["currency=currencyid.code"])
    }

    @Test func aDraftIsAMapThatCompiles() throws {
        var draft = joined()
        // What this draft needs beyond the map language of the parser is tested by its text.
        for index in draft.pairs.indices {
            draft.pairs[index].options.removeAll { $0.hasPrefix("sentinel") || $0.hasPrefix("case") }
        }
        let schemas = (StoreDescription(entities: [Self.left]), StoreDescription(entities: [Self.right]))
        draft.settle(schemas: schemas)
        let loaded = MapDefinition.parse(draft.text().text, file: "m.yaml")
        let definition = try #require(loaded.definition, "\(loaded.diagnostics)")
        let outcome = MapCompiler.compile(definition, schemas: schemas)
        #expect(outcome.diagnostics.filter { $0.severity == .error } == [])
        #expect(draft.text().text.hasPrefix("# yaml-language-server: $schema=../schema/map.schema.json\n"))
    }

    @Test func whatCannotBeCarriedOverIsAComment() {
        let left = Self.entity(
            "a", key: ["k"], [Fixtures.field("k", .text, nullable: false), Fixtures.field("when", .timestamp)])
        let right = Self.entity(
            "b", key: ["k"], [Fixtures.field("k", .text, nullable: false), Fixtures.field("when", .instant)])
        var draft = draft(sample(left), sample(right))
        draft.settle(schemas: (StoreDescription(entities: [left]), StoreDescription(entities: [right])))
        #expect(options(draft, "when") == ["zone: UTC"])
    }

    @Test func namesThatYAMLWouldMisreadAreQuoted() {
        #expect(MapDraft.quoted("no") == "\"no\"")
        #expect(MapDraft.quoted("on hold: #1") == "\"on hold: #1\"")
        #expect(MapDraft.quoted("a\"b\\c\n") == "\"a\\\"b\\\\c\\u000a\"")
        #expect(MapDraft.quoted("currencyid.code") == "currencyid.code")
    }

    @Test func entitiesFindTheirCounterparts() {
        func store(_ entities: [(String, [String])]) -> StoreDescription {
            StoreDescription(entities: entities.map { Self.entity($0.0, key: [$0.1[0]], Self.texts($0.1)) })
        }
        let left = store([
            ("countries", ["code", "name", "alpha3"]), ("customers", ["account", "name", "city", "phone"]),
            ("invoices", ["number", "amount", "due"]),
        ])
        let right = store([
            ("cust", ["acct_no", "name", "town", "telephone"]), ("country", ["isocode", "name", "isocode3"]),
        ])
        let candidates = EntityPairing.candidates(left, right)
        let found = EntityPairing.best(candidates, confidences: candidates.map { $0.likeness + 0.2 })
            .map { "\(candidates[$0].left)-\(candidates[$0].right)" }
        #expect(Set(found).isSuperset(of: ["0-1", "1-0"]))
    }
}
