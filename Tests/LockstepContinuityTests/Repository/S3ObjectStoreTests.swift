import Foundation
import LockstepTesting
import Testing

@testable import LockstepContinuity

struct S3ObjectStoreTests {
    private let server: SeaweedServer
    private let folder: TemporaryFolder

    init() throws {
        server = try SeaweedServer.shared()
        folder = try TemporaryFolder()
    }

    private func file(_ count: Int) throws -> (path: String, bytes: [UInt8]) {
        let bytes = ObjectPlace.bytes(count, seed: 3)
        try Data(bytes).write(to: folder.file("source"))
        return (folder.path + "/source", bytes)
    }

    @Test func aLargeFileGoesInPiecesAndComesBackAsItWas() async throws {
        let store = try await server.store()
        let (path, bytes) = try file(40 << 20)
        #expect(try await store.create("parts/large", fromFile: path))
        #expect(try await !store.create("parts/large", fromFile: path))
        #expect(try await store.facts("parts/large")?.size == 40 << 20)
        // Compared outside: telling how two large arrays differ would take minutes.
        let isWhole = try await store.read("parts/large", offset: 0, count: 41 << 20) == bytes
        #expect(isWhole)
        #expect(
            try await store.read("parts/large", offset: (16 << 20) - 2, count: 4)
                == Array(bytes[((16 << 20) - 2)..<((16 << 20) + 2)]))
        #expect(try await store.sweep(before: .max) == 0)
    }

    @Test func manyObjectsAreListedPageByPage() async throws {
        let store = try await server.store()
        let names = (0..<1003).map { "snapshots/\(10000 + $0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for chunk in stride(from: 0, to: names.count, by: 100) {
                group.addTask {
                    for name in names[chunk..<min(chunk + 100, names.count)] {
                        _ = try await store.create(name, bytes: [1])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.list("snapshots/").map(\.name) == names)
    }

    @Test(arguments: [0, 20])
    func anAnswerThatIsLostDoesNotMakeAnObjectSomebodyElses(_ bytesOfAnswer: Int) async throws {
        let proxy = try FaultyProxy(to: server.port, faults: [.cutResponse(afterBytes: bytesOfAnswer)])
        let store = try await server.store(port: proxy.port)
        #expect(try await store.create("snapshots/x", bytes: [1, 2, 3]))
        #expect(proxy.faultsLeft == 0)
        #expect(try await store.read("snapshots/x", offset: 0, count: 9) == [1, 2, 3])
    }

    @Test func anAnswerThatIsLostDoesNotMakeAnotherWritersObjectOurs() async throws {
        let direct = try await server.store()
        #expect(try await direct.create("snapshots/x", bytes: [9]))
        let proxy = try FaultyProxy(to: server.port, faults: [.cutResponse(afterBytes: 0)])
        let store = try await server.store(prefix: direct.location.prefix, port: proxy.port)
        #expect(try await !store.create("snapshots/x", bytes: [1]))
        #expect(proxy.faultsLeft == 0)
        #expect(try await direct.read("snapshots/x", offset: 0, count: 9) == [9])
    }

    @Test func connectionsThatBreakAreTakenUpAgain() async throws {
        let (path, bytes) = try file(40 << 20)
        let faults: [FaultyProxy.Fault] = [
            .cutRequest(afterBytes: 100), .cutRequest(afterBytes: 3 << 20), .cutResponse(afterBytes: 0),
            .cutRequest(afterBytes: 9 << 20), .cutResponse(afterBytes: 10), .cutRequest(afterBytes: 1 << 20),
        ]
        let proxy = try FaultyProxy(to: server.port, faults: faults)
        let store = try await server.store(port: proxy.port)
        #expect(try await store.create("parts/x", fromFile: path))
        #expect(proxy.faultsLeft == 0)
        let cut = try FaultyProxy(
            to: server.port, faults: [.cutResponse(afterBytes: 1 << 20), .cutResponse(afterBytes: 20 << 20)])
        let reader = try await server.store(prefix: store.location.prefix, port: cut.port)
        let isWhole = try await reader.read("parts/x", offset: 0, count: 40 << 20) == bytes
        #expect(isWhole)
        #expect(cut.faultsLeft == 0)
    }

    @Test func aServiceThatStaysAwayIsUnreachable() async throws {
        var patience = S3Patience.quick
        patience.attempts = 3
        let proxy = try FaultyProxy(to: server.port, faults: Array(repeating: .cutRequest(afterBytes: 0), count: 20))
        let store = try await server.store(patience: patience, port: proxy.port)
        #expect(await code { _ = try await store.list("") } == .unreachable)
        #expect(proxy.faultsLeft == 17)
    }

    @Test func uploadsThatWereGivenUpAreSweptWhenOld() async throws {
        let store = try await server.store()
        let begun = try await store.client.send(
            S3Request(method: "POST", name: "parts/x", query: [("uploads", "")], expected: [200], doing: ""))
        let id = try #require(XMLElement.parse(begun.response.body)?.text("UploadId"))
        let body = [UInt8](repeating: 5, count: 6 << 20)
        _ = try await store.client.send(
            S3Request(
                method: "PUT", name: "parts/x", query: [("partNumber", "1"), ("uploadId", id)], body: .bytes(body),
                payload: Repository.digest(body), expected: [200], doing: ""))
        #expect(try await store.list("").isEmpty)
        let now = try await store.clock()
        #expect(try await store.sweep(before: now - 3600_000_000) == 0)
        #expect(try await store.sweep(before: now + 3600_000_000) == 6 << 20)
        #expect(try await store.sweep(before: now + 3600_000_000) == 0)
    }

    @Test func aWrongSecretIsToldWithoutShowingIt() async throws {
        let location = try S3Location(server.url(bucket: SeaweedServer.bucket, prefix: UUID().uuidString))
        for credentials in [
            S3Credentials(accessKey: SeaweedServer.accessKey, secretKey: "hush hush"),
            S3Credentials(accessKey: "nobody", secretKey: "hush hush", sessionToken: "hush token"),
        ] {
            let store = S3ObjectStore(location: location, credentials: credentials, patience: .quick)
            let error = try await #require(throws: ContinuityError.self) { _ = try await store.list("") }
            #expect([.configuration, .forbidden].contains(error.code))
            #expect(!"\(error) \(credentials) \(String(reflecting: credentials)) \(store.address)".contains("hush"))
            var dumped = ""
            dump(credentials, to: &dumped)
            #expect(!dumped.contains("hush"))
        }
    }

    @Test func aClockTwoDaysOffIsSetByTheServices() async throws {
        let location = try S3Location(server.url(bucket: SeaweedServer.bucket, prefix: UUID().uuidString))
        let twoDays: Int64 = 2 * 86_400_000_000
        for offset in [-twoDays, twoDays] {
            let store = S3ObjectStore(
                location: location, credentials: SeaweedServer.credentials, patience: .quick,
                now: { S3ObjectStore.systemClock() + offset })
            #expect(try await store.create("x\(offset < 0)", bytes: [1]))
            #expect(abs(try await store.clock() - S3ObjectStore.systemClock()) < 60_000_000)
        }
    }

    @Test func lockedObjectsAreNotDeletedAndSayUntilWhen() async throws {
        let bucket = "locked-\(UUID().uuidString.lowercased())"
        let location = try S3Location(server.url(bucket: bucket) + "&lockDays=3")
        let store = S3ObjectStore(location: location, credentials: SeaweedServer.credentials, patience: .quick)
        _ = try await store.client.send(
            S3Request(
                method: "PUT", name: nil, headers: [("x-amz-bucket-object-lock-enabled", "true")], expected: [200],
                doing: ""))
        let (path, _) = try file(20 << 20)
        // Both clocks are this machine's; the service keeps whole seconds.
        let (first, second) = (try await store.clock() - 2_000_000, Int64(3 * 86_400_000_000))
        #expect(try await store.create("small", bytes: [1]))
        #expect(try await store.create("large", fromFile: path))
        let last = try await store.clock() + 2_000_000
        for name in ["small", "large"] {
            let until = try #require(try await store.facts(name)?.lockedUntil)
            #expect((first + second...last + second).contains(until))
        }
    }

    @Test func aBucketThatIsNotThereIsSaid() async throws {
        let store = try await server.store(bucket: "no-such-bucket")
        #expect(await code { _ = try await store.list("") } == .noRepository)
        #expect(await code { _ = try await Repository.open(at: store) } == .noRepository)
    }
}

struct S3SignatureTests {
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>, "Examples".
    private func authorization(
        path: String, query: [(name: String, value: String)], headers: [(name: String, value: String)]
    ) -> String? {
        let signature = S3Signature(
            credentials: S3Credentials(
                accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            region: "us-east-1")
        return signature.sign(
            method: "GET", host: "examplebucket.s3.amazonaws.com", path: path, query: query, headers: headers,
            payload: S3Signature.emptyDigest, time: 1_369_353_600_000_000
        ).first { $0.name == "Authorization" }?.value
    }

    @Test func theServicesOwnExamplesAreSignedAsItSays() throws {
        let get = try #require(authorization(path: "/test.txt", query: [], headers: [("Range", "bytes=0-9")]))
        #expect(get.hasSuffix("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"))
        let list = try #require(authorization(path: "/", query: [("prefix", "J"), ("max-keys", "2")], headers: []))
        #expect(list.hasSuffix("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"))
        let cycle = try #require(authorization(path: "/", query: [("lifecycle", "")], headers: []))
        #expect(cycle.hasSuffix("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"))
    }

    @Test func addressesAreReadAndMistakesTold() throws {
        let location = try S3Location("s3://archive/a/b/?endpoint=http://127.0.0.1:8333&region=eu-central-1")
        #expect(location.prefix == "a/b/")
        #expect(location.host == "127.0.0.1:8333")
        #expect(location.path("a/b/x%y") == "/archive/a/b/x%25y")
        let amazon = try S3Location("s3://archive?region=eu-central-1&lockDays=30&lockMode=governance")
        #expect(amazon.host == "archive.s3.eu-central-1.amazonaws.com")
        #expect(amazon.path("x") == "/x")
        #expect(amazon.lockDays == 30)
        #expect(try S3Location("s3://a?endpoint=https://h:443").host == "h")
        for wrong in [
            "s3://", "http://x", "s3://key:secret@bucket", "s3://b?endpoint=127.0.0.1", "s3://b?unknown=1",
            "s3://b?lockDays=0", "s3://b?lockMode=maybe", "s3://b/a/../c", "s3://b?endpoint=ftp://x",
            "s3://b?region=a&region=b",
        ] {
            #expect(throws: ContinuityError.self, "\(wrong)") { try S3Location(wrong) }
        }
    }

    @Test func documentsThatAreCutOrForeignAreNotRead() {
        let text = "<?xml version=\"1.0\"?>\n<a xmlns='x'><b>1 &lt; 2 &#65;&#x42;</b><c/><d><![CDATA[<&>]]></d></a>"
        let whole = XMLElement.parse(Array(text.utf8))
        #expect(whole?.text("b") == "1 < 2 AB")
        #expect(whole?.text("c")?.isEmpty == true)
        #expect(whole?.text("d") == "<&>")
        for length in 0..<text.utf8.count { #expect(XMLElement.parse(Array(text.utf8.prefix(length))) == nil) }
        #expect(XMLElement.parse(Array("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>".utf8)) == nil)
        #expect(XMLElement.parse(Array(String(repeating: "<a>", count: 100_000).utf8)) == nil)
    }
}
