import Foundation

/// Checks JSON documents against a JSON Schema with Python's `jsonschema`: somebody else's reading of the standard.
public enum JSONSchemaCheck {
    /// The tools for the check are not there.
    public struct Unavailable: Error, CustomStringConvertible {
        public var description: String
    }

    private static let program = """
        import json, sys
        from jsonschema.validators import validator_for
        given = json.load(sys.stdin)
        schema = json.loads(given["schema"])
        kind = validator_for(schema)
        kind.check_schema(schema)
        found = {}
        for name, text in given["documents"].items():
            errors = kind(schema).iter_errors(json.loads(text))
            found[name] = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in errors]
        json.dump(found, sys.stdout)
        """

    /// - Parameter documents: JSON texts by name.
    /// - Returns: by name, what the schema refuses; empty where it accepts the document.
    /// - Throws: ``Unavailable`` where there is no Python with `jsonschema`, or the schema itself is none.
    public static func problems(schema: String, documents: [String: String]) async throws -> [String: [String]] {
        let input = try JSONSerialization.data(withJSONObject: ["schema": schema, "documents": documents])
        var complaint = ""
        // Debian's package serves Debian's Python; elsewhere another one may have it.
        for words in [["/usr/bin/python3"], ["/usr/bin/env", "python3"]] {
            let arguments = Array(words.dropFirst()) + ["-W", "ignore", "-c", program]
            let outcome = try await CommandRun.run(
                URL(fileURLWithPath: words[0]), arguments, input: String(decoding: input, as: UTF8.self))
            if outcome.exitCode == 0,
                let found = try JSONSerialization.jsonObject(with: Data(outcome.standardOutput.utf8))
                    as? [String: [String]]
            {
                return found
            }
            complaint += outcome.standardError
        }
        throw Unavailable(description: "install python3-jsonschema: \(complaint)")
    }
}
