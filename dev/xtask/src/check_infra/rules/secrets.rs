//! Nothing secret is read, taken, made or given out.

use serde_json::Value;

use super::super::deployment::Deployment;
use super::super::project::Project;
use super::{Judged, Rule, Rules};

pub(super) const RULES: Rules = &[
    ("secrets-no-list-functions", Rule::Project(no_list_functions)),
    ("secrets-no-secure-values", Rule::Project(no_secure_values)),
    ("secrets-none-in-resources", Rule::Deployment(none_in_resources)),
];

/// `listKeys`, `listSecrets`, `list` and their like answer with what they list, keys above all.
fn no_list_functions(project: &Project) -> Judged {
    let sources = project.files.under("infra/", ".bicep").map(|(path, text)| (path, code(text)));
    let snapshots = project.files.under("infra/", ".snapshot.json").map(|(path, text)| (path, text.to_owned()));
    let calls = sources.chain(snapshots).filter_map(|(path, text)| Some(format!("{path} calls {}", list_call(&text)?)));
    Ok(calls.collect())
}

/// The first call of a function whose name is `list` or begins with it and a capital.
fn list_call(text: &str) -> Option<String> {
    let calls = text
        .split('(')
        .map(|before| before.rsplit(|other: char| !other.is_ascii_alphanumeric()).next().unwrap_or(before));
    let mut lists = calls.filter(|name| {
        name.strip_prefix("list")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(|next: char| next.is_ascii_uppercase()))
    });
    lists.next().map(str::to_owned)
}

/// Bicep without its line comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// A deployment without a secret has neither parameter nor output to keep secret.
fn no_secure_values(project: &Project) -> Judged {
    let sources = project.files.under("infra/", ".bicep");
    Ok(sources
        .filter(|(_, text)| code(text).contains("@secure"))
        .map(|(path, _)| format!("{path} has a @secure value"))
        .collect())
}

/// Types that exist to hold a secret, and texts that are one.
const HOLDERS: [&str; 4] = [
    "Microsoft.ApiManagement/service/subscriptions",
    "Microsoft.KeyVault/vaults/secrets",
    "Microsoft.Web/sites/functions/keys",
    "Microsoft.Web/sites/host/functionKeys",
];
const TEXTS: [&str; 6] = [
    "AccountKey=",
    "SharedAccessKey=",
    "InstrumentationKey}",
    "@Microsoft.KeyVault(",
    "x-functions-key",
    "client_secret",
];

fn none_in_resources(deployment: &Deployment) -> Judged {
    let mut faults = vec![];
    for resource in &deployment.resources {
        let holds = HOLDERS.iter().any(|kind| resource.kind.eq_ignore_ascii_case(kind));
        let is_secret = resource.at("/properties/secret") == &Value::Bool(true);
        if holds || is_secret {
            faults.push(format!("{} holds a secret", resource.name));
        }
        let text = resource.body.to_string();
        faults.extend(
            TEXTS.iter().filter(|secret| text.contains(**secret)).map(|secret| format!("{}: {secret}", resource.name)),
        );
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_list_are_found_by_name() {
        for call in ["account.listKeys().keys[0]", "[listKeys('/x', '1')]", "list('/x')", "a: listAccountSas(b)"] {
            assert!(list_call(call).is_some(), "{call}");
        }
        for other in ["blacklist(x)", "listing(x)", "toLower(list)", "'a list (of keys)'"] {
            assert_eq!(list_call(other), None, "{other}");
        }
        assert_eq!(list_call(&code("// listKeys() is never called")), None);
    }
}
