import Foundation
import LockstepTesting
import Testing

/// `lockstep map lint --sarif`.
struct SARIFTests {
    /// The parts of the OASIS schema (sarif-schema-2.1.0.json) that a log of ours has, kept by hand: each object with
    /// all that the standard requires, and closed to what we do not write.
    private static let schema = """
        {
          "$schema": "http://json-schema.org/draft-07/schema#",
          "type": "object", "required": ["version", "runs"], "additionalProperties": false,
          "properties": {
            "$schema": {"type": "string", "format": "uri"},
            "version": {"enum": ["2.1.0"]},
            "runs": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/run"}}
          },
          "definitions": {
            "message": {
              "type": "object", "required": ["text"], "additionalProperties": false,
              "properties": {"text": {"type": "string", "minLength": 1}}
            },
            "help": {
              "type": "object", "required": ["text"], "additionalProperties": false,
              "properties": {"text": {"type": "string", "minLength": 1}, "markdown": {"type": "string"}}
            },
            "run": {
              "type": "object", "required": ["tool", "results"], "additionalProperties": false,
              "properties": {
                "tool": {
                  "type": "object", "required": ["driver"], "additionalProperties": false,
                  "properties": {"driver": {"$ref": "#/definitions/driver"}}
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "originalUriBaseIds": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "object", "additionalProperties": false,
                    "properties": {
                      "uri": {"type": "string", "pattern": "/$"}, "description": {"$ref": "#/definitions/message"}
                    }
                  }
                },
                "results": {"type": "array", "items": {"$ref": "#/definitions/result"}}
              }
            },
            "driver": {
              "type": "object", "required": ["name"], "additionalProperties": false,
              "properties": {
                "name": {"type": "string"}, "semanticVersion": {"type": "string"},
                "rules": {"type": "array", "uniqueItems": true, "items": {"$ref": "#/definitions/rule"}}
              }
            },
            "rule": {
              "type": "object", "required": ["id"], "additionalProperties": false,
              "properties": {
                "id": {"type": "string"}, "shortDescription": {"$ref": "#/definitions/help"},
                "fullDescription": {"$ref": "#/definitions/help"}, "help": {"$ref": "#/definitions/help"}
              }
            },
            "result": {
              "type": "object", "required": ["message", "ruleId"], "additionalProperties": false,
              "properties": {
                "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"enum": ["none", "note", "warning", "error"]},
                "message": {"$ref": "#/definitions/message"},
                "locations": {"type": "array", "items": {"$ref": "#/definitions/location"}},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}}
              }
            },
            "location": {
              "type": "object", "required": ["physicalLocation"], "additionalProperties": false,
              "properties": {
                "physicalLocation": {
                  "type": "object", "required": ["artifactLocation", "region"], "additionalProperties": false,
                  "properties": {
                    "artifactLocation": {
                      "type": "object", "required": ["uri"], "additionalProperties": false,
                      "properties": {"uri": {"type": "string", "pattern": "^[^ ]+$"}, "uriBaseId": {"type": "string"}}
                    },
                    "region": {
                      "type": "object", "required": ["startLine"], "additionalProperties": false,
                      "properties": {
                        "startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}
                      }
                    }
                  }
                }
              }
            }
          }
        }
        """

    private func run(_ project: SampleProject) async throws -> [String: Any] {
        let outcome = try await project.run("map lint --sarif")
        let problems = try await JSONSchemaCheck.problems(
            schema: Self.schema, documents: ["log": outcome.standardOutput])
        #expect(problems == ["log": []])
        let log = try SampleProject.object(outcome.standardOutput)
        return try #require((log["runs"] as? [[String: Any]])?.first)
    }

    private func results(_ run: [String: Any]) throws -> [[String: Any]] {
        try #require(run["results"] as? [[String: Any]])
    }

    private func fingerprints(_ run: [String: Any]) throws -> [String] {
        try results(run).compactMap { ($0["partialFingerprints"] as? [String: String])?["lockstepFinding/v1"] }
    }

    @Test func aLogIsValidWithAndWithoutFindings() async throws {
        let project = try await SampleProject()
        #expect(try results(try await run(project)).isEmpty)
        try project.replace("blocked: 1}", with: "blocked: 0}", in: "mappings/customers.yaml")
        try FileManager.default.removeItem(atPath: project.path("shop.db"))
        let found = try await run(project)
        // One finding of a line, one of a store that has no file.
        #expect(try results(found).count == 2)
        let result = try #require(try results(found).first)
        let rules = try #require(
            ((found["tool"] as? [String: Any])?["driver"] as? [String: Any])?["rules"] as? [[String: Any]])
        let index = try #require(result["ruleIndex"] as? Int)
        #expect(rules[index]["id"] as? String == "LS-MAP-028" && result["ruleId"] as? String == "LS-MAP-028")
        let location = try #require(
            (result["locations"] as? [[String: Any]])?.first?["physicalLocation"] as? [String: Any])
        #expect((location["artifactLocation"] as? [String: String])?["uri"] == "mappings/customers.yaml")
        #expect((location["region"] as? [String: Int])?["startLine"] == 12)
    }

    @Test func fingerprintsStayWhenLinesMove() async throws {
        let project = try await SampleProject()
        try project.replace("crm: mail", with: "crm: mial", in: "mappings/customers.yaml")
        let before = try await run(project)
        try project.replace("direction:", with: "# one more line\ndirection:", in: "mappings/customers.yaml")
        let after = try await run(project)
        #expect(try fingerprints(before) == fingerprints(after))
        #expect(try Set(fingerprints(before)).count == results(before).count)
    }

    @Test func valuesOfRecordsAreNeverInALog() async throws {
        let project = try await SampleProject()
        try project.execute("UPDATE customers SET status = 'verysecret'", in: "shop")
        let outcome = try await project.run("map lint --sarif")
        #expect(outcome.standardOutput.contains("LS-MAP-107") && !outcome.standardOutput.contains("verysecret"))
    }
}
