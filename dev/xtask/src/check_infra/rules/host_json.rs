//! host.json: how the Functions host runs the handler.

use serde_json::Value;

use super::super::project::Project;
use super::{Judged, Rule, Rules};

pub(super) const RULES: Rules = &[("host-json", Rule::Project(host))];

/// With a finite timeout one long stream ends the process, and every other stream with it. Only proxying streams. Sampling of
/// traces would drop audit lines; requests are sampled, and the host's two lines for each are off, because anybody can send
/// requests past the gateway. Each call of the host to the handler would be a dependency whose URL has its query, codes
/// included; so may the host's own log have it, once more of it is let through.
fn host(project: &Project) -> Judged {
    let host: Value = serde_json::from_str(project.files.required("host.json")?).map_err(|error| error.to_string())?;
    let wanted = [
        ("/functionTimeout", "\"-1\""),
        ("/extensions/http/routePrefix", "\"\""),
        ("/customHandler/description/defaultExecutablePath", "\"handler\""),
        ("/customHandler/enableProxyingHttpRequest", "true"),
        ("/customHandler/enableForwardingHttpRequest", "null"),
        ("/customHandler/port", "null"),
        ("/extensionBundle", "null"),
        ("/logging/applicationInsights/samplingSettings/excludedTypes", "\"Trace\""),
        ("/logging/applicationInsights/enableDependencyTracking", "false"),
        ("/logging/applicationInsights/enableQueryStringTracing", "null"),
        ("/logging/logLevel", r#"{"Function":"Warning"}"#),
    ];
    let differs =
        |(pointer, json): &(&str, &str)| host.pointer(pointer).unwrap_or(&Value::Null) != &super::literal(json);
    let fault = |(pointer, json): (&str, &str)| {
        format!("host.json: {pointer} is {}, not {json}", host.pointer(pointer).unwrap_or(&Value::Null))
    };
    Ok(wanted.into_iter().filter(differs).map(fault).collect())
}
