//! The function folders: each `<name>/function.json` gives one route.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::routes::{Routes, Template};
use crate::{StartError, shape};

/// Reads every folder of `root` that has a `function.json`.
pub(crate) fn read(root: &Path) -> Result<Routes, StartError> {
    let unreadable = |source| StartError::Read { path: root.to_owned(), source };
    let expected = json!({ "bindings": [
        { "type": "httpTrigger", "direction": "in", "name": shape::ANY, "authLevel": "anonymous", "route": shape::ANY },
        { "type": "http", "direction": "out", "name": shape::ANY },
    ] });
    let mut routes = Routes::default();
    for entry in fs::read_dir(root).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path().join("function.json");
        if path.is_file() {
            shape::read(&path, &expected, &[], |function| {
                let route = function.pointer("/bindings/0/route").and_then(Value::as_str).unwrap_or_default();
                routes.add(route.parse::<Template>()?)
            })?;
        }
    }
    if routes.is_empty() {
        return Err(StartError::NotImplemented { path: root.to_owned(), reason: "no function folder".to_owned() });
    }
    Ok(routes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous",
        "route":"mcp"},{"type":"http","direction":"out","name":"res"}]}"#;

    fn read_one(text: &str) -> Result<Routes, String> {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("mcp")).unwrap();
        fs::write(root.path().join("mcp/function.json"), text).unwrap();
        read(root.path()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_folder_with_an_anonymous_http_function_gives_its_route() {
        assert!(read_one(GOOD).unwrap().matches("/mcp"));
    }

    #[test]
    fn an_unsupported_binding_is_refused_by_name() {
        for (from, to, named) in [
            (r#""anonymous""#, r#""function""#, "authLevel"),
            (r#""route""#, r#""methods":["get"],"route""#, "methods"),
            (r#""httpTrigger""#, r#""timerTrigger""#, "timerTrigger"),
            (r#","route":"mcp""#, "", "route"),
            (r#""mcp""#, r#""mcp/{id}""#, "{id}"),
            (r#""mcp""#, r#""admin/x""#, "admin"),
            (r#""out""#, r#""in""#, "direction"),
        ] {
            let text = GOOD.replace("\n        ", "").replace(from, to);
            let fault = read_one(&text).err().unwrap_or_default();
            assert!(fault.contains("mcp/function.json") && fault.contains(named), "{named}: {fault:?}");
        }
    }

    #[test]
    fn a_root_without_functions_is_refused() {
        assert!(read(tempfile::tempdir().unwrap().path()).is_err());
    }

    #[test]
    fn two_functions_with_one_route_are_refused() {
        let root = tempfile::tempdir().unwrap();
        for (folder, route) in [("a", "mcp"), ("b", "MCP")] {
            fs::create_dir(root.path().join(folder)).unwrap();
            let text = GOOD.replace(r#""mcp""#, &format!("{route:?}"));
            fs::write(root.path().join(folder).join("function.json"), text).unwrap();
        }
        assert!(read(root.path()).is_err());
    }
}
