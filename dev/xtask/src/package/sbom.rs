//! The software bill of materials: every crate that the handler is built from, as a `CycloneDX` document.

use serde_json::{Value, json};

use crate::command;
use crate::workspace::Workspace;

/// Of the target that is shipped, build scripts and procedural macros included.
const TREE: &str = "tree --locked -p remote-auth-mcp -e normal,build --target x86_64-unknown-linux-gnu --prefix none";

/// The document; None if cargo cannot tell, which has then been said. It has neither time nor serial number, so the same
/// crates give the same bytes.
pub(super) fn of(workspace: &Workspace) -> Option<String> {
    let mut tree = workspace.cargo(TREE);
    let tree = command::output(tree.args(["--format", "{p}|{l}"]))?;
    Some(format!("{:#}\n", document(&tree)))
}

/// From lines such as `url v2.5.0|MIT OR Apache-2.0`, the handler's own first. A crate may come several times.
fn document(tree: &str) -> Value {
    let mut crates = tree.lines().filter_map(component);
    let handler = crates.next();
    let mut components: Vec<Value> = crates.filter(|component| Some(component) != handler.as_ref()).collect();
    components.sort_by_key(|component| component["purl"].to_string());
    components.dedup();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": handler },
        "components": components,
    })
}

fn component(line: &str) -> Option<Value> {
    let (package, licence) = line.split_once('|')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    let purl = format!("pkg:cargo/{name}@{version}");
    // Before SPDX expressions, crates wrote `MIT/Apache-2.0`.
    let licence = licence.trim_end_matches(" (*)").replace('/', " OR ");
    Some(json!({
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "licenses": [{ "expression": licence }],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE_OF_THREE: &str = "\
remote-auth-mcp v0.1.0 (/work)|MIT
url v2.5.0|MIT OR Apache-2.0
serde_derive v1.0.0 (proc-macro)|MIT/Apache-2.0
url v2.5.0|MIT OR Apache-2.0 (*)";

    #[test]
    fn each_crate_is_there_once_and_the_handler_is_what_it_is_about() {
        let document = document(TREE_OF_THREE);
        assert_eq!(document["metadata"]["component"]["name"], "remote-auth-mcp");
        let purls: Vec<_> =
            document["components"].as_array().unwrap().iter().map(|component| &component["purl"]).collect();
        assert_eq!(purls, ["pkg:cargo/serde_derive@1.0.0", "pkg:cargo/url@2.5.0"]);
        assert_eq!(document["components"][0]["licenses"][0]["expression"], "MIT OR Apache-2.0");
    }

    #[test]
    fn the_bill_of_this_workspace_names_what_the_handler_serves_with() {
        let bill = of(&Workspace::of_this_build(false)).unwrap();
        let bill: Value = serde_json::from_str(&bill).unwrap();
        let names: Vec<_> = bill["components"].as_array().unwrap().iter().map(|component| &component["name"]).collect();
        for name in ["hyper", "rmcp", "aws-lc-sys", "oauth-protocol", "authorization-server"] {
            assert!(names.contains(&&Value::from(name)), "{name}");
        }
        assert!(!names.contains(&&Value::from("local-tenant")), "nothing of dev is shipped");
    }
}
