import Foundation
import LockstepTesting
import Testing

@testable import LockstepContinuity

/// Parts: every tool opens them, and what is not exactly what was written is refused.
struct PartTests {
    private static let members: [(name: String, bytes: [UInt8])] = [
        ("rows/crm/accounts/000000.tsv", Array("1\tä\n2\t\\N\n".utf8)),
        ("rows/crm/accounts/000001.tsv", (0..<300_000).map { UInt8($0 % 251) }),
        ("schema/crm/before.sql", []),
    ]

    private func part(_ folder: TemporaryFolder, _ sealing: Sealing = .none) async throws -> SpooledPart {
        let writer = PartWriter(
            PartWriter.Settings(sealing: sealing, level: 3, readme: "read me\n", folder: folder.url.path))
        for member in Self.members {
            #expect(try await writer.append(EncodedMember(name: member.name, bytes: member.bytes, level: 3)) == nil)
        }
        return try #require(try await writer.close())
    }

    /// Reads all that a part holds.
    private func contents(_ path: String, _ manifest: PartManifest, _ keyring: Keyring = .empty) throws -> [String:
        [UInt8]]
    {
        let reader = try PartReader(path: path, manifest: manifest, keyring: keyring)
        var found: [String: [UInt8]] = [:]
        while let member = try reader.nextMember() {
            var bytes: [UInt8] = []
            while case let block = try reader.read(), !block.isEmpty { bytes += block }
            found[member.name] = bytes
        }
        return found
    }

    @Test func whatIsWrittenIsReadBack() async throws {
        let folder = try TemporaryFolder()
        let part = try await part(folder)
        let found = try contents(part.path, part.manifest)
        for member in Self.members { #expect(found[member.name] == member.bytes) }
        #expect(found["README.txt"] == Array("read me\n".utf8))
        #expect(part.manifest.object.size == Int64(try Data(contentsOf: URL(filePath: part.path)).count))
    }

    @Test func theSameMembersMakeTheSamePart() async throws {
        let first = try await part(try TemporaryFolder())
        let second = try await part(try TemporaryFolder())
        #expect(first.manifest == second.manifest)
    }

    @Test func aSealedPartOpensWithItsKeyOnly() async throws {
        let folder = try TemporaryFolder()
        let identity = AgeIdentity.generate()
        let part = try await part(folder, .age([identity.recipient]))
        #expect(part.manifest.object.name.hasSuffix(".tar.zst.age"))
        #expect(try contents(part.path, part.manifest, Keyring(identities: [identity])).count == 5)
        let error = #expect(throws: ContinuityError.self) {
            try contents(part.path, part.manifest, Keyring(identities: [AgeIdentity.generate()]))
        }
        #expect(error?.code == .wrongKey)
    }

    @Test func tarOpensItAndTheSumsAgree() async throws {
        let folder = try TemporaryFolder()
        let part = try await part(folder)
        let shell = URL(filePath: "/bin/sh")
        let script =
            "mkdir out && tar --extract --zstd --file \"$0\" --directory out && cd out && sha256sum --check SHA256SUMS"
        let outcome = try await CommandRun.run(shell, ["-c", script, part.path], folder: folder.url)
        #expect(outcome.exitCode == 0, "\(outcome.standardError)")
        #expect(outcome.standardError == "")
        for member in Self.members {
            let bytes = try Data(contentsOf: folder.url.appending(path: "out/\(member.name)"))
            #expect([UInt8](bytes) == member.bytes)
        }
    }

    /// Also where a frame ends, which every tool reads as a whole archive.
    @Test func aPartThatIsCutAnywhereIsRefused() async throws {
        let folder = try TemporaryFolder()
        let part = try await part(folder)
        let bytes = try Data(contentsOf: URL(filePath: part.path))
        let frames = bytes.indices.filter { bytes[$0...].starts(with: [0x28, 0xB5, 0x2F, 0xFD]) }
        #expect(frames.count >= 6)
        let lengths = Set(frames + stride(from: 0, to: bytes.count, by: 97) + [bytes.count - 1])
        for length in lengths.sorted() {
            let path = folder.url.appending(path: "cut").path
            try bytes.prefix(length).write(to: URL(filePath: path))
            #expect(throws: ContinuityError.self, "cut at \(length) of \(bytes.count)") {
                try contents(path, part.manifest)
            }
        }
    }

    @Test func aFlippedBitIsNoticedWherever() async throws {
        let folder = try TemporaryFolder()
        let part = try await part(folder)
        let bytes = try Data(contentsOf: URL(filePath: part.path))
        let whole = try contents(part.path, part.manifest)
        let path = folder.url.appending(path: "flipped").path
        for bit in stride(from: 0, to: bytes.count * 8, by: 61) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            try changed.write(to: URL(filePath: path))
            // Bits that mean nothing to a reader may change nothing; what comes out is never anything else.
            if let found = try? contents(path, part.manifest) { #expect(found == whole, "bit \(bit)") }
        }
    }

    @Test func whatTheManifestDoesNotNameIsRefused() async throws {
        let folder = try TemporaryFolder()
        let part = try await part(folder)
        var fewer = part.manifest
        fewer.members.removeLast()
        #expect(throws: ContinuityError.self) { try contents(part.path, fewer) }
        var more = part.manifest
        more.members.append(MemberManifest(name: "rows/x", size: 0, sha256: ContentDigest.hexadecimal(of: [])))
        #expect(throws: ContinuityError.self) { try contents(part.path, more) }
        var swapped = part.manifest
        swapped.members.swapAt(1, 2)
        #expect(throws: ContinuityError.self) { try contents(part.path, swapped) }
        var resized = part.manifest
        resized.members[1].size += 1
        #expect(throws: ContinuityError.self) { try contents(part.path, resized) }
    }

    /// Archives that somebody else made: links, devices, paths that lead elsewhere, more than is declared.
    @Test(arguments: [
        ("../up", "file"), ("/absolute", "file"), ("rows/../../up", "file"), ("rows/a", "symlink"),
        ("rows/a", "hardlink"),
        ("rows/a", "device"), ("rows/a", "directory"), ("rows/a", "bomb"),
    ])
    func hostileArchivesAreRefused(name: String, kind: String) async throws {
        let folder = try TemporaryFolder()
        let script = """
            import io, sys, tarfile
            name, kind, path = sys.argv[1:]
            with tarfile.open(path, "w") as archive:
                entry = tarfile.TarInfo(name)
                data = b"x"
                if kind == "symlink": entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
                if kind == "hardlink": entry.type, entry.linkname = tarfile.LNKTYPE, "rows/b"
                if kind == "device": entry.type = tarfile.CHRTYPE
                if kind == "directory": entry.type = tarfile.DIRTYPE
                if kind == "bomb": data = bytes(50_000_000)
                entry.size = len(data) if kind in ("file", "bomb") else 0
                archive.addfile(entry, io.BytesIO(data))
            """
        let tar = folder.url.appending(path: "a.tar").path
        let made = try await CommandRun.run(
            URL(filePath: "/usr/bin/env"), ["python3", "-c", script, name, kind, tar], folder: folder.url)
        #expect(made.exitCode == 0, "\(made.standardError)")
        let packed = try await CommandRun.run(URL(filePath: "/usr/bin/env"), ["zstd", "-q", tar], folder: folder.url)
        #expect(packed.exitCode == 0)
        let member = MemberManifest(name: name, size: 1, sha256: ContentDigest.hexadecimal(of: [UInt8(ascii: "x")]))
        let object = ObjectReference(name: "parts/aa/aa.tar.zst", size: 0, sha256: "")
        #expect(throws: ContinuityError.self) {
            try contents(tar + ".zst", PartManifest(object: object, members: [member]))
        }
    }

    @Test func aLargeFileIsCutIntoMembers() async throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let source = folder.url.appending(path: "image").path
        try Data(bytes).write(to: URL(filePath: source))
        let writer = PartWriter(.init(sealing: .none, level: 1, readme: "", folder: folder.url.path))
        let cuts = try FileCut.all(of: source, name: "image/crm.db", bytes: 1_000_000)
        #expect(cuts.map(\.name) == ["image/crm.db.0000", "image/crm.db.0001", "image/crm.db.0002"])
        for cut in cuts { #expect(try await writer.append(cut)?.path == nil) }
        let part = try #require(try await writer.close())
        let found = try contents(part.path, part.manifest)
        #expect(cuts.flatMap { found[$0.name] ?? [] } == bytes)
        // The names stay in their order, however large the file is.
        let most = try FileCut.all(of: source, name: "image/crm.db", bytes: 1)
        #expect(most.count <= 10_000 && most.map(\.name) == most.map(\.name).sorted())
        #expect(most.reduce(0) { $0 + $1.size } == 2_500_000)
    }

    @Test(arguments: [
        ("accounts", "accounts"), ("sales.Ä b", "sales.%C3%84%20b"), ("..", "%2E."), (".hidden", "%2Ehidden"),
        ("a/b", "a%2Fb"), ("", ""),
    ])
    func namesOfTablesCannotLeadElsewhere(table: String, escaped: String) {
        #expect(MemberName.escaped(table) == escaped)
        #expect(table.isEmpty || MemberName.isValid("rows/\(MemberName.escaped(table))/x"))
    }
}
