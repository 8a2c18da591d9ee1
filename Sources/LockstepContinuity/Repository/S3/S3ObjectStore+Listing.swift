import LockstepModel

extension S3ObjectStore {
    public func list(_ prefix: String) async throws -> [ObjectFacts] {
        let doing = "listing objects"
        try ObjectName.checkPrefix(prefix, doing: doing)
        var found: [ObjectFacts] = []
        var token: String?
        repeat {
            var query = [("list-type", "2"), ("prefix", location.prefix + prefix)]
            if let token { query.append(("continuation-token", token)) }
            let page = try await document(query, doing: doing)
            for entry in page.all("Contents") {
                guard let key = entry.text("Key"), let size = entry.text("Size").flatMap(Int64.init),
                    let modified = entry.text("LastModified").flatMap({ ISOText.parseInstant(Array($0.utf8)) })
                else { throw unreadable(doing, prefix) }
                let name = String(key.dropFirst(location.prefix.count))
                // What has no name of ours is nobody's object.
                guard key.hasPrefix(location.prefix), ObjectName.isValid(name) else { continue }
                found.append(ObjectFacts(name: name, size: size, modified: modified))
            }
            token = try next(page, "NextContinuationToken", after: token, doing: doing)
        } while token != nil
        return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Where the next page begins; nil after the last.
    private func next(_ page: XMLElement, _ name: String, after token: String?, doing: String) throws -> String? {
        guard page.text("IsTruncated") == "true" else { return nil }
        // A service that gives the same page for ever would keep us for ever.
        guard let next = page.text(name), !next.isEmpty, next != token else { throw unreadable(doing, address) }
        return next
    }

    private func document(_ query: [(name: String, value: String)], name: String? = nil, doing: String) async throws
        -> XMLElement
    {
        let answer = try await client.send(
            S3Request(method: "GET", name: name, query: query, expected: [200], doing: doing))
        guard let document = XMLElement.parse(answer.response.body) else { throw unreadable(doing, name ?? address) }
        return document
    }

    // MARK: Unfinished uploads

    public func sweep(before time: Int64) async throws -> Int64 {
        let doing = "removing unfinished uploads"
        var freed: Int64 = 0
        for upload in try await unfinishedUploads(doing) where upload.begun < time {
            let bytes = try await size(of: upload, doing: doing)
            _ = try await client.send(
                S3Request(
                    method: "DELETE", name: upload.name, query: [("uploadId", upload.id)], expected: [200, 204, 404],
                    doing: doing))
            freed += bytes
        }
        return freed
    }

    private struct UnfinishedUpload {
        var name: String
        var id: String
        var begun: Int64
    }

    private func unfinishedUploads(_ doing: String) async throws -> [UnfinishedUpload] {
        var found: [UnfinishedUpload] = []
        var marker: String?
        var uploadMarker: String?
        repeat {
            var query = [("uploads", ""), ("prefix", location.prefix)]
            if let marker { query.append(("key-marker", marker)) }
            if let uploadMarker { query.append(("upload-id-marker", uploadMarker)) }
            let page = try await document(query, doing: doing)
            for entry in page.all("Upload") {
                guard let key = entry.text("Key"), let id = entry.text("UploadId"), key.hasPrefix(location.prefix),
                    let begun = entry.text("Initiated").flatMap({ ISOText.parseInstant(Array($0.utf8)) })
                else { continue }
                found.append(UnfinishedUpload(name: String(key.dropFirst(location.prefix.count)), id: id, begun: begun))
            }
            let after = uploadMarker
            uploadMarker = try next(page, "NextUploadIdMarker", after: after, doing: doing)
            marker = uploadMarker == nil ? nil : page.text("NextKeyMarker")
        } while marker != nil
        return found
    }

    private func size(of upload: UnfinishedUpload, doing: String) async throws -> Int64 {
        var bytes: Int64 = 0
        var marker: String?
        repeat {
            let query = [("uploadId", upload.id)] + (marker.map { [("part-number-marker", $0)] } ?? [])
            let answer = try await client.send(
                S3Request(method: "GET", name: upload.name, query: query, expected: [200, 404], doing: doing))
            // Finished or removed by another since.
            guard answer.response.status == 200 else { return 0 }
            guard let page = XMLElement.parse(answer.response.body) else { throw unreadable(doing, upload.name) }
            bytes += page.all("Part").compactMap { $0.text("Size").flatMap(Int64.init) }.reduce(0, +)
            marker = try next(page, "NextPartNumberMarker", after: marker, doing: doing)
        } while marker != nil
        return bytes
    }
}
