/// What it means that a bucket does not do what was asked.
struct S3Refusal {
    let error: ContinuityError
    /// Trying again may help.
    let mayHeal: Bool
    /// The service's clock and ours are too far apart for the signature.
    let isSkewed: Bool

    init(_ response: HTTPResponse, request: S3Request, location: S3Location) {
        let document = XMLElement.parse(response.body)
        let code = document?.text("Code") ?? ""
        isSkewed = code == "RequestTimeTooSkewed"
        let (kind, hint) = Self.meaning(response.status, code, location: location)
        mayHeal = kind == .unreachable
        // Only the code: the text may repeat what was signed, and the access key.
        let said = code.isEmpty ? "" : " (\(code.prefix(60)))"
        error = ContinuityError(
            kind, doing: request.doing, object: request.name ?? location.address,
            message: "the service answered \(response.status)\(said)", hint: hint)
    }

    private static func meaning(
        _ status: Int, _ code: String, location: S3Location
    ) -> (ContinuityError.Code, String) {
        switch (status, code) {
        case (_, "NoSuchBucket"):
            (.noRepository, "make the bucket \(location.bucket) first, or check its name and region")
        case (_, "InvalidAccessKeyId"), (_, "SignatureDoesNotMatch"), (_, "ExpiredToken"), (_, "InvalidToken"):
            (.configuration, "check the access key, the secret key and the session token")
        case (_, "AuthorizationHeaderMalformed"), (301, _), (307, _), (_, "PermanentRedirect"):
            (.configuration, "check the region and the endpoint of the bucket")
        case (_, "RequestTimeTooSkewed"):
            (.configuration, "set this machine's clock")
        case (507, _), (_, "XMinioStorageFull"), (_, "QuotaExceeded"), (_, "EntityTooLarge"):
            (.full, "make room in the bucket, or raise its quota; what is stored already is whole")
        case (401, _), (403, _), (405, _), (_, "ObjectLocked"), (_, "InvalidObjectState"):
            (.forbidden, "check what the access key may do in the bucket \(location.bucket), and its object lock")
        case (404, _), (410, _):
            (.missing, "run verify to see which snapshots it belongs to")
        case (408, _), (409, _), (425, _), (429, _), (500..., _), (_, "RequestTimeout"), (_, "SlowDown"),
            (_, "IncompleteBody"), (_, "BadDigest"), (_, "XAmzContentSHA256Mismatch"):
            (.unreachable, "try again later; what is stored already is whole")
        default:
            (.configuration, "check that the service at \(location.endpoint) speaks S3, and the options of the address")
        }
    }
}
