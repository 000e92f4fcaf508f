//! The official JSON schemas of MCP's revisions. [`check`] holds a server's message against the schema of its revision.

use std::{collections::BTreeMap, sync::LazyLock};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// The revisions, and their schemas.
const SCHEMAS: [(&str, &str); 5] = [
    ("2024-11-05", include_str!("../schema/2024-11-05.json")),
    ("2025-03-26", include_str!("../schema/2025-03-26.json")),
    ("2025-06-18", include_str!("../schema/2025-06-18.json")),
    ("2025-11-25", include_str!("../schema/2025-11-25.json")),
    (STATELESS, include_str!("../schema/2026-07-28.json")),
];
const STATELESS: &str = "2026-07-28";
/// The first revision whose errors may lack an id.
const ID_OPTIONAL: &str = "2025-11-25";

/// The result of each method.
const RESULTS: [(&str, &str); 5] = [
    ("initialize", "InitializeResult"),
    ("ping", "EmptyResult"),
    ("tools/list", "ListToolsResult"),
    ("tools/call", "CallToolResult"),
    ("server/discover", "DiscoverResult"),
];

#[expect(clippy::expect_used, reason = "the schemas are compiled in, and tests use all of them")]
static COMPILED: LazyLock<BTreeMap<&str, Revision>> = LazyLock::new(|| {
    let compiled = SCHEMAS.iter().map(|(revision, text)| (*revision, Revision::of(text).expect("the schema compiles")));
    compiled.collect()
});

struct Revision {
    schemas: Schemas,
    definitions: BTreeMap<String, SchemaIndex>,
}

/// The revisions that have a schema, oldest first.
pub fn revisions() -> impl Iterator<Item = &'static str> {
    SCHEMAS.iter().map(|(revision, _)| *revision)
}

/// Checks a message that a server sends in this revision: an answer to this method, or a notification.
///
/// # Errors
///
/// How the message differs from the schema.
pub fn check(revision: &str, method: &str, message: &Value) -> Result<(), String> {
    let schema = COMPILED.get(revision).ok_or_else(|| format!("{revision} has no schema"))?;
    if let Some(result) = message.get("result") {
        let named = RESULTS.iter().find(|(of, _)| *of == method).ok_or_else(|| format!("{method} has no result"))?;
        schema.check(&["JSONRPCResultResponse", "JSONRPCResponse"], message)?;
        return schema.check(&[named.1], result);
    }
    if message.get("error").is_some() {
        return schema.check(&["JSONRPCErrorResponse", "JSONRPCError"], &with_id(revision, message));
    }
    schema.check(&["JSONRPCNotification"], message)?;
    match message.get("method").and_then(Value::as_str) {
        Some("notifications/progress") => schema.check(&["ProgressNotification"], message),
        other => Err(format!("no server sends {other:?}")),
    }
}

fn with_id(revision: &str, error: &Value) -> Value {
    let mut error = error.clone();
    if revision < ID_OPTIONAL
        && let Some(members) = error.as_object_mut()
    {
        members.entry("id").or_insert_with(|| 0.into());
    }
    error
}

impl Revision {
    fn of(text: &str) -> Result<Self, String> {
        const PLACE: &str = "https://schemas.example/mcp.json";
        let schema: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let part = if schema.get("$defs").is_some() { "$defs" } else { "definitions" };
        let names = schema.get(part).and_then(Value::as_object).into_iter().flat_map(|defined| defined.keys().cloned());
        let names: Vec<String> = names.collect();
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        compiler.add_resource(PLACE, schema).map_err(|error| error.to_string())?;
        let mut definitions = BTreeMap::new();
        for name in names {
            let place = format!("{PLACE}#/{part}/{name}");
            let index = compiler.compile(&place, &mut schemas).map_err(|error| error.to_string())?;
            definitions.insert(name, index);
        }
        Ok(Self { schemas, definitions })
    }

    /// Checks a value against the first of these definitions that the revision has.
    fn check(&self, names: &[&str], value: &Value) -> Result<(), String> {
        let definition = names.iter().find_map(|name| self.definitions.get(*name));
        let definition = definition.ok_or_else(|| format!("the schema does not define {names:?}"))?;
        self.schemas.validate(value, *definition).map_err(|error| format!("{value}: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn result(result: &Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": 1, "result": result })
    }

    #[test]
    fn each_revision_demands_its_own_members() {
        for revision in revisions() {
            let plain = result(&json!({ "tools": [] }));
            assert_eq!(check(revision, "tools/list", &plain).is_ok(), revision != STATELESS, "{revision}");
            let tools = json!({ "tools": [], "resultType": "complete", "ttlMs": 0, "cacheScope": "private" });
            assert_eq!(check(revision, "tools/list", &result(&tools)), Ok(()), "{revision}");
            assert!(check(revision, "tools/list", &result(&json!({}))).is_err(), "{revision}");
            assert!(check(revision, "server/discover", &result(&json!({}))).is_err(), "{revision}");
            assert!(check(revision, "none", &plain).is_err(), "{revision}");
        }
        assert!(check("2099-01-01", "ping", &result(&json!({}))).is_err());
    }

    #[test]
    fn an_id_is_never_null_and_may_be_absent_from_an_error() {
        for revision in revisions() {
            let mut error = json!({ "jsonrpc": "2.0", "error": { "code": -1, "message": "x" } });
            assert_eq!(check(revision, "ping", &error), Ok(()), "{revision}");
            error["id"] = Value::Null;
            assert!(check(revision, "ping", &error).is_err(), "{revision}");
            error["id"] = "a".into();
            error["error"]["code"] = "x".into();
            assert!(check(revision, "ping", &error).is_err(), "{revision}");
        }
    }

    #[test]
    fn progress_is_the_notification_that_is_known() {
        for revision in revisions() {
            let mut progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress" });
            assert!(check(revision, "tools/call", &progress).is_err(), "{revision}");
            progress["params"] = json!({ "progressToken": 1, "progress": 0.5 });
            assert_eq!(check(revision, "tools/call", &progress), Ok(()), "{revision}");
            progress["method"] = "notifications/other".into();
            assert!(check(revision, "tools/call", &progress).is_err(), "{revision}");
        }
    }
}
