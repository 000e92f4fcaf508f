//! GitHub workflows pin what they run: an action by its commit, as a tag can be moved, and Rust by its version.

use yaml_serde::Value;

/// Parts of a workflow that could change without a commit.
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
                    (Some(name @ ("toolchain" | "RUSTUP_TOOLCHAIN")), Some(channel)) if is_channel(channel) => {
                        faults.push(format!("{name}: {channel}"));
                    }
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

/// Lines that use Rust by a channel's name, or update it.
fn floating_toolchains(script: &str) -> Vec<String> {
    let script = script.replace("\\\n", " ");
    script.lines().filter(|line| uses_channel(line)).map(|line| line.trim().to_owned()).collect()
}

fn uses_channel(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let words: Vec<_> = line.split(|c: char| c.is_whitespace() || "=;&|()'\"".contains(c)).collect();
    let has_rustup = line.contains("rustup");
    let mut pairs = words.iter().zip(words.iter().skip(1));
    let updates = pairs.any(|(program, verb)| program.ends_with("rustup") && ["update", "upgrade"].contains(verb));
    let mut names = words.iter().filter_map(|word| word.strip_prefix('+').or(has_rustup.then_some(*word)));
    updates || names.any(is_channel)
}

/// `stable`, or `nightly-x86_64-unknown-linux-gnu`, but not `nightly-2026-11-01`.
fn is_channel(name: &str) -> bool {
    let rest = ["stable", "beta", "nightly"].iter().find_map(|channel| name.strip_prefix(channel));
    rest.is_some_and(|rest| {
        rest.is_empty() || rest.starts_with('-') && !rest[1..].starts_with(|c: char| c.is_ascii_digit())
    })
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
        for pinned in [
            "rustup toolchain install 1.95.0 --profile minimal --component clippy,rustfmt && rustup default 1.95.0",
            "rustup toolchain install \"$msrv\" --profile minimal && rustup default \"$msrv\"",
            "rustup toolchain install nightly-2026-11-01",
            "cargo +1.95.0 build --features stable",
        ] {
            assert_eq!(faults(&format!("run: '{pinned}'")), [""; 0], "{pinned}");
        }
    }

    #[test]
    fn a_channel_is_refused_wherever_it_is_named() {
        for floating in [
            "rustup toolchain install stable",
            "rustup toolchain install --profile minimal stable",
            "rustup install nightly-x86_64-unknown-linux-gnu",
            "rustup default stable",
            "rustup toolchain install 1.95.0 && rustup default \"stable\"",
            "rustup run beta cargo build",
            "rustup update",
            "~/.cargo/bin/rustup update",
            "curl https://sh.rustup.rs | sh -s -- --default-toolchain=stable",
            "cargo +nightly fmt",
            "RUSTUP_TOOLCHAIN=stable cargo build",
        ] {
            assert_eq!(faults(&format!("run: '{floating}'")), [floating], "{floating}");
        }
        assert_eq!(
            faults("run: |\n          cargo build\n          rustup toolchain \\\n            install stable").len(),
            1
        );
    }

    #[test]
    fn a_channel_is_refused_as_an_input_and_in_the_environment() {
        assert_eq!(faults("with: {toolchain: stable}"), ["toolchain: stable"]);
        assert_eq!(faults("env: {RUSTUP_TOOLCHAIN: nightly}"), ["RUSTUP_TOOLCHAIN: nightly"]);
        assert!(faults("with: {toolchain: 1.95.0}").is_empty());
    }

    #[test]
    fn a_file_that_is_not_yaml_is_an_error() {
        assert!(unpinned("a: [").is_err());
    }
}
