//! `host.json`: only the one shape that this host imitates is accepted.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::StartError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct HostJson {
    version: String,
    function_timeout: String,
    extensions: Extensions,
    /// For Application Insights, which this host does without.
    #[serde(default, rename = "logging")]
    _logging: serde_json::Value,
    custom_handler: CustomHandler,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Extensions {
    http: HttpExtension,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct HttpExtension {
    route_prefix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CustomHandler {
    description: Description,
    #[serde(rename = "enableProxyingHttpRequest")]
    proxying: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Description {
    default_executable_path: String,
}

/// Checks `host.json` in `root`. The executable that it names, as it names it.
pub(crate) fn check(root: &Path) -> Result<String, StartError> {
    let path = root.join("host.json");
    let text = fs::read(&path).map_err(|source| StartError::Read { path: path.clone(), source })?;
    let outcome = match serde_json::from_slice::<HostJson>(&text) {
        Ok(host_json) => match first_fault(&host_json) {
            Some(fault) => Err(fault.to_owned()),
            None => Ok(host_json.custom_handler.description.default_executable_path),
        },
        Err(fault) => Err(fault.to_string()),
    };
    outcome.map_err(|reason| StartError::NotImplemented { path, reason })
}

fn first_fault(host_json: &HostJson) -> Option<&'static str> {
    let rules = [
        (host_json.version == "2.0", "version must be \"2.0\""),
        (host_json.function_timeout == "-1", "functionTimeout must be \"-1\": a finite one kills the handler"),
        (host_json.extensions.http.route_prefix.is_empty(), "extensions.http.routePrefix must be empty"),
        (host_json.custom_handler.proxying, "customHandler.enableProxyingHttpRequest must be true"),
        (
            !host_json.custom_handler.description.default_executable_path.is_empty(),
            "customHandler.description.defaultExecutablePath must name the handler",
        ),
    ];
    rules.into_iter().find_map(|(kept, fault)| (!kept).then_some(fault))
}

#[cfg(test)]
mod tests {
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
