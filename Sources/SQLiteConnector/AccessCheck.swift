internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// What stands in the way of using a store, found without changing it.
struct AccessCheck {
    let database: SQLiteDatabase
    let file: StoreFile
    private var schema: SchemaReader { SchemaReader(database: database) }

    init(database: SQLiteDatabase, file: StoreFile) {
        self.database = database
        self.file = file
    }

    func findings(_ request: AccessRequest) throws -> [AccessFinding] {
        var findings: [AccessFinding] = []
        if request.purposes.contains(.capture) || request.purposes.contains(.write), isReadOnly {
            let error = StoreFile.readOnlyError("checking access")
            findings.append(
                AccessFinding(severity: .error, code: error.code.text, message: error.message, hint: error.hint))
        }
        if try database.value("PRAGMA journal_mode") != .text("wal") {
            findings.append(
                AccessFinding(
                    severity: .warning, code: "LS-STORE-JOURNAL-MODE",
                    message:
                        "the file is not in WAL mode: programs wait for each other, and a first copy reads a copy of it",
                    hint: "run once: PRAGMA journal_mode=WAL"))
        }
        for entity in request.entities { findings += try self.findings(entity, request.purposes) }
        return findings
    }

    private var isReadOnly: Bool {
        guard let writable = try? file.open(forWriting: true, doing: "checking access") else { return true }
        writable.close()
        return false
    }

    private func findings(_ entity: String, _ purposes: Set<AccessRequest.Purpose>) throws -> [AccessFinding] {
        func finding(
            _ severity: AccessFinding.Severity, _ code: String, _ message: String, _ hint: String
        ) -> AccessFinding {
            AccessFinding(
                severity: severity, code: "LS-STORE-" + code, entity: entity, message: message, hint: hint)
        }
        guard let table = try schema.table(named: entity) else {
            return [finding(.error, "ENTITY-MISSING", "there is no such table or view", "check the name in the map")]
        }
        var findings: [AccessFinding] = []
        if table.kind == .view {
            guard purposes != [.read] else { return [] }
            return [finding(.error, "VIEW", "a view can only be read", "map the table behind it")]
        }
        if purposes.contains(.capture), table.identity == nil {
            findings.append(
                finding(
                    .error, "NO-KEY", "the table has no key that tells its records apart",
                    "give it a primary key or a unique index"))
        }
        for index in table.uniqueIndexes where !index.isBinary {
            findings.append(
                finding(
                    .warning, "KEY-COLLATION", "the unique index \(index.name) does not compare byte for byte",
                    "the engine does not use it as a key; give the map's key fields a BINARY collation"))
        }
        guard purposes.contains(.capture) else { return findings }
        if table.uniqueIndexes.contains(where: \.hasExpressions) {
            findings.append(
                finding(
                    .warning, "EXPRESSION-KEY",
                    "records that INSERT OR REPLACE removes by a unique index on an expression are not captured",
                    "use an upsert instead, or set PRAGMA recursive_triggers=ON in the application"))
        }
        let newer = try CaptureInstaller(database: database).newerTriggers(on: entity)
        if !newer.isEmpty {
            findings.append(
                finding(
                    .warning, "TRIGGER-ORDER",
                    "triggers newer than capture run before it: \(newer.joined(separator: ", "))",
                    "install capture again: lockstep run does it when a link starts"))
        }
        return findings
    }
}
