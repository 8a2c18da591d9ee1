import CPostgreSQL
import ConnectorKit
import LockstepModel

/// The rows of one running SELECT, batch by batch: by binary COPY where nothing is bound, else in single-row mode.
struct RowStream {
    private let wire: Wire
    private let codecs: [Codec]
    private let isCopy: Bool
    private var hasHeader = false
    private(set) var isFinished = false

    init(_ wire: Wire, _ selection: RowSelection, _ parameters: Parameters) throws {
        self.wire = wire
        codecs = selection.codecs
        isCopy = selection.isCopyable
        if isCopy {
            try wire.execute("copy (\(selection.sql)) to stdout (format binary)")
        } else {
            let sent = parameters.withPointers { values, lengths in
                PQsendQueryParams(
                    wire.handle, selection.sql, Int32(values.count), parameters.types, values, lengths,
                    parameters.formats, 1)
            }
            guard sent == 1, PQsetSingleRowMode(wire.handle) == 1 else {
                throw ServerError(result: nil, connection: wire.handle)
            }
        }
    }

    /// The next rows, up to the limits; nil at the end.
    mutating func next(_ limits: BatchLimits) throws -> RowBatch? {
        guard !isFinished else { return nil }
        let reserved = min(limits.rows, 65_536)
        var batch = RowBatch(
            columnCount: codecs.count, reservingRows: min(reserved, limits.bytes / (codecs.count * 16) + 1))
        while !batch.isFull(limits) {
            guard isCopy ? try copyRow(&batch) : try singleRow(&batch) else {
                isFinished = true
                break
            }
        }
        return batch.isEmpty ? nil : batch
    }

    private mutating func copyRow(_ batch: inout RowBatch) throws -> Bool {
        while true {
            var pointer: UnsafeMutablePointer<CChar>?
            let length = PQgetCopyData(wire.handle, &pointer, 0)
            guard length > 0, let pointer else {
                try wire.drain()
                if length == -2 { throw ServerError(result: nil, connection: wire.handle) }
                return false
            }
            defer { PQfreemem(pointer) }
            var bytes = UnsafeRawBufferPointer(start: pointer, count: Int(length))
            if !hasHeader {
                // Signature (11 bytes), flags, the length of an extension (documentation, COPY, "Binary Format").
                hasHeader = true
                guard bytes.count >= 19 else { throw Self.malformed }
                bytes = UnsafeRawBufferPointer(rebasing: bytes[(19 + Int(bytes.bigEndian(15, as: Int32.self)))...])
                if bytes.isEmpty { continue }
            }
            if try decode(bytes, into: &batch) { return true }
        }
    }

    /// - Returns: false for the trailer.
    @inline(__always)
    private func decode(_ bytes: UnsafeRawBufferPointer, into batch: inout RowBatch) throws -> Bool {
        guard bytes.count >= 2, bytes.bigEndian(0, as: Int16.self) == Int16(codecs.count) else { return false }
        var offset = 2
        for codec in codecs {
            guard offset + 4 <= bytes.count else { throw Self.malformed }
            let length = Int(bytes.bigEndian(offset, as: Int32.self))
            offset += 4
            if length < 0 {
                batch.appendNull()
                continue
            }
            guard offset + length <= bytes.count else { throw Self.malformed }
            BinaryDecoder.append(
                UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]), codec, to: &batch)
            offset += length
        }
        return true
    }

    private func singleRow(_ batch: inout RowBatch) throws -> Bool {
        while let handle = PQgetResult(wire.handle) {
            let result = try wire.checked(handle)
            guard PQresultStatus(handle) == PGRES_SINGLE_TUPLE else { continue }
            result.appendRow(0, codecs, from: 0, to: &batch)
            return true
        }
        return false
    }

    private static let malformed = ServerError(state: "08P01", message: "a row of COPY is malformed")

    /// Ends the statement early, so that the connection can be used again.
    mutating func finish() {
        guard !isFinished else { return }
        isFinished = true
        wire.cancel()
        if isCopy {
            var pointer: UnsafeMutablePointer<CChar>?
            while PQgetCopyData(wire.handle, &pointer, 0) > 0 { PQfreemem(pointer) }
        }
        // The cancelled statement's own error says nothing new.
        try? wire.drain()
    }
}

extension QueryResult {
    /// Appends columns of a row whose results are binary.
    func appendRow(_ row: Int, _ codecs: [Codec], from first: Int, to batch: inout RowBatch) {
        for (index, codec) in codecs.enumerated() {
            if let bytes = bytes(row, first + index) {
                BinaryDecoder.append(bytes, codec, to: &batch)
            } else {
                batch.appendNull()
            }
        }
    }
}
