import Yams

/// Reads `repository:` of a `lockstep.yaml`.
struct RepositoryReading {
    let place: ProjectPlace
    let stores: [String]
    var reader: DocumentReader

    private static let known = [
        "url", "options", "accessKey", "secretKey", "recipients", "encryption", "signingKey", "trustedSigners", "keep",
        "grace", "stores", "compression",
    ]

    mutating func repository(_ node: Node) -> RepositoryConfiguration? {
        guard let fields = reader.fields(node, of: "`repository`", known: Self.known) else { return nil }
        let url = reader.required("url", in: fields).flatMap { reader.text($0, of: "`url`") }
        let address = url.flatMap { self.address($0) }
        let recipients = fields["recipients"].map { self.recipients($0) } ?? []
        let isEncrypted = self.isEncrypted(fields, recipients)
        let keep = fields["keep"].flatMap { self.keep($0) }
        let configuration = url.flatMap { url in
            address.map { address in
                RepositoryConfiguration(
                    place: address, url: url, options: fields["options"].map { reader.options($0) } ?? [:],
                    accessKey: fields["accessKey"].flatMap { reader.secret($0, of: "`accessKey`") },
                    secretKey: fields["secretKey"].flatMap { reader.secret($0, of: "`secretKey`") },
                    recipients: recipients, isEncrypted: isEncrypted,
                    signingKey: fields["signingKey"].flatMap { reader.secret($0, of: "`signingKey`") },
                    trustedSigners: fields["trustedSigners"].flatMap { reader.text($0, of: "`trustedSigners`") }
                        .map { StoreURL.absolute($0.value, in: place.directory) },
                    keep: keep,
                    graceSeconds: fields["grace"].flatMap { span($0, of: "`grace`") }
                        ?? RepositoryConfiguration.standardGraceSeconds,
                    stores: fields["stores"].map { self.stores($0) },
                    compressionLevel: fields["compression"].flatMap {
                        number($0, of: "`compression`", in: 1...19)
                    } ?? RepositoryConfiguration.standardCompressionLevel,
                    location: fields.location)
            }
        }
        return configuration
    }

    private mutating func address(_ url: Located<String>) -> RepositoryConfiguration.Place? {
        let text = url.value
        if text.hasPrefix("file:") {
            var path = String(text.dropFirst(5))
            if path.hasPrefix("///") { path.removeFirst(2) }
            while path.count > 1, path.hasSuffix("/") { path.removeLast() }
            if !path.isEmpty, !path.hasPrefix("//") { return .folder(StoreURL.absolute(path, in: place.directory)) }
        } else if text.hasPrefix("s3://") {
            let parts = text.dropFirst(5).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            if let bucket = parts.first, !bucket.isEmpty, !bucket.contains("@"), !bucket.contains("?") {
                var prefix = parts.count > 1 ? String(parts[1]) : ""
                while prefix.hasSuffix("/") { prefix.removeLast() }
                return .bucket(String(bucket), prefix: prefix)
            }
        }
        reader.report(
            ProjectCode.badRepository.rawValue, at: url.location, "the URL is no place for a repository",
            hint: "write `file:folder`, or `s3://bucket/prefix` with `options: {endpoint: https://…}`")
        return nil
    }

    private mutating func recipients(_ node: Node) -> [Located<String>] {
        (reader.items(node, of: "`recipients`") ?? []).compactMap { reader.text($0, of: "a recipient") }
    }

    /// Encrypted unless the file says otherwise in so many words.
    private mutating func isEncrypted(_ fields: Fields, _ recipients: [Located<String>]) -> Bool {
        let says = fields["encryption"].flatMap { reader.word($0, of: "`encryption`", among: [("none", false)]) }
        if let says, let first = recipients.first {
            reader.report(
                ProjectCode.badRepository.rawValue, at: first.location,
                "`encryption: none` and `recipients` contradict each other",
                hint: "leave one of them out (line \(says.location.line) has the other)")
        } else if says == nil, recipients.isEmpty {
            reader.report(
                ProjectCode.badRepository.rawValue, at: fields.location, "the repository names no recipients",
                hint: "make a key with `lockstep keys new`, and write `recipients: [age1…]`; or `encryption: none`")
        }
        return says == nil
    }

    private mutating func keep(_ node: Node) -> KeepCounts? {
        let known = ["last", "hourly", "daily", "weekly", "monthly", "yearly", "within"]
        guard let fields = reader.fields(node, of: "`keep`", known: known) else { return nil }
        var keep = KeepCounts()
        func count(_ key: String) -> Int {
            fields[key].flatMap { number($0, of: "`\(key)`", in: 0...100_000) } ?? 0
        }
        keep.last = count("last")
        keep.hourly = count("hourly")
        keep.daily = count("daily")
        keep.weekly = count("weekly")
        keep.monthly = count("monthly")
        keep.yearly = count("yearly")
        keep.withinSeconds = fields["within"].flatMap { span($0, of: "`within`") }
        return keep
    }

    private mutating func stores(_ node: Node) -> [String] {
        let names = (reader.items(node, of: "`stores`") ?? []).compactMap { reader.text($0, of: "a store") }
        for name in names where !stores.contains(name.value) {
            reader.report(
                ProjectCode.unknownStore.rawValue, at: name.location, "there is no store `\(name.value)`",
                hint: Suggestion.hint(for: name.value, among: stores))
        }
        return names.map(\.value)
    }

    private mutating func span(_ node: Node, of what: String) -> Int? {
        guard let text = reader.text(node, of: what) else { return nil }
        if let seconds = DurationWords.parse(text.value) { return Int(seconds) }
        reader.report(
            .badValue, at: text.location, "\(what) is no span of time", hint: "write `90s`, `15m`, `36h`, `7d` or `4w`")
        return nil
    }

    private mutating func number(_ node: Node, of what: String, in range: ClosedRange<Int>) -> Int? {
        guard let scalar = reader.scalar(node, of: what) else { return nil }
        if let number = Int(scalar.text), range.contains(number) { return number }
        reader.report(
            .badValue, at: reader.location(node),
            "\(what) is no number from \(range.lowerBound) to \(range.upperBound)",
            hint: "write a whole number")
        return nil
    }
}
