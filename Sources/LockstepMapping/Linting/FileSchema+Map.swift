extension FileSchema {
    /// Of a mapping file.
    public static let map = #"""
        {
          "$schema": "http://json-schema.org/draft-07/schema#",
          "title": "Lockstep map",
          "description": "Pairs an entity of one store with an entity of another.",
          "type": "object",
          "required": ["map", "version", "between", "key", "fields"],
          "additionalProperties": false,
          "properties": {
            "map": {
              "description": "The map's name, which states, conflicts and parked records are kept by.",
              "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,62}$"
            },
            "version": {
              "description": "Semantic version of the map: three numbers.",
              "type": "string", "pattern": "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)([-+].*)?$"
            },
            "publisher": {"description": "Who made the map.", "type": "string", "minLength": 1},
            "between": {
              "description": "The two stores, each with its entity: `{erp: customers, crm: accounts}`.",
              "type": "object", "minProperties": 2, "maxProperties": 2,
              "additionalProperties": {"type": "string", "minLength": 1}
            },
            "key": {
              "description": "The fields that tell records apart, unique on both sides: `{erp: account, crm: number}`, or a list of such parts.",
              "anyOf": [
                {"$ref": "#/definitions/keyPart"},
                {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/keyPart"}}
              ]
            },
            "where": {
              "description": "Which records belong to the map: a condition for either store, in the expressions of OData 4.01.",
              "type": "object", "maxProperties": 2,
              "additionalProperties": {"$ref": "#/definitions/expression"}
            },
            "direction": {"$ref": "#/definitions/direction"},
            "fields": {
              "description": "The pairs of fields that are kept equal.",
              "type": "array", "items": {"$ref": "#/definitions/pair"}
            },
            "conflicts": {
              "description": "Who wins where both sides changed the same record.",
              "type": "object",
              "properties": {
                "overlap": {
                  "description": "Both sides changed the same field: a store's name, `newest(a, b)` with one field of either side, or `manual`.",
                  "type": "string"
                },
                "delete": {
                  "description": "One side deleted what the other changed.",
                  "enum": ["update-wins", "delete-wins", "manual"]
                }
              },
              "patternProperties": {"\\)$": {"description": "The second field of `newest(a, b)`.", "type": "null"}},
              "additionalProperties": false
            },
            "deletes": {
              "description": "What becomes of deletes.",
              "type": "object",
              "properties": {
                "propagate": {"description": "Deletes go over to the other side.", "type": "boolean"},
                "guard": {
                  "description": "Above this share of an entity a run stops and asks: `20%`, or `off`.",
                  "type": "string", "pattern": "^(off|[0-9]+(\\.[0-9]+)?%)$"
                }
              },
              "additionalProperties": false
            },
            "leave": {
              "description": "What becomes of a record that leaves the filter: it stays and is followed no longer, is deleted, or stays and is followed.",
              "enum": ["unlink", "delete", "keep"]
            },
            "mode": {"description": "How the records are kept.", "enum": ["replicated"]},
            "references": {
              "description": "References that the store does not declare: `{crm: currencyid, to: currencies.currencyid}`.",
              "type": "array", "items": {"$ref": "#/definitions/reference"}
            },
            "partition": {
              "description": "The field that partitions records on either side, or `none`; on one side only for a map between a partitioned and a global entity.",
              "anyOf": [
                {"const": "none"},
                {"type": "object", "minProperties": 1, "maxProperties": 2, "additionalProperties": {"$ref": "#/definitions/field"}}
              ]
            },
            "partitions": {
              "description": "The partitions that the map is for: one map for each.",
              "type": "array", "minItems": 1, "items": {"type": ["string", "number"]}
            },
            "match": {
              "description": "Rules that find duplicates in plans.",
              "type": "array", "items": {"$ref": "#/definitions/match"}
            }
          },
          "definitions": {
            "field": {
              "description": "A field's name, or a path through references: `currencyid.isocode`.",
              "type": "string", "minLength": 1
            },
            "scalar": {"type": ["string", "number", "boolean", "null"]},
            "expression": {
              "description": "An expression of OData 4.01, such as `party_type eq 'Organization'`.",
              "type": ["string", "number", "boolean"]
            },
            "direction": {
              "description": "`both`, or one way: `erp-to-crm`.",
              "type": "string", "pattern": "^(both|.+-to-.+)$"
            },
            "keyPart": {
              "type": "object", "minProperties": 2, "maxProperties": 2,
              "additionalProperties": {"$ref": "#/definitions/field"}
            },
            "fieldOrFields": {
              "anyOf": [
                {"$ref": "#/definitions/field"},
                {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/field"}}
              ]
            },
            "reference": {
              "type": "object", "required": ["to"], "minProperties": 2,
              "properties": {
                "to": {"description": "The entity that is referred to; with one field, `entity.field`.", "type": "string", "minLength": 1},
                "key": {
                  "description": "The fields of that entity that are referred to.",
                  "$ref": "#/definitions/fieldOrFields"
                }
              },
              "additionalProperties": {"$ref": "#/definitions/fieldOrFields"}
            },
            "match": {
              "type": "object", "minProperties": 2,
              "properties": {
                "rule": {"description": "How alike the values must be.", "enum": ["exact", "normalised", "similar"]}
              },
              "additionalProperties": {"$ref": "#/definitions/fieldOrFields"}
            },
            "pair": {
              "description": "A field of either store; with `constant` or `from` only the one that is written.",
              "type": "object", "minProperties": 2,
              "properties": {
                "owner": {"description": "The store that wins where both sides changed the field.", "type": "string", "minLength": 1},
                "values": {
                  "description": "What each value becomes on the other side: values of the store named first on the left.",
                  "type": "object", "minProperties": 1,
                  "additionalProperties": {"type": ["string", "number", "boolean"]}
                },
                "unmapped": {
                  "description": "What becomes of a value that `values` does not list: the record waits, null, or the value goes through.",
                  "enum": ["park", "null", "pass", null]
                },
                "default": {"description": "For the target where the source is null.", "$ref": "#/definitions/scalar"},
                "constant": {"description": "The same value for each record.", "$ref": "#/definitions/scalar"},
                "from": {"description": "An expression over the fields of the other store.", "$ref": "#/definitions/expression"},
                "direction": {"$ref": "#/definitions/direction"},
                "round": {
                  "description": "Digits may be lost by rounding: to what the target keeps, or to this many digits.",
                  "anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 0}]
                },
                "truncate": {"description": "What does not fit may be cut off.", "type": "boolean"},
                "zone": {
                  "description": "The time zone of times that have none: `UTC`, `Europe/Berlin`.",
                  "anyOf": [
                    {"type": "string", "minLength": 1},
                    {
                      "type": "object", "required": ["name"], "additionalProperties": false,
                      "properties": {
                        "name": {"description": "As in IANA's database: `Europe/Berlin`.", "type": "string", "minLength": 1},
                        "overlap": {"description": "Which is meant of a time that clocks showed twice.", "enum": ["earlier", "later"]}
                      }
                    }
                  ]
                },
                "deferred": {"description": "Written in a second pass, when what it refers to is there.", "type": "boolean"},
                "within": {
                  "description": "A field that the record has in common with the one it refers to.",
                  "$ref": "#/definitions/field"
                },
                "sentinel": {
                  "description": "Values of a store that mean null: `{erp: 1900-01-01}`. Null becomes the first of them.",
                  "type": "object", "minProperties": 1, "maxProperties": 2,
                  "additionalProperties": {
                    "anyOf": [
                      {"$ref": "#/definitions/scalar"},
                      {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/scalar"}}
                    ]
                  }
                },
                "trim": {"description": "Blanks at both ends are taken off.", "type": "boolean"},
                "case": {"description": "Letters are carried over in this case.", "enum": ["upper", "lower"]}
              },
              "additionalProperties": {"$ref": "#/definitions/field"}
            }
          }
        }

        """#
}
