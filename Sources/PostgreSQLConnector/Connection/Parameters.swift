/// The bound values of one statement, in one buffer, so that no value has a heap object of its own.
struct Parameters {
    private(set) var types: [UInt32] = []
    private(set) var formats: [Int32] = []
    private var ranges: [Range<Int>?] = []
    private var buffer: [UInt8] = []

    var isEmpty: Bool { types.isEmpty }

    init() {}

    init(_ texts: [String?]) { for text in texts { append(text: text) } }

    mutating func append(text: String?, type: UInt32 = 0) {
        types.append(type)
        formats.append(0)
        guard let text else {
            ranges.append(nil)
            return
        }
        let start = buffer.count
        buffer.append(contentsOf: text.utf8)
        ranges.append(start..<buffer.count)
        buffer.append(0)
    }

    mutating func append(binaryOf type: UInt32, _ write: (inout [UInt8]) -> Void) {
        types.append(type)
        formats.append(1)
        let start = buffer.count
        write(&buffer)
        ranges.append(start..<buffer.count)
    }

    mutating func appendNull(type: UInt32) {
        types.append(type)
        formats.append(1)
        ranges.append(nil)
    }

    /// What libpq takes: pointers and lengths that are valid inside `body` only.
    func withPointers<Result>(_ body: ([UnsafePointer<CChar>?], [Int32]) throws -> Result) rethrows -> Result {
        try buffer.withUnsafeBytes { bytes in
            let base = bytes.bindMemory(to: CChar.self).baseAddress
            let empty = UnsafePointer<CChar>(bitPattern: MemoryLayout<Int>.alignment)
            // A value of no bytes still needs a pointer that is not null: null means SQL null.
            let values = ranges.map { range in
                range.flatMap { range in base.map { $0 + range.lowerBound } ?? empty }
            }
            return try body(values, ranges.map { Int32($0?.count ?? 0) })
        }
    }
}
