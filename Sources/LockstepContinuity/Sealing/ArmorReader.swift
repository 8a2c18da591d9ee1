/// Takes the ASCII armor off an age file (age-encryption.org/v1, "ASCII armor"; RFC 7468, figure 3), line by line. Only
/// the strict form is read, so that an armored file cannot be changed unseen; lines may end with CR LF.
struct ArmorReader: Sendable {
    static let begin = "-----BEGIN AGE ENCRYPTED FILE-----"
    static let end = "-----END AGE ENCRYPTED FILE-----"
    private static let columns = 64

    private enum Expecting: Sendable {
        case begin
        case body
        /// The body's last line was read.
        case end
        /// Nothing but white space.
        case nothing
    }

    private var expecting = Expecting.begin
    private var line: [UInt8] = []

    /// Appends the bytes that are ready.
    mutating func read(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) throws {
        for byte in input {
            if byte == UInt8(ascii: "\n") {
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                try endLine(into: &output)
                line.removeAll(keepingCapacity: true)
            } else if !isOutside(byte) {
                // A carriage return may follow a full line.
                guard line.count <= Self.columns else { throw Self.damaged("a line of its armor is too long") }
                line.append(byte)
            }
        }
    }

    /// Ends the text; its last line may lack the line feed.
    mutating func finish(into output: inout [UInt8]) throws {
        if !line.isEmpty { try endLine(into: &output) }
        guard case .nothing = expecting else { throw Self.damaged("its armor is cut off") }
    }

    /// White space before and after the armor is skipped, however much there is.
    private func isOutside(_ byte: UInt8) -> Bool {
        guard line.isEmpty else { return false }
        switch expecting {
        case .begin, .nothing: return byte == 0x20 || byte == 0x09 || byte == 0x0d
        case .body, .end: return false
        }
    }

    private mutating func endLine(into output: inout [UInt8]) throws {
        switch expecting {
        case .begin:
            if line.isEmpty { return }
            guard line.elementsEqual(Self.begin.utf8) else { throw Self.damaged("it is no age file") }
            expecting = .body
        case .body where line.starts(with: "-".utf8), .end:
            guard line.elementsEqual(Self.end.utf8) else { throw Self.damaged("its armor has a line too many") }
            expecting = .nothing
        case .body:
            guard !line.isEmpty, line.count <= Self.columns, let bytes = PlainBase64.decodePadded(line) else {
                throw Self.damaged("a line of its armor is no canonical base64")
            }
            output.append(contentsOf: bytes)
            if line.count < Self.columns || line.last == UInt8(ascii: "=") { expecting = .end }
        case .nothing:
            guard line.isEmpty else { throw Self.damaged("there is something after its armor") }
        }
    }

    private static func damaged(_ message: String) -> ContinuityError { AgeHeader.damaged(message) }
}
