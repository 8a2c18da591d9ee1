internal import CZstd

/// Makes zstd frames (RFC 8878) with a checksum of their content, which libarchive 3.6 would leave out. The window is 8 MiB
/// at most, so that every decoder takes them.
final class ZstdFrame {
    private static let largestWindowLog = 23
    private let context: OpaquePointer
    private let level: Int
    private var block: [UInt8]

    /// - Parameter workers: threads of its own; 0 to compress on the caller's.
    init(level: Int, workers: Int = 0) throws {
        guard let context = ZSTD_createCCtx() else { throw Self.failure("there is no memory") }
        self.context = context
        self.level = level
        block = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
        let settings: [(ZSTD_cParameter, Int)] = [
            (ZSTD_c_compressionLevel, level), (ZSTD_c_checksumFlag, 1), (ZSTD_c_nbWorkers, workers),
        ]
        for (parameter, value) in settings { try Self.check(ZSTD_CCtx_setParameter(context, parameter, Int32(value))) }
        if level > 17 {
            try Self.check(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, Int32(Self.largestWindowLog)))
        }
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Compresses a piece of the frame.
    func update(_ bytes: UnsafeRawBufferPointer, _ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        try run(bytes, ZSTD_e_continue, sink)
    }

    func update(_ bytes: [UInt8], _ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        try bytes.withUnsafeBytes { try update($0, sink) }
    }

    /// Ends the frame; what follows begins another one.
    func end(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        try run(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end, sink)
    }

    private func run(
        _ bytes: UnsafeRawBufferPointer, _ directive: ZSTD_EndDirective, _ sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while true {
            let (remaining, count) = try block.withUnsafeMutableBytes { block -> (Int, Int) in
                var output = ZSTD_outBuffer(dst: block.baseAddress, size: block.count, pos: 0)
                let remaining = ZSTD_compressStream2(context, &output, &input, directive)
                try Self.check(remaining)
                return (remaining, output.pos)
            }
            if count > 0 {
                try block.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
            }
            let isDone = directive == ZSTD_e_end ? remaining == 0 : input.pos == input.size
            if isDone { return }
        }
    }

    private static func check(_ result: Int) throws {
        guard ZSTD_isError(result) != 0 else { return }
        throw failure(String(cString: ZSTD_getErrorName(result)))
    }

    private static func failure(_ message: String) -> ContinuityError {
        ContinuityError(.file, doing: "compressing a part", message: message, hint: "")
    }
}

/// Reads what ``ZstdFrame`` and `zstd` write: frames after each other.
final class ZstdReader {
    /// Larger windows than ours would let a few bytes ask for gigabytes of memory.
    private static let largestWindowLog = 27
    private let context: OpaquePointer
    private let object: String
    private var isBetweenFrames = true

    init(object: String) throws {
        guard let context = ZSTD_createDCtx() else {
            throw ContinuityError(.file, doing: "reading a part", message: "there is no memory", hint: "")
        }
        self.context = context
        self.object = object
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Int32(Self.largestWindowLog))
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Decompresses as much as `output` has room for.
    ///
    /// - Returns: bytes taken from the input, and bytes written.
    func update(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws
        -> (taken: Int, written: Int)
    {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let result = ZSTD_decompressStream(context, &target, &input)
        guard ZSTD_isError(result) == 0 else {
            throw damaged("its compressed bytes are damaged (\(String(cString: ZSTD_getErrorName(result))))")
        }
        // Asked without input after a frame's end, it asks for the next one.
        if input.pos > 0 || target.pos > 0 { isBetweenFrames = result == 0 }
        return (input.pos, target.pos)
    }

    /// - Throws: where the bytes ended within a frame.
    func finish() throws {
        guard isBetweenFrames else { throw damaged("it is cut off within a compressed frame") }
    }

    private func damaged(_ message: String) -> ContinuityError {
        ContinuityError(
            .damaged, doing: "reading a part", object: object, message: message,
            hint: "take another copy of the repository, or an older snapshot")
    }
}
