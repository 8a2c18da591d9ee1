extension DrillPage {
    // MARK: People

    var people: String {
        let answers = report.people.filter { $0.answeredAt != nil }.map { person in
            "<tr><td>\(escaped(person.role))</td><td>\(escaped(person.name))</td>"
                + "<td>\(DrillHTML.time(person.answeredAt ?? ""))</td></tr>"
        }
        let answered =
            answers.isEmpty
            ? ""
            : "<div class=\"card\"><table><thead><tr><th>What</th><th>Who</th><th>When</th></tr></thead><tbody>"
                + "\(answers.joined())</tbody></table></div>"
        let named = report.people.filter { $0.answeredAt == nil }
        let roles = ["director", "operator", "approver"].filter { role in !named.contains { $0.role == role } }
        let lines =
            named.map { ($0.role, $0.name) } + roles.map { ($0, "") }
        let signs = lines.map { role, name in
            """
            <div><p class="rule">\(name.isEmpty ? "&nbsp;" : escaped(name))<small>\(escaped(role)) — date, signature</small></p></div>
            """
        }
        return """
            <h2>People</h2>
            \(answered)
            <div class="sign">\(signs.joined())</div>
            """
    }

    // MARK: Evidence

    var evidence: String {
        """
        <h2>Scenario and criteria</h2>
        <div class="card padded">\(facts([
            ("Scenario", escaped(report.scenario ?? "not described")),
            ("Success is", report.criteria.text.map(escaped)),
            ("Fixed at", DrillHTML.time(report.criteria.frozenAt)),
            ("Digest", code(report.criteria.sha256)),
            ("Occasion", occasion), ("Announced", report.announced ? "yes" : "no"),
            ("Took part", escaped(report.scope.included.joined(separator: ", "))),
            ("Left out", report.scope.excluded.isEmpty ? nil : escaped(report.scope.excluded.joined(separator: ", "))),
        ]))</div>
        \(assets)
        \(source)
        <h2>Environment</h2>
        <div class="card padded">\(facts(environment))</div>
        \(targets)
        """
    }

    private func code(_ text: String) -> String { "<code>\(escaped(text))</code>" }

    private var occasion: String {
        escaped(report.trigger.reason.rawValue.replacing("-", with: " "))
            + (report.trigger.change.map { ": \(escaped($0))" } ?? "")
    }

    private var assets: String {
        guard report.assets.contains(where: { $0.process ?? $0.tier ?? $0.role != nil }) else { return "" }
        let rows = report.assets.map { asset in
            """
            <tr><th scope="row">\(escaped(asset.store))</th><td>\(escaped(asset.process ?? "–"))</td>\
            <td>\(escaped(asset.role ?? "–"))</td><td>\(escaped(asset.tier ?? "–"))</td>\
            <td class="n">\(asset.tolerableSeconds.map { escaped(DrillHTML.duration(Double($0))) } ?? "–")</td></tr>
            """
        }
        return """
            <h2>What is at stake</h2>
            <div class="card"><table><thead><tr><th>Store</th><th>Business process</th><th>Role</th><th>Tier</th>\
            <th class="n">Tolerable outage</th></tr></thead><tbody>\(rows.joined())</tbody></table></div>
            """
    }

    private var source: String {
        guard let source = report.source else { return "" }
        let snapshot = source.snapshot
        let cuts = snapshot.cuts.map { cut in
            """
            <tr><th scope="row">\(escaped(cut.store))</th><td>\(escaped(cut.engine)) \
            \(escaped(cut.engineVersion ?? ""))</td><td>\(DrillHTML.time(DrillTime.text(cut.time)))</td>\
            <td class="mono">\(escaped(cut.position ?? "–"))</td></tr>
            """
        }
        let locked = snapshot.lockedUntil.map { "until \(DrillHTML.time(DrillTime.text($0)))" }
        let sealed = snapshot.recipients.isEmpty ? "not encrypted" : DrillHTML.count(snapshot.recipients.count, "key")
        return """
            <h2>What was restored from</h2>
            <div class="card padded">\(facts([
                ("Snapshot", code(snapshot.id)), ("Chosen", escaped(source.selection + (snapshot.choice.map { ", \($0)" } ?? ""))),
                ("Age", escaped(DrillHTML.duration(source.ageSeconds))),
                ("Stands on", snapshot.chain.count > 1 ? escaped(snapshot.chain.joined(separator: " → ")) : nil),
                ("Repository", "\(code(snapshot.repository)) \(escaped(snapshot.address))"),
                ("Copy", snapshot.copy.map(escaped)),
                ("Record", code(snapshot.recordSha256)), ("Manifest", code(snapshot.manifestSha256)),
                ("Signed by", snapshot.signer.map(code) ?? "nobody"), ("Sealed for", escaped(sealed)),
                ("Locked", locked ?? "no lock, or the storage does not say"),
                ("Between stores", "\(escaped(DrillHTML.duration(source.skewMilliseconds / 1000))) from the first cut to the last"),
            ]))</div>
            <div class="card" style="margin-top:14px"><table><thead><tr><th>Store</th><th>Engine</th><th>Cut</th>\
            <th>Position</th></tr></thead><tbody>\(cuts.joined())</tbody></table></div>
            """
    }

    private var environment: [(String, String?)] {
        let host = report.host
        let offset = host.clockOffsetSeconds.map { ", \(DrillHTML.duration(abs($0))) from the repository’s" } ?? ""
        let cleanup =
            report.cleanup.kept
            ? "scratch stores were kept"
            : report.cleanup.items.isEmpty
                ? "nothing to clean up"
                : report.cleanup.verified ? "every scratch store is gone, and was looked for" : "not everything is gone"
        return [
            ("Machine", "\(escaped(host.name)), \(escaped(host.system))"),
            ("Tool", escaped(host.tool + (host.build.map { ", build \($0)" } ?? ""))),
            ("Clock", escaped(host.clockSource + offset)), ("Cleanup", escaped(cleanup)),
        ]
    }

    private var targets: String {
        guard !report.targets.isEmpty else { return "" }
        let rows = report.targets.map { target in
            let notes = target.notes.map { "<br><small>\(escaped($0))</small>" }.joined()
            return """
                <tr><th scope="row">\(escaped(target.store))</th><td>\(escaped(target.engine)) \
                \(escaped(target.engineVersion))<br><span class="mono">\(escaped(target.name))</span>\(notes)</td>\
                <td>\(badge(target.isolated ? "pass" : "fail", target.isolated ? "isolated" : "not isolated"))<br>\
                <small>\(target.isolationEvidence.map(escaped).joined(separator: ", "))</small></td>\
                <td class="n">\(DrillHTML.number(target.rows))</td><td class="n">\(escaped(DrillHTML.bytes(target.bytes)))</td></tr>
                """
        }
        return """
            <div class="card" style="margin-top:14px"><table><thead><tr><th>Store</th><th>Scratch store</th>\
            <th>Isolation</th><th class="n">Rows</th><th class="n">Bytes</th></tr></thead>\
            <tbody>\(rows.joined())</tbody></table></div>
            """
    }

    // MARK: Verification

    var verification: String {
        let items = report.evidence.map { item in
            "<tr><td class=\"mono\">\(escaped(item.name))</td><td class=\"n\">\(escaped(DrillHTML.bytes(Int64(item.size))))</td>"
                + "<td class=\"mono\">\(escaped(item.sha256))</td></tr>"
        }
        let previous = report.previous.map { "\(code($0.id))<br>\(code($0.reportSha256))" } ?? "none: it is the first"
        // Also the id may have been tampered with.
        let id = escaped(report.id)
        let signature =
            isSigned
            ? """

            ssh-keygen -Y verify -f allowed_signers -I NAME -n lockstep-drill -s \(id).json.sig &lt; \(id).json
            """ : ""
        return """
            <h2>How to verify this</h2>
            <div class="card padded">\(facts([
                ("Report", code("\(report.id).json")), ("SHA-256", code(sha256)),
                ("Signature", isSigned ? code("\(report.id).json.sig") : "none: the project has no signing key"),
                ("Plan", "\(escaped(report.plan.file)) \(code(report.plan.sha256))"), ("Report before", previous),
            ]))</div>
            <pre>lockstep drill verify drills/reports/\(id).json
            sha256sum \(id).json\(signature)</pre>
            <p class="meta">The first command computes the verdict anew from the checks, and looks at the signature, at the \
            chain of all reports and at the evidence below. A report that was changed, left out or put in another place \
            shows there. The last one needs a file <code>allowed_signers</code>, a line of it being a name and the public key that \
            you were given by other means than this report.</p>
            <div class="card" style="margin-top:14px"><table><thead><tr><th>Evidence</th><th class="n">Size</th>\
            <th>SHA-256</th></tr></thead><tbody>\(items.joined())</tbody></table></div>
            """
    }
}
