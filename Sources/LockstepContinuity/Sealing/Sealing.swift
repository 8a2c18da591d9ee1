/// How what is stored is kept from those who should not read it.
public enum Sealing: Sendable, Hashable {
    /// Stored as it is.
    case none
    /// Each object an age v1 file for these recipients.
    case age([AgeRecipient])

    /// What an object's name ends with: `.age`, or nothing.
    public var suffix: String {
        switch self {
        case .none: ""
        case .age: ".age"
        }
    }

    /// The recipients as a snapshot's record names them; passphrases only as such.
    public var recipientTexts: [String] {
        switch self {
        case .none: []
        case .age(let recipients): recipients.map(\.description)
        }
    }

    /// Seals something small at once.
    ///
    /// - Throws: as ``AgeEncryptor``.
    public func seal(_ bytes: [UInt8]) throws -> [UInt8] {
        var sealer = try Sealer(self)
        var output: [UInt8] = []
        try sealer.update(bytes, into: &output)
        try sealer.finish(into: &output)
        return output
    }
}

/// Seals a stream of bytes, or passes it on as it is.
public struct Sealer: Sendable {
    private var encryptor: AgeEncryptor?

    /// - Throws: as ``AgeEncryptor/init(recipients:)``.
    public init(_ sealing: Sealing) throws {
        switch sealing {
        case .none: encryptor = nil
        case .age(let recipients): encryptor = try AgeEncryptor(recipients: recipients)
        }
    }

    /// Appends what is ready to be stored.
    public mutating func update(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws {
        if encryptor == nil { output.append(contentsOf: bytes) }
        try encryptor?.update(bytes, into: &output)
    }

    public mutating func update(_ bytes: [UInt8], into output: inout [UInt8]) throws {
        try bytes.withUnsafeBytes { try update($0, into: &output) }
    }

    /// Appends the rest. Must be called once, at the end.
    public mutating func finish(into output: inout [UInt8]) throws { try encryptor?.finish(into: &output) }
}

/// Opens a stream that ``Sealer`` made.
public struct Opener: Sendable {
    private var decryptor: AgeDecryptor?

    /// - Parameter objectName: an object whose name ends with `.age` is an age file; any other is passed on as it is.
    public init(_ keyring: Keyring, objectName: String) {
        decryptor = objectName.hasSuffix(Sealing.age([]).suffix) ? AgeDecryptor(keyring: keyring) : nil
    }

    /// Appends what the bytes make known.
    ///
    /// - Throws: as ``AgeDecryptor/update(_:into:)-(UnsafeRawBufferPointer,_)``.
    public mutating func update(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) throws {
        if decryptor == nil { output.append(contentsOf: bytes) }
        try decryptor?.update(bytes, into: &output)
    }

    public mutating func update(_ bytes: [UInt8], into output: inout [UInt8]) throws {
        try bytes.withUnsafeBytes { try update($0, into: &output) }
    }

    /// Appends the rest, and proves that nothing was cut off.
    public mutating func finish(into output: inout [UInt8]) throws { try decryptor?.finish(into: &output) }
}

extension Keyring {
    /// Opens something small at once.
    ///
    /// - Throws: ``ContinuityError`` as ``AgeDecryptor``, with the object's name.
    public func open(_ bytes: [UInt8], objectName: String) throws -> [UInt8] {
        var opener = Opener(self, objectName: objectName)
        var output: [UInt8] = []
        do {
            try opener.update(bytes, into: &output)
            try opener.finish(into: &output)
        } catch var error as ContinuityError {
            error.object = objectName
            throw error
        }
        return output
    }
}
