//! azure.yaml: what azd runs before it deploys, so that a deployment does not end half way.

use super::super::project::Project;
use super::azd::{azure_yaml, hook};
use super::{Judged, Rule, Rules, unless};

pub(super) const RULES: Rules = &[("azd-checks-first", Rule::Project(checks_first))];

/// azd reads the parameters after `preup` and before `preprovision`; a new role needs minutes to reach the storage.
const HOOKS: [(&str, &str); 3] = [
    ("preup", "cargo xtask preflight values"),
    ("preprovision", "cargo xtask preflight"),
    ("predeploy", "cargo xtask preflight role"),
];

fn checks_first(project: &Project) -> Judged {
    let azure = azure_yaml(project)?;
    let mut faults = vec![];
    for (name, command) in HOOKS {
        for shell in ["posix", "windows"] {
            let runs = hook(&azure, name, shell).trim() == command;
            faults.extend(unless(runs, || format!("azure.yaml: the {name} hook for {shell} does not run {command}")));
        }
    }
    Ok(faults)
}
