/// Reads a header line by line, as its bytes come. What is not exactly of the form is refused: the header is covered by
/// a code, but that is known only once it was read.
struct AgeHeaderReader: Sendable {
    /// The width of full lines of a stanza's body.
    static let columns = 64
    /// A header with a thousand recipients has some 100 KB; one without an end must not fill the memory.
    static let byteLimit = 1 << 20

    private enum Expecting: Sendable {
        case version
        /// A stanza or, if there was one, the last line.
        case stanza
        case body
    }

    private var expecting = Expecting.version
    private var bytes: [UInt8] = []
    private var lineBegin = 0
    private var stanzas: [AgeHeader.Stanza] = []
    private var arguments: [String] = []
    private var body: [UInt8] = []

    /// Takes bytes up to the header's end.
    ///
    /// - Returns: the header, once it is whole, and how many of `input` were taken.
    mutating func read(_ input: UnsafeRawBufferPointer) throws -> (header: AgeHeader?, taken: Int) {
        var taken = 0
        while taken < input.count {
            let rest = UnsafeRawBufferPointer(rebasing: input[taken...])
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                try append(rest)
                if case .version = expecting { try checkBegin() }
                return (nil, input.count)
            }
            try append(UnsafeRawBufferPointer(rebasing: rest[..<end]))
            taken += end + 1
            if let header = try endLine() { return (header, taken) }
            bytes.append(UInt8(ascii: "\n"))
            lineBegin = bytes.count
        }
        return (nil, taken)
    }

    /// The error for a file that ended before its header did.
    var cutOff: ContinuityError { AgeHeader.damaged("it ends in the middle of its header") }

    private mutating func append(_ piece: UnsafeRawBufferPointer) throws {
        guard bytes.count + piece.count <= Self.byteLimit else {
            throw AgeHeader.damaged("its header has more than \(Self.byteLimit) bytes")
        }
        bytes.append(contentsOf: piece)
    }

    /// A file of another kind shows in its first bytes, not after a megabyte.
    private func checkBegin() throws {
        guard AgeHeader.versionLine.utf8.starts(with: bytes) || bytes.starts(with: "age-encryption.org/".utf8) else {
            throw AgeHeader.damaged("it is no age file")
        }
    }

    private mutating func endLine() throws -> AgeHeader? {
        let line = bytes[lineBegin...]
        switch expecting {
        case .version:
            try checkVersion(line)
            expecting = .stanza
        case .stanza:
            if line.starts(with: "---".utf8) { return try end(line) }
            try beginStanza(line)
            expecting = .body
        case .body:
            guard line.count <= Self.columns else { throw AgeHeader.damaged("a line of its header is too long") }
            body.append(contentsOf: line)
            if line.count < Self.columns {
                try endStanza()
                expecting = .stanza
            }
        }
        return nil
    }

    private func checkVersion(_ line: ArraySlice<UInt8>) throws {
        if line.elementsEqual(AgeHeader.versionLine.utf8) { return }
        try checkBegin()
        throw ContinuityError(
            .tooNew, doing: "opening what is sealed", message: "it is of a version of age that is not known here",
            hint: "a newer version of lockstep or of age may open it")
    }

    private mutating func beginStanza(_ line: ArraySlice<UInt8>) throws {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count >= 2, words[0].elementsEqual("->".utf8),
            words.dropFirst().allSatisfy({ !$0.isEmpty && $0.allSatisfy { (0x21...0x7e).contains($0) } })
        else { throw AgeHeader.damaged("a line of its header is not of the form") }
        arguments = words.dropFirst().map { String(decoding: $0, as: UTF8.self) }
        body = []
    }

    private mutating func endStanza() throws {
        guard let decoded = PlainBase64.decode(body) else {
            throw AgeHeader.damaged("a recipient's text in its header is no canonical base64")
        }
        stanzas.append(AgeHeader.Stanza(arguments: arguments, body: decoded))
    }

    private func end(_ line: ArraySlice<UInt8>) throws -> AgeHeader {
        guard !stanzas.isEmpty else { throw AgeHeader.damaged("its header names no recipient") }
        let code = line.dropFirst(4)
        guard line.starts(with: "--- ".utf8), let mac = PlainBase64.decode(code), mac.count == AgeHeader.macByteCount
        else { throw AgeHeader.damaged("the last line of its header is not of the form") }
        return AgeHeader(stanzas: stanzas, signedBytes: Array(bytes[..<(lineBegin + 3)]), mac: mac)
    }
}
