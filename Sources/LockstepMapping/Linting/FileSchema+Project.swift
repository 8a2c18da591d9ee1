extension FileSchema {
    /// Of `lockstep.yaml`.
    public static let project = #"""
        {
          "$schema": "http://json-schema.org/draft-07/schema#",
          "title": "lockstep.yaml",
          "description": "A project: its stores, and the links between them.",
          "type": "object",
          "required": ["project", "stores"],
          "additionalProperties": false,
          "properties": {
            "project": {"description": "The project's name.", "$ref": "#/definitions/name"},
            "stores": {
              "description": "Where records live, by a name of your own.",
              "type": "object",
              "propertyNames": {"$ref": "#/definitions/name"},
              "additionalProperties": {"$ref": "#/definitions/store"}
            },
            "links": {
              "description": "Which stores are joined, and by which maps.",
              "type": "object",
              "propertyNames": {"$ref": "#/definitions/name"},
              "additionalProperties": {"$ref": "#/definitions/link"}
            },
            "repository": {"$ref": "#/definitions/repository"}
          },
          "definitions": {
            "name": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,62}$"},
            "secret": {
              "description": "Where a secret is: `{env: NAME}`, `{file: path}` or `{command: …}`.",
              "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
              "properties": {
                "env": {"description": "An environment variable.", "type": "string", "minLength": 1},
                "file": {"description": "A file that holds it.", "type": "string", "minLength": 1},
                "command": {"description": "A command that prints it.", "type": "string", "minLength": 1}
              }
            },
            "span": {"type": "string", "pattern": "^([0-9]+[wdhms])+$"},
            "repository": {
              "description": "Where backups go.",
              "type": "object", "required": ["url"], "additionalProperties": false,
              "properties": {
                "url": {"description": "`file:folder` or `s3://bucket/prefix`.", "type": "string", "pattern": "^(file:|s3://).+"},
                "options": {
                  "description": "Of a bucket: `endpoint`, `region`, `lockDays`.",
                  "type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}
                },
                "accessKey": {"$ref": "#/definitions/secret"},
                "secretKey": {"$ref": "#/definitions/secret"},
                "recipients": {
                  "description": "age recipients (`age1…`) that backups are sealed for.",
                  "type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}
                },
                "encryption": {"description": "`none`: backups are not encrypted.", "type": "string", "enum": ["none"]},
                "signingKey": {"$ref": "#/definitions/secret"},
                "trustedSigners": {"description": "An OpenSSH allowed_signers file.", "type": "string", "minLength": 1},
                "keep": {
                  "description": "How many of the newest snapshots of each kind stay.",
                  "type": "object", "additionalProperties": false,
                  "properties": {
                    "last": {"type": "integer", "minimum": 0}, "hourly": {"type": "integer", "minimum": 0},
                    "daily": {"type": "integer", "minimum": 0}, "weekly": {"type": "integer", "minimum": 0},
                    "monthly": {"type": "integer", "minimum": 0}, "yearly": {"type": "integer", "minimum": 0},
                    "within": {"$ref": "#/definitions/span"}
                  }
                },
                "grace": {"$ref": "#/definitions/span"},
                "stores": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/name"}},
                "compression": {"description": "zstd's level.", "type": "integer", "minimum": 1, "maximum": 19}
              }
            },
            "store": {
              "type": "object", "required": ["url"], "additionalProperties": false,
              "properties": {
                "url": {
                  "description": "`sqlite:data.db` or `postgresql://user@host:5432/database`; never with a password.",
                  "type": "string", "pattern": "^[a-z]+:.+"
                },
                "password": {"$ref": "#/definitions/secret"},
                "options": {
                  "description": "Further settings of the connector.",
                  "type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}
                },
                "partition": {
                  "description": "The field that partitions the store's records; an entity that has it is bound to partitions.",
                  "type": "string", "minLength": 1
                }
              }
            },
            "link": {
              "type": "object", "required": ["between", "maps"], "additionalProperties": false,
              "properties": {
                "between": {
                  "description": "The two stores.",
                  "type": "array", "minItems": 2, "maxItems": 2, "items": {"$ref": "#/definitions/name"}
                },
                "maps": {
                  "description": "Map files, relative to this file: `mappings/*.yaml`, or a list.",
                  "anyOf": [
                    {"type": "string", "minLength": 1},
                    {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}
                  ]
                },
                "run": {
                  "description": "When the link runs: `live`, `by hand`, or a cron schedule.",
                  "anyOf": [
                    {"type": "string", "pattern": "^(live|by hand|cron .+)$"},
                    {
                      "type": "object", "required": ["cron"], "additionalProperties": false,
                      "properties": {
                        "cron": {"description": "Minute, hour, day of month, month, day of week.", "type": "string", "minLength": 9}
                      }
                    }
                  ]
                },
                "partitions": {
                  "description": "The partitions that the link's maps are for.",
                  "type": "array", "minItems": 1, "items": {"type": ["string", "number"]}
                }
              }
            }
          }
        }

        """#
}
