import Foundation

/// `s3://bucket/prefix?endpoint=https://s3.example.org&region=eu-central-1&lockDays=30`.
public struct S3Location: Sendable, Hashable {
    /// How object lock is asked for: whoever has the right may lift `governance`, nobody `compliance`.
    public enum LockMode: String, Sendable, Hashable {
        case governance, compliance
    }

    public var bucket: String
    /// Before every object's name; empty, or ending with a slash.
    public var prefix: String
    /// Scheme, host and port of the service.
    public var endpoint: String
    public var region: String
    /// New objects are locked for so many days by the store's clock; nil for what the bucket does by itself.
    public var lockDays: Int?
    public var lockMode: LockMode
    /// The bucket is the first part of the path, and not of the host name.
    var isPathStyle: Bool

    /// - Throws: ``ContinuityError`` with code `configuration`.
    public init(_ url: String) throws {
        guard let parts = URLComponents(string: url), parts.scheme == "s3", let bucket = parts.host, !bucket.isEmpty
        else {
            throw Self.unusable("that is no address of a bucket")
        }
        guard parts.user == nil, parts.password == nil else {
            throw Self.unusable("keys do not belong into the address, for addresses are shown")
        }
        var options: [String: String] = [:]
        for item in parts.queryItems ?? [] {
            guard ["endpoint", "region", "lockDays", "lockMode"].contains(item.name), let value = item.value,
                options.updateValue(value, forKey: item.name) == nil
            else { throw Self.unusable("the option \(item.name.prefix(40)) is unknown, empty or given twice") }
        }
        let path = parts.path.split(separator: "/").joined(separator: "/")
        guard path.isEmpty || ObjectName.isValid(path) else {
            throw Self.unusable("the prefix has characters that no object's name may have")
        }
        guard bucket.utf8.allSatisfy({ ObjectName.isComponent([$0]) || $0 == ObjectName.dot }), !bucket.hasPrefix(".")
        else {
            throw Self.unusable("that is no bucket's name")
        }
        self.bucket = bucket
        prefix = path.isEmpty ? "" : path + "/"
        region = options["region"] ?? "us-east-1"
        lockDays = try Self.days(options["lockDays"])
        guard let mode = LockMode(rawValue: options["lockMode"] ?? "compliance") else {
            throw Self.unusable("lockMode is governance or compliance")
        }
        lockMode = mode
        // Amazon's own certificates do not cover bucket names with dots as part of the host name.
        isPathStyle = options["endpoint"] != nil || bucket.contains(".")
        endpoint = try Self.endpoint(options["endpoint"] ?? "https://s3.\(region).amazonaws.com")
    }

    /// For messages.
    public var address: String { "s3://\(bucket)/\(prefix) at \(endpoint)" }

    /// The host, with its port where that is not the scheme's own: what the `Host` header says.
    var host: String {
        let host = endpoint.split(separator: "/", maxSplits: 1).last.map { String($0.drop { $0 == "/" }) } ?? ""
        return isPathStyle ? host : "\(bucket).\(host)"
    }

    /// The encoded path of a key; nil for the bucket itself.
    func path(_ key: String?) -> String {
        let start = isPathStyle ? "/\(S3Signature.encode(bucket))" : ""
        guard let key else { return start.isEmpty ? "/" : start }
        return "\(start)/\(S3Signature.encode(key, keepsSlashes: true))"
    }

    var scheme: String { endpoint.hasPrefix("https:") ? "https" : "http" }

    private static func days(_ text: String?) throws -> Int? {
        guard let text else { return nil }
        guard let days = Int(text), (1...36500).contains(days) else {
            throw unusable("lockDays is a number from 1 to 36500")
        }
        return days
    }

    /// Without what is the scheme's own: signing and sending must agree on the `Host` header.
    private static func endpoint(_ text: String) throws -> String {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme, ["http", "https"].contains(scheme),
            let host = parts.host, !host.isEmpty, parts.path.isEmpty || parts.path == "/", parts.user == nil,
            parts.query == nil
        else { throw unusable("endpoint is the scheme, host and port of the service, like https://s3.example.org") }
        let ownPort = scheme == "https" ? 443 : 80
        let port = parts.port.flatMap { $0 == ownPort ? nil : ":\($0)" } ?? ""
        return "\(scheme)://\(host)\(port)"
    }

    private static func unusable(_ message: String) -> ContinuityError {
        ContinuityError(
            .configuration, doing: "reading the repository's address", message: message,
            hint: "write it as s3://bucket/prefix?endpoint=https://s3.example.org&region=us-east-1")
    }
}
