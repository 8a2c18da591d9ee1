import LockstepModel
import Testing

@testable import LockstepMapping

/// Drafts between excerpts of schemas that were never made for each other, by names and types alone: a ticket system's
/// users (Request Tracker 5), an address book's identities (Roundcube), calendar users (DAViCal), an accounting system's
/// locations (LedgerSMB). The truths were written by hand.
struct ForeignSchemasTests {
    private static func entity(_ name: String, _ key: String, _ fields: [String: ValueType]) -> EntityDescription {
        EntityDescription(
            name: name, fields: fields.sorted { $0.key < $1.key }.map { Fixtures.field($0.key, $0.value) },
            keys: [KeyDescription(name: "key", fields: [key], isPrimary: true)])
    }

    private static let users = entity(
        "Users", "Name",
        [
            "id": .int64, "Name": .text, "Password": .text, "AuthToken": .text, "Comments": .text, "Signature": .text,
            "EmailAddress": .text, "FreeformContactInfo": .text, "Organization": .text, "RealName": .text,
            "NickName": .text, "Lang": .text, "Gecos": .text, "HomePhone": .text, "WorkPhone": .text,
            "MobilePhone": .text, "PagerPhone": .text, "Address1": .text, "Address2": .text, "City": .text,
            "State": .text, "Zip": .text, "Country": .text, "Timezone": .text, "SMIMECertificate": .text,
            "Creator": .int64, "Created": .timestamp, "LastUpdatedBy": .int64, "LastUpdated": .timestamp,
        ])
    private static let identities = entity(
        "identities", "identity_id",
        [
            "identity_id": .int64, "user_id": .int64, "changed": .timestamp, "del": .int64, "standard": .int64,
            "name": .text, "organization": .text, "email": .text, "reply-to": .text, "bcc": .text, "signature": .text,
            "html_signature": .int64,
        ])
    private static let calendarUsers = entity(
        "usr", "username",
        [
            "user_no": .int64, "active": .bool, "email_ok": .instant, "joined": .timestamp, "updated": .timestamp,
            "last_used": .timestamp, "username": .text, "password": .text, "fullname": .text, "email": .text,
            "config_data": .text, "date_format_type": .text, "locale": .text,
        ])
    private static let locations = entity(
        "location", "id",
        [
            "id": .int64, "line_one": .text, "line_two": .text, "line_three": .text, "city": .text, "state": .text,
            "country_id": .int64, "mail_code": .text, "created": .date, "inactive_date": .timestamp, "active": .bool,
        ])

    private static let truths: [(EntityDescription, Set<String>)] = [
        (
            identities,
            ["EmailAddress=email", "RealName=name", "Organization=organization", "Signature=signature"]
        ),
        (
            calendarUsers,
            ["Password=password", "EmailAddress=email", "RealName=fullname", "Lang=locale", "Created=joined"]
        ),
        (
            locations,
            [
                "Address1=line_one", "Address2=line_two", "City=city", "State=state", "Zip=mail_code",
                "Created=created",
            ]
        ),
    ]

    @Test func mostPairsStandByNamesAndTypesAlone() {
        var found = 0
        var right = 0
        var wanted = 0
        var notes: [String] = []
        for (other, truth) in Self.truths {
            let left = EntitySample(entity: Self.users, fields: Self.users.fields)
            let draft = MapInference(
                stores: ["rt", "other"], left: left, right: EntitySample(entity: other, fields: other.fields)
            ).draft(name: "users")
            let pairs = Set(
                draft.pairs.filter { $0.doubt == nil }.map { "\($0.fields[0] ?? "")=\($0.fields[1] ?? "")" })
            found += pairs.count
            right += pairs.intersection(truth).count
            wanted += truth.count
            notes.append(
                "\(other.name): missing \(truth.subtracting(pairs).sorted()), wrong \(pairs.subtracting(truth).sorted())"
            )
        }
        // Measured when this was written: 14 of 15 true pairs found, 14 of 15 found pairs true.
        #expect(right * 100 >= wanted * 85, "recall \(right) of \(wanted): \(notes)")
        #expect(right * 100 >= found * 85, "precision \(right) of \(found): \(notes)")
    }
}
