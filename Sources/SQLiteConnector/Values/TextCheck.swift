/// Whether bytes are UTF-8, fast where they are ASCII.
enum TextCheck {
    static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 8 <= bytes.count {
            guard bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else {
                return isUTF8Slowly(bytes)
            }
            index += 8
        }
        while index < bytes.count {
            guard bytes[index] < 0x80 else { return isUTF8Slowly(bytes) }
            index += 1
        }
        return true
    }

    private static func isUTF8Slowly(_ bytes: UnsafeRawBufferPointer) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }
}
