//! What runs on GitHub is pinned: an action by its commit, as a tag can be moved, and Rust by its version.

use yaml_serde::Value;

/// What a workflow uses that could change under it.
pub(crate) fn unpinned(workflow: &str) -> Result<Vec<String>, String> {
    let workflow: Value = yaml_serde::from_str(workflow).map_err(|error| error.to_string())?;
    let mut faults = Vec::new();
    walk(&workflow, &mut faults);
    Ok(faults)
}

fn walk(value: &Value, faults: &mut Vec<String>) {
    match value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping {
                match (key.as_str(), value.as_str()) {
                    (Some("uses"), Some(action)) if !is_pinned(action) => faults.push(format!("uses: {action}")),
                    (Some("run"), Some(script)) => faults.extend(floating_toolchains(script)),
                    _ => walk(value, faults),
                }
            }
        }
        Value::Sequence(values) => values.iter().for_each(|value| walk(value, faults)),
        _ => {}
    }
}

/// By a commit, or by this checkout's own.
fn is_pinned(action: &str) -> bool {
    let is_commit = |commit: &str| commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    action.starts_with("./") || action.rsplit_once('@').is_some_and(|(_, commit)| is_commit(commit))
}

/// Toolchains that are installed by a channel's name.
fn floating_toolchains(script: &str) -> impl Iterator<Item = String> {
    const CHANNELS: [&str; 3] = ["stable", "beta", "nightly"];
    let installed = script.split("rustup toolchain install ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    installed.filter(|name| CHANNELS.contains(name)).map(|name| format!("rustup toolchain install {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(step: &str) -> Vec<String> {
        unpinned(&format!("jobs:\n  test:\n    steps:\n      - {step}\n")).unwrap()
    }

    #[test]
    fn an_action_is_pinned_by_40_hexadecimal_digits() {
        assert!(faults("uses: actions/checkout@d23441a48e516b6c34aea4fa41551a30e30af803 # v6.1.0").is_empty());
        assert!(faults("uses: ./.github/actions/own").is_empty());
        for action in ["actions/checkout@v6", "actions/checkout@main", "actions/checkout", "actions/checkout@d23441a"] {
            assert_eq!(faults(&format!("uses: {action}")), [format!("uses: {action}")]);
        }
    }

    #[test]
    fn a_reusable_workflow_is_pinned_too() {
        let workflow = "jobs:\n  call:\n    uses: owner/repo/.github/workflows/a.yml@v1\n";
        assert_eq!(unpinned(workflow).unwrap(), ["uses: owner/repo/.github/workflows/a.yml@v1"]);
    }

    #[test]
    fn a_toolchain_is_pinned_by_its_version() {
        assert!(faults("run: rustup toolchain install 1.95.0 --profile minimal").is_empty());
        assert_eq!(faults("run: rustup toolchain install stable"), ["rustup toolchain install stable"]);
    }

    #[test]
    fn a_file_that_is_not_yaml_is_an_error() {
        assert!(unpinned("a: [").is_err());
    }
}
