import Crypto
import Foundation
import LockstepModel

extension S3ObjectStore {
    public func create(_ name: String, fromFile path: String) async throws -> Bool {
        try ObjectName.check(name, doing: "storing an object")
        let file = try LocalFile.open(path)
        let size = try file.size()
        if size > Self.partBytes { return try await createInParts(name, file, size: size) }
        return try await put(name, .file(file, offset: 0, count: size))
    }

    public func create(_ name: String, bytes: [UInt8]) async throws -> Bool {
        try ObjectName.check(name, doing: "storing an object")
        return try await put(name, .bytes(bytes))
    }

    private func put(_ name: String, _ body: HTTPRequest.Body) async throws -> Bool {
        let upload = RandomName.hex(bytes: 16)
        let digests = try await Digests.measure(body, needsMD5: location.lockDays != nil)
        let headers = [("if-none-match", "*"), (Self.uploadHeader, upload)] + digests.headers
        let answer = try await client.send(
            S3Request(
                method: "PUT", name: name, headers: headers + (try await lockHeaders()), body: body,
                payload: digests.sha256, expected: [200, 412], doing: "storing an object"))
        return try await isMade(name, by: upload, answer)
    }

    /// Whether the object that is there now is ours: where the answer to an earlier try was lost, that try may have made
    /// it, and this one been refused for it.
    private func isMade(_ name: String, by upload: String, _ answer: S3Answer) async throws -> Bool {
        if answer.response.status == 200 { return true }
        guard answer.mayHaveHappened else { return false }
        return try await head(name, doing: "storing an object")?[Self.uploadHeader] == upload
    }

    private func lockHeaders() async throws -> [(name: String, value: String)] {
        guard let days = location.lockDays else { return [] }
        let until = try await clock() + Int64(days) * ISOText.microsecondsPerDay
        let text = ISOText.formatTimestamp(until).replacing(" ", with: "T") + "Z"
        return [
            ("x-amz-object-lock-mode", location.lockMode.rawValue.uppercased()),
            ("x-amz-object-lock-retain-until-date", text),
        ]
    }

    // MARK: In pieces

    private func createInParts(_ name: String, _ file: LocalFile, size: Int64) async throws -> Bool {
        let doing = "storing an object"
        // Not every service honours the condition when an upload of pieces ends, so it is asked before, too.
        if try await head(name, doing: doing) != nil { return false }
        let upload = RandomName.hex(bytes: 16)
        let begun = try await client.send(
            S3Request(
                method: "POST", name: name, query: [("uploads", "")],
                headers: [(Self.uploadHeader, upload)] + (try await lockHeaders()), expected: [200], doing: doing))
        guard let id = XMLElement.parse(begun.response.body)?.text("UploadId"), !id.isEmpty else {
            throw unreadable(doing, name)
        }
        do {
            let tags = try await sendParts(name, file, size: size, upload: id)
            let isMade = try await complete(name, tags, id: id, upload: upload)
            if !isMade { try await abort(name, id) }
            return isMade
        } catch {
            // What cannot be taken back now is left to sweep(before:).
            try? await abort(name, id)
            throw error
        }
    }

    private func sendParts(_ name: String, _ file: LocalFile, size: Int64, upload: String) async throws -> [String] {
        // Larger pieces only where there would be too many.
        let piece = max(Self.partBytes, (size + Self.maximumParts - 1) / Self.maximumParts)
        let count = Int((size + piece - 1) / piece)
        var tags = [String](repeating: "", count: count)
        try await withThrowingTaskGroup(of: (Int, String).self) { group in
            var next = 0
            func add() {
                guard next < count else { return }
                let number = next
                next += 1
                let offset = Int64(number) * piece
                let body = HTTPRequest.Body.file(file, offset: offset, count: min(piece, size - offset))
                group.addTask { (number, try await self.sendPart(name, body, number: number + 1, upload: upload)) }
            }
            for _ in 0..<Self.parallelParts { add() }
            while let (number, tag) = try await group.next() {
                tags[number] = tag
                add()
            }
        }
        return tags
    }

    private func sendPart(_ name: String, _ body: HTTPRequest.Body, number: Int, upload: String) async throws -> String
    {
        let digests = try await Digests.measure(body, needsMD5: location.lockDays != nil)
        let answer = try await client.send(
            S3Request(
                method: "PUT", name: name, query: [("partNumber", "\(number)"), ("uploadId", upload)],
                headers: digests.headers, body: body, payload: digests.sha256, expected: [200],
                doing: "storing an object"))
        guard let tag = answer.response.headers["etag"] else { throw unreadable("storing an object", name) }
        return tag
    }

    private func complete(_ name: String, _ tags: [String], id: String, upload: String) async throws -> Bool {
        let doing = "storing an object"
        let parts = tags.enumerated().map {
            "<Part><PartNumber>\($0 + 1)</PartNumber><ETag>\(Self.escape($1))</ETag></Part>"
        }
        let body = Array("<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>".utf8)
        if try await head(name, doing: doing) != nil { return false }
        let answer = try await client.send(
            S3Request(
                method: "POST", name: name, query: [("uploadId", id)], headers: [("if-none-match", "*")],
                body: .bytes(body), payload: S3Signature.hex(SHA256.hash(data: body)), expected: [200, 404, 412],
                doing: doing))
        // The service may begin to answer before it knows how it ends: then an error comes with a 200.
        let document = XMLElement.parse(answer.response.body)
        if answer.response.status == 200, document?.name == "CompleteMultipartUploadResult" { return true }
        if try await head(name, doing: doing)?[Self.uploadHeader] == upload { return true }
        if answer.response.status == 412 { return false }
        throw ContinuityError(
            .unreachable, doing: doing, object: name,
            message:
                "the service did not finish the upload (\(document?.text("Code")?.prefix(60) ?? "no reason given"))",
            hint: "try again; what is stored already is whole")
    }

    private func abort(_ name: String, _ id: String) async throws {
        _ = try await client.send(
            S3Request(
                method: "DELETE", name: name, query: [("uploadId", id)], expected: [200, 204, 404],
                doing: "taking an upload back"))
    }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }

    // MARK: Digests

    /// What a body is signed with, and what object lock asks for besides.
    private struct Digests: Sendable {
        var sha256: String
        var md5: String?

        var headers: [(name: String, value: String)] { md5.map { [("content-md5", $0)] } ?? [] }

        private static let workers = BlockingWorkers("repository.digests", count: 4)

        static func measure(_ body: HTTPRequest.Body, needsMD5: Bool) async throws -> Digests {
            try await workers.run { cancellation in
                var sha256 = SHA256()
                var md5 = Insecure.MD5()
                func add(_ bytes: [UInt8]) {
                    sha256.update(data: bytes)
                    if needsMD5 { md5.update(data: bytes) }
                }
                switch body {
                case .none: break
                case .bytes(let bytes): add(bytes)
                case .file(let file, let offset, let count):
                    var done: Int64 = 0
                    while done < count {
                        try cancellation.check()
                        let bytes = try file.read(offset: offset + done, count: Int(min(1 << 20, count - done)))
                        guard !bytes.isEmpty else { break }
                        add(bytes)
                        done += Int64(bytes.count)
                    }
                }
                return Digests(
                    sha256: S3Signature.hex(sha256.finalize()),
                    md5: needsMD5 ? Data(md5.finalize()).base64EncodedString() : nil)
            }
        }
    }
}
