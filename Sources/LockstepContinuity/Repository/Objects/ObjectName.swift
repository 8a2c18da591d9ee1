import LockstepModel

/// The names that objects may have: relative, of `a-z A-Z 0-9 . _ - % /`, no component empty or beginning with a dot.
/// Whatever comes from a listing or a record is checked before it becomes a path or a URL.
public enum ObjectName {
    /// So that a name with a prefix before it fits into S3's 1024 bytes and any file system's path.
    static let maximumBytes = 512

    public static func isValid(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= maximumBytes else { return false }
        return name.utf8.split(separator: slash, omittingEmptySubsequences: false).allSatisfy(isComponent)
    }

    static func isComponent(_ component: some Collection<UInt8>) -> Bool {
        // 255 bytes are what file systems allow for one component.
        guard let first = component.first, first != dot, component.count <= 255 else { return false }
        return component.allSatisfy(isAllowed)
    }

    /// - Throws: ``ContinuityError`` with code `hostile` where the name is none of ours.
    static func check(_ name: String, doing: String) throws {
        guard !isValid(name) else { return }
        throw ContinuityError(
            .hostile, doing: doing, object: String(name.prefix(80)), message: "that is no name of an object",
            hint: "names are relative, of letters, digits and . _ - % /, and no part of them begins with a dot")
    }

    /// A prefix is a name cut anywhere, also after a slash.
    static func checkPrefix(_ prefix: String, doing: String) throws {
        guard !prefix.isEmpty else { return }
        try check(prefix.hasSuffix("/") ? prefix + "x" : prefix, doing: doing)
    }

    static let slash = UInt8(ascii: "/")
    static let dot = UInt8(ascii: ".")

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 97...122, 65...90, 48...57, dot, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "%"): true
        default: false
        }
    }
}

/// Random names, for what must not meet anything that is there already.
enum RandomName {
    /// Lower-case hexadecimal digits, two for each byte.
    static func hex(bytes count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return HexText.format((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}
