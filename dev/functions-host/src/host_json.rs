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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOOD: &str = r#"{"version":"2.0","functionTimeout":"-1","extensions":{"http":{"routePrefix":""}},
        "customHandler":{"description":{"defaultExecutablePath":"handler"},"enableProxyingHttpRequest":true}}"#;

    fn fault_of(text: &str) -> Option<String> {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("host.json"), text).unwrap();
        check(root.path()).err().map(|fault| fault.to_string())
    }

    #[test]
    fn the_shape_of_a_proxied_custom_handler_is_accepted() {
        assert_eq!(fault_of(GOOD), None);
    }

    #[test]
    fn logging_is_none_of_its_business() {
        let with_logging =
            GOOD.replace(r#""version":"2.0""#, r#""version":"2.0","logging":{"applicationInsights":{}}"#);
        assert_eq!(fault_of(&with_logging), None);
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        for (from, to, named) in [
            (r#""2.0""#, r#""4.0""#, "version"),
            (r#""-1""#, r#""00:10:00""#, "functionTimeout"),
            (r#""routePrefix":"""#, r#""routePrefix":"api""#, "routePrefix"),
            ("true", "false", "enableProxyingHttpRequest"),
            (r#""handler""#, r#""""#, "defaultExecutablePath"),
            (r#""enableProxyingHttpRequest""#, r#""enableForwardingHttpRequest""#, "enableForwardingHttpRequest"),
            (r#""version""#, r#""extensionBundle":{},"version""#, "extensionBundle"),
        ] {
            let fault = fault_of(&GOOD.replace(from, to)).unwrap_or_default();
            assert!(fault.contains("host.json") && fault.contains(named), "{named}: {fault:?}");
        }
    }
}
