//! JSON Schemas of arguments and results, from the types that read and write them.

use rmcp::model::JsonObject;
use schemars::{JsonSchema, generate::SchemaSettings};

/// The schema of a type (JSON Schema 2020-12, the default dialect of MCP). It has no references, which some clients cannot
/// follow, and neither the name nor the description of the Rust type.
pub(super) fn of<T: JsonSchema>() -> JsonObject {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().ensure_object().clone();
    schema.remove("title");
    schema.remove("description");
    schema
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Outer {
        /// The values that it holds.
        inner: Vec<Inner>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Inner {
        text: Option<String>,
    }

    #[test]
    fn a_schema_is_whole_in_itself_and_describes_members_but_not_types() {
        let inner = json!({ "type": "object", "properties": { "text": { "type": ["string", "null"] } } });
        let expected = json!({
            "type": "object",
            "properties": { "inner": { "type": "array", "description": "The values that it holds.", "items": inner } },
            "required": ["inner"],
        });
        assert_eq!(Value::Object(of::<Outer>()), expected);
    }
}
