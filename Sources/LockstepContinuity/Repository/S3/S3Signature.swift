import Crypto
import LockstepModel

/// AWS Signature Version 4 for S3
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).
///
/// Signed here and not by libcurl: before 8.x its `CURLOPT_AWS_SIGV4` neither sorts nor encodes the query, so the service
/// refuses lists with a prefix and the requests of multipart uploads, and Debian 12 has 7.88.
struct S3Signature: Sendable {
    /// SHA-256 of nothing.
    static let emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    let credentials: S3Credentials
    let region: String

    /// - Parameters:
    ///   - path: encoded, as it is sent.
    ///   - headers: those to sign, without `host`, which is signed, too.
    ///   - payload: hexadecimal SHA-256 of the body.
    ///   - time: microseconds since 1970-01-01T00:00:00Z.
    /// - Returns: the headers to send: those given, and what signing adds.
    func sign(
        method: String, host: String, path: String, query: [(name: String, value: String)],
        headers: [(name: String, value: String)], payload: String, time: Int64
    ) -> [(name: String, value: String)] {
        let stamp = Self.stamp(time)
        var headers = headers + [("x-amz-content-sha256", payload), ("x-amz-date", stamp)]
        if let token = credentials.sessionToken { headers.append(("x-amz-security-token", token)) }
        let signed = (headers + [("host", host)]).map { ($0.name.lowercased(), $0.value) }.sorted { $0 < $1 }
        let names = signed.map(\.0).joined(separator: ";")
        let request = [
            method, path, Self.query(query), signed.map { "\($0.0):\($0.1)\n" }.joined(), names, payload,
        ].joined(separator: "\n")
        let day = String(stamp.prefix(8))
        let scope = "\(day)/\(region)/s3/aws4_request"
        let text = ["AWS4-HMAC-SHA256", stamp, scope, Self.hex(SHA256.hash(data: Array(request.utf8)))]
            .joined(separator: "\n")
        let key = ["aws4_request", "s3", region, day].reversed().reduce(Array("AWS4\(credentials.secretKey)".utf8)) {
            Self.code($1, key: $0)
        }
        let signature = HexText.format(Self.code(text, key: key))
        headers.append(
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
            ))
        return headers
    }

    /// The query as it is signed and sent: names and values encoded, ascending.
    static func query(_ parameters: [(name: String, value: String)]) -> String {
        parameters.map { (encode($0.name), encode($0.value)) }.sorted { $0 < $1 }.map { "\($0)=\($1)" }
            .joined(separator: "&")
    }

    /// Everything but RFC 3986's unreserved characters as `%` and two upper-case digits.
    static func encode(_ text: String, keepsSlashes: Bool = false) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 65...90, 97...122, 48...57, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.append(byte)
            case UInt8(ascii: "/") where keepsSlashes:
                encoded.append(byte)
            default:
                encoded += "%\(HexText.format([byte]).uppercased())".utf8
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// `20260131T235959Z`.
    static func stamp(_ time: Int64) -> String {
        let text = ISOText.formatTimestamp(ISOText.floorDivide(time, 1_000_000) * 1_000_000)
            .filter { $0 != "-" && $0 != ":" }
        return "\(text.prefix(8))T\(text.suffix(6))Z"
    }

    static func hex(_ digest: some Sequence<UInt8>) -> String { HexText.format(Array(digest)) }

    private static func code(_ text: String, key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }
}
