//! `host.json`: only the one shape that this host imitates is accepted.

use std::path::Path;

use serde_json::{Value, json};

use crate::{StartError, shape};

/// Checks `host.json` in `root`. Returns the executable that it names, as it names it.
pub(crate) fn check(root: &Path) -> Result<String, StartError> {
    // A finite functionTimeout kills the handler.
    let expected = json!({
        "version": "2.0",
        "functionTimeout": "-1",
        "extensions": { "http": { "routePrefix": "" } },
        "customHandler": {
            "description": { "defaultExecutablePath": shape::ANY },
            "enableProxyingHttpRequest": true,
        },
    });
    shape::read(&root.join("host.json"), &expected, &["logging"], |host_json| {
        let path = host_json.pointer("/customHandler/description/defaultExecutablePath").and_then(Value::as_str);
        let path = path.filter(|path| !path.is_empty());
        let missing = || "customHandler.description.defaultExecutablePath must name the handler".to_owned();
        path.map(str::to_owned).ok_or_else(missing)
    })
}
