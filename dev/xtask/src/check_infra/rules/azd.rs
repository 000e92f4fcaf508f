//! azure.yaml: how azd packages the handler, and finds where to put it.

use serde_json::Value;

use super::super::project::Project;
use super::{Judged, Rule, Rules, literal, unless};

pub(super) const RULES: Rules = &[
    ("azd-packages-the-handler", Rule::Project(packages)),
    ("azd-says-the-endpoints", Rule::Project(says)),
    ("azd-finds-the-app", Rule::Project(finds_app)),
    ("azd-is-new-enough", Rule::Project(new_enough)),
];

/// What the schema permits and azd or Azure would do the wrong thing with. Without `dist` azd deploys the whole checkout,
/// without `remoteBuild` Azure builds what it gets, and another `language` needs a switch or builds (ADR 11).
const SERVICE: [(&str, &str); 4] = [
    ("/host", "\"function\""),
    ("/language", "\"python\""),
    ("/remoteBuild", "false"),
    ("/dist", "\"target/package\""),
];

/// The first azd that has `remoteBuild`.
const OLDEST: [u32; 3] = [1, 23, 5];

const PACKAGE: &str = "cargo xtask package";

pub(super) fn azure_yaml(project: &Project) -> Result<Value, String> {
    let text = project.files.required("azure.yaml")?;
    yaml_serde::from_str(text).map_err(|error| format!("azure.yaml: {error}"))
}

/// The one service, with its name.
fn service(azure: &Value) -> Result<(&str, &Value), String> {
    let services = azure.pointer("/services").and_then(Value::as_object).ok_or("azure.yaml has no services")?;
    let mut services = services.iter();
    match (services.next(), services.next()) {
        (Some((name, service)), None) => Ok((name, service)),
        _ => Err("azure.yaml does not have one service".to_owned()),
    }
}

fn packages(project: &Project) -> Judged {
    let azure = azure_yaml(project)?;
    let (name, service) = service(&azure)?;
    let found = |pointer| service.pointer(pointer).unwrap_or(&Value::Null);
    let differs = SERVICE.iter().filter(|(pointer, json)| found(pointer) != &literal(json));
    let mut faults: Vec<_> = differs
        .map(|(pointer, json)| format!("azure.yaml: services/{name}{pointer} is {}, not {json}", found(pointer)))
        .collect();
    let posix = hook(service, "prepackage", "posix");
    faults.extend(unless(posix.lines().any(|line| line.trim() == PACKAGE), || {
        format!("azure.yaml: the prepackage hook of services/{name} for posix does not run {PACKAGE}")
    }));
    let windows = hook(service, "prepackage", "windows");
    let packages_or_refuses = windows.lines().any(|line| [PACKAGE, "exit 1"].contains(&line.trim()));
    faults.extend(unless(packages_or_refuses, || {
        format!("azure.yaml: the prepackage hook of services/{name} for windows neither runs {PACKAGE} nor refuses")
    }));
    Ok(faults)
}

/// What a hook runs; nothing where there is none.
pub(super) fn hook<'a>(holder: &'a Value, name: &str, shell: &str) -> &'a str {
    holder.pointer(&format!("/hooks/{name}/{shell}/run")).and_then(Value::as_str).unwrap_or_default()
}

/// After each deployment, also one of the code alone, a person reads where to connect.
fn says(project: &Project) -> Judged {
    let azure = azure_yaml(project)?;
    let mut faults = vec![];
    for (shell, print, sign) in [("posix", "printf", "$"), ("windows", "Write-Host", "$env:")] {
        let run = hook(&azure, "postdeploy", shell);
        let printed = run.lines().map(str::trim).filter(|line| line.starts_with(print)).collect::<Vec<_>>().join("\n");
        for output in ["MCP_ENDPOINT", "MCP_SSE_ENDPOINT"] {
            let names = printed.contains(&format!("{sign}{output}"));
            faults.extend(unless(names, || {
                format!("azure.yaml: the postdeploy hook for {shell} does not print {output}")
            }));
        }
    }
    Ok(faults)
}

fn finds_app(project: &Project) -> Judged {
    let azure = azure_yaml(project)?;
    let (name, _) = service(&azure)?;
    let mut faults = vec![];
    for deployment in &project.deployments {
        let tag = deployment.only("Microsoft.Web/sites")?.text("/tags/azd-service-name");
        let same = tag == name;
        faults.extend(unless(same, || {
            format!("{}: the tag azd-service-name is {tag:?}, the service {name}", deployment.set)
        }));
    }
    Ok(faults)
}

fn new_enough(project: &Project) -> Judged {
    let azure = azure_yaml(project)?;
    let range = azure.pointer("/requiredVersions/azd").and_then(Value::as_str).unwrap_or_default();
    let [major, minor, patch] = OLDEST;
    Ok(unless(least(range).is_some_and(|least| least >= OLDEST), || {
        format!(
            "azure.yaml: requiredVersions/azd is {range:?}, which is not \">= \" and {major}.{minor}.{patch} or later"
        )
    }))
}

/// The version of a range that has a lower end only, such as `>= 1.23.5`.
fn least(range: &str) -> Option<[u32; 3]> {
    let parts: Result<Vec<u32>, _> = range.strip_prefix(">=")?.trim_start().split('.').map(str::parse).collect();
    parts.ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_in_all_three_parts() {
        let enough = |range| least(range).is_some_and(|least| least >= OLDEST);
        assert!([">= 1.23.5", ">=1.23.6", ">= 1.24.0", ">= 2.0.0"].into_iter().all(enough));
        assert!(![">= 1.23.4", ">= 1.22.9", ">= 0.99.9"].into_iter().any(enough));
    }

    #[test]
    fn a_range_without_three_numbers_or_with_more_than_a_lower_end_is_refused() {
        for range in
            ["", "1.23.5", "> 1.23.5", ">= 1.23", ">= 1.23.5.0", ">= 1.23.x", ">= 1.23.5 < 1.30.0", "<= 1.23.5"]
        {
            assert_eq!(least(range), None, "{range}");
        }
    }
}
