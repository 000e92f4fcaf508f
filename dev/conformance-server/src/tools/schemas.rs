//! Tools whose schemas have members that a server must not drop, or must check.

use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::{Call, Fixture, Outcome, text};

pub(super) const TOOLS: &[Fixture] = &[
    Fixture {
        name: "json_schema_2020_12_tool",
        description: "Tool with JSON Schema 2020-12 features",
        input_schema: json_schema_2020_12,
        call: |_| async { text("The arguments were accepted.") }.boxed(),
    },
    Fixture {
        name: "test_x_mcp_header",
        description: "Repeats the arguments that a client mirrors into headers.",
        input_schema: mirrored,
        call: |call| async move { repeated(&call) }.boxed(),
    },
];

fn repeated(call: &Call) -> Outcome {
    text(Value::from(call.request.arguments.clone().unwrap_or_default()).to_string())
}

fn mirrored() -> Value {
    json!({
        "type": "object",
        "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "count": { "type": "integer", "x-mcp-header": "Count" },
        },
    })
}

fn json_schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}
