extension TrustedKeys {
    /// Believes records that one of these keys signed.
    public var recordCheck: RecordCheck {
        let keys = self
        return { bytes, signature in
            let record = try CanonicalJSON.decode(SnapshotRecord.self, from: bytes)
            guard let signature else {
                throw ContinuityError(
                    .signature, doing: "checking a signature", object: record.id, message: "it is not signed",
                    hint: "without `signingKey` and `trustedSigners` in lockstep.yaml unsigned snapshots are taken, too"
                )
            }
            do {
                _ = try keys.verify(
                    signature: String(decoding: signature, as: UTF8.self), over: bytes,
                    namespace: Self.snapshotNamespace, at: record.ended)
            } catch var error as ContinuityError {
                error.object = record.id
                throw error
            }
        }
    }
}
