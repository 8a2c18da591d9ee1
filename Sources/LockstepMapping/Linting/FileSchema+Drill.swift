extension FileSchema {
    /// Of a drill plan.
    public static let drill = #"""
        {
          "$schema": "http://json-schema.org/draft-07/schema#",
          "title": "Lockstep drill",
          "description": "A rehearsed recovery: what is restored where, what must hold, and how long it may take.",
          "type": "object",
          "required": ["drill", "type", "groups"],
          "additionalProperties": false,
          "properties": {
            "drill": {
              "description": "The plan's name, which reports are kept by.",
              "type": ["string", "number"], "pattern": "^[a-z0-9_-]{1,63}$"
            },
            "version": {"description": "Counted up when the plan changes.", "type": "integer", "minimum": 1},
            "description": {"description": "What the drill is for.", "type": "string", "minLength": 1},
            "type": {
              "description": "What is rehearsed: `verify` looks at the snapshot, `restore` restores it, `failover` and `failback` switch a link over, `full` does all of it.",
              "enum": ["verify", "restore", "failover", "failback", "full"]
            },
            "scenario": {"description": "What is supposed to have happened.", "type": "string", "minLength": 1},
            "criteria": {"description": "What success is, in words.", "type": "string", "minLength": 1},
            "snapshot": {
              "description": "Which snapshot is taken.",
              "anyOf": [
                {"enum": ["latest", "oldest", "random"]},
                {
                  "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
                  "properties": {
                    "at": {"description": "The newest at or before a time, with its zone: `2026-01-31T23:59:59Z`.", "type": "string"},
                    "id": {"description": "This one.", "type": "string", "minLength": 1}
                  }
                }
              ]
            },
            "stores": {"description": "Which stores take part; all when left out.", "$ref": "#/definitions/names"},
            "target": {"description": "Where the stores are restored to.", "$ref": "#/definitions/target"},
            "targets": {
              "description": "Where single stores are restored to.",
              "type": "object", "additionalProperties": {"$ref": "#/definitions/target"}
            },
            "groups": {
              "description": "Groups of steps, in order.",
              "type": "array",
              "items": {
                "type": "object", "required": ["name", "steps"], "additionalProperties": false,
                "properties": {
                  "name": {"description": "The group's name.", "type": ["string", "number"]},
                  "steps": {"description": "The steps, in order.", "type": "array", "items": {"$ref": "#/definitions/step"}}
                }
              }
            },
            "usable": {
              "description": "The group at whose end the data counts as usable: the recovery time ends there. The last one when left out.",
              "type": ["string", "number"]
            },
            "objectives": {
              "description": "What is promised.",
              "type": "object", "additionalProperties": false,
              "properties": {
                "rto": {"description": "The longest recovery time.", "$ref": "#/definitions/duration"},
                "rpo": {"description": "How much may be lost, as time.", "$ref": "#/definitions/duration"},
                "stores": {
                  "description": "What is promised of single stores.",
                  "type": "object",
                  "additionalProperties": {
                    "type": "object", "additionalProperties": false,
                    "properties": {"rto": {"$ref": "#/definitions/duration"}, "rpo": {"$ref": "#/definitions/duration"}}
                  }
                }
              }
            },
            "assets": {
              "description": "What the stores are to the business.",
              "type": "object",
              "additionalProperties": {
                "type": "object", "additionalProperties": false,
                "properties": {
                  "process": {"description": "The business process.", "type": "string"},
                  "role": {"description": "`primary`, `standby` …", "type": "string"},
                  "tier": {"description": "How critical it is.", "type": ["string", "number"]},
                  "tolerable": {"description": "The longest outage that can be borne (MTPD).", "$ref": "#/definitions/duration"}
                }
              }
            },
            "people": {
              "description": "Who answers for the drill.",
              "type": "object", "additionalProperties": false,
              "properties": {
                "director": {"description": "Who ordered it.", "type": "string"},
                "operator": {"description": "Who runs it.", "$ref": "#/definitions/names"},
                "observer": {"description": "Who looks on.", "$ref": "#/definitions/names"},
                "approver": {"description": "Who accepts the report.", "type": "string"}
              }
            },
            "every": {"description": "How often the drill is due: `90d`.", "$ref": "#/definitions/duration"},
            "keep": {
              "description": "Whether scratch stores stay for looking at.",
              "enum": ["never", "on-failure"]
            },
            "production": {
              "description": "Whether people write to the project's stores while the drill runs. Where they do, it cannot be told that the drill left them alone.",
              "enum": ["quiet", "busy"]
            },
            "announced": {"description": "Those concerned were told beforehand.", "type": "boolean"}
          },
          "definitions": {
            "duration": {"type": "string", "pattern": "^([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$", "minLength": 2},
            "names": {
              "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string", "minLength": 1}}
              ]
            },
            "scalar": {"type": ["string", "number", "boolean", "null"]},
            "target": {
              "anyOf": [
                {"description": "Of the store's own engine.", "const": "temporary"},
                {
                  "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
                  "properties": {
                    "sqlite": {"description": "A SQLite file.", "const": "temporary"},
                    "cluster": {"description": "A PostgreSQL cluster of its own.", "const": "temporary"},
                    "database": {
                      "description": "A database of a random name on this server.",
                      "type": "object", "required": ["url"], "additionalProperties": false,
                      "properties": {
                        "url": {"description": "Never with a password.", "type": "string", "pattern": "^postgres(ql)?:.+"},
                        "password": {
                          "description": "Where the password is: `{env: NAME}`, `{file: path}` or `{command: …}`.",
                          "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
                          "properties": {
                            "env": {"type": "string", "minLength": 1},
                            "file": {"type": "string", "minLength": 1},
                            "command": {"type": "string", "minLength": 1}
                          }
                        }
                      }
                    }
                  }
                }
              ]
            },
            "step": {
              "type": "object", "additionalProperties": false,
              "oneOf": [
                {"required": ["verify"]}, {"required": ["restore"]}, {"required": ["assert"]},
                {"required": ["command"]}, {"required": ["confirm"]}, {"required": ["reconcile"]},
                {"required": ["sync"]}, {"required": ["failover"]}, {"required": ["failback"]}
              ],
              "properties": {
                "name": {"description": "What the report calls the step.", "type": "string", "minLength": 1},
                "verify": {
                  "description": "Look at the snapshot in the repository: `fast`, `data`, or a share of the data.",
                  "type": "string", "pattern": "^(fast|data|[0-9.]+%)$"
                },
                "restore": {"description": "Stores to restore: `all`, or names.", "$ref": "#/definitions/names"},
                "entities": {
                  "description": "Only these entities, by store.",
                  "type": "object", "additionalProperties": {"$ref": "#/definitions/names"}
                },
                "assert": {"description": "What must hold, in words.", "type": "string", "minLength": 1},
                "store": {"description": "The store that is asked.", "type": "string", "minLength": 1},
                "sql": {"description": "A query that only reads.", "type": "string", "minLength": 1},
                "entity": {"description": "The entity whose records are looked at.", "type": "string", "minLength": 1},
                "every": {"description": "Every record meets this condition, an OData 4.01 expression.", "type": "string"},
                "none": {"description": "No record meets this condition.", "type": "string"},
                "count": {"description": "So many records as `expect` says meet this condition.", "type": "string"},
                "expect": {
                  "description": "A value, a list of rows, `{rows: 0}`, or bounds: `{atLeast: 1, atMost: 10}`.",
                  "anyOf": [
                    {"$ref": "#/definitions/scalar"},
                    {"type": "array", "items": {"type": "array", "items": {"$ref": "#/definitions/scalar"}}},
                    {
                      "type": "object", "minProperties": 1, "additionalProperties": false,
                      "properties": {
                        "rows": {"type": "integer", "minimum": 0}, "atLeast": {"type": "number"}, "atMost": {"type": "number"}
                      }
                    }
                  ]
                },
                "command": {
                  "description": "A shell command. Scratch stores are in `LOCKSTEP_SCRATCH_…`.",
                  "type": "string", "minLength": 1
                },
                "exit": {"description": "The exit code that it must end with; 0 when left out.", "type": "integer", "minimum": 0},
                "timeout": {"description": "How long a command or a question may take; 15m when left out.", "$ref": "#/definitions/duration"},
                "confirm": {"description": "A question to a person.", "type": "string", "minLength": 1},
                "by": {"description": "Who should answer.", "type": "string", "minLength": 1},
                "reconcile": {"description": "Compare the scratch stores of a link.", "type": "string", "minLength": 1},
                "sync": {"description": "Let the sync of a link go on from the cut.", "type": "string", "minLength": 1},
                "failover": {"description": "Let the other store of a link take the writes.", "type": "string", "minLength": 1},
                "to": {"description": "The store that takes them.", "type": "string", "minLength": 1},
                "failback": {"description": "Give the writes back.", "type": "string", "minLength": 1},
                "on": {
                  "description": "On the scratch stores, or on the project's own, where that is allowed.",
                  "enum": ["scratch", "live"]
                }
              }
            }
          }
        }

        """#
}
