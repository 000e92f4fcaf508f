//! GitHub workflows pin what they run: an action by its commit and an image by its digest, as a tag can be moved, and Rust
//! by its version.

use yaml_serde::Value;

/// Parts of a workflow that could change without a commit.
pub(crate) fn unpinned(workflow: &str) -> Result<Vec<String>, String> {
    let workflow: Value = yaml_serde::from_str(workflow).map_err(|error| error.to_string())?;
    let mut faults = Vec::new();
    walk(&workflow, &mut faults);
    let jobs = workflow.get("jobs").and_then(Value::as_mapping).into_iter().flat_map(|jobs| jobs.values());
    faults.extend(jobs.flat_map(unchosen_toolchains));
    Ok(faults)
}

/// Lines of a job that call cargo before the job has chosen a version of Rust: the runner's own Rust changes.
fn unchosen_toolchains(job: &Value) -> Vec<String> {
    let steps = job.get("steps").and_then(Value::as_sequence).into_iter().flatten();
    let scripts: Vec<_> = steps.filter_map(|step| step.get("run")?.as_str()).map(joined).collect();
    let lines = scripts.iter().flat_map(|script| script.lines()).filter(|line| !uses_channel(line));
    let mut chosen = false;
    let unchosen = lines.filter(|line| {
        let words = words(line);
        let mut behind = words.iter().zip(words.iter().skip(1).map(Some).chain([None]));
        behind.any(|(word, next)| {
            chosen |= word.ends_with("rustup") && next.is_some_and(|next| next == "default");
            let names_version = next.is_some_and(|next| next.starts_with('+'));
            (word == "cargo" || word.ends_with("/cargo")) && !names_version && !chosen
        })
    });
    unchosen.map(|line| format!("before `rustup default`: {}", line.trim())).collect()
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
                    (Some(name @ ("container" | "image")), Some(image)) if !has_digest(image) => {
                        faults.push(format!("{name}: {image}"));
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

/// `name@sha256:` and 64 hexadecimal digits.
fn has_digest(image: &str) -> bool {
    let is_digest = |digest: &str| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    image.rsplit_once("@sha256:").is_some_and(|(_, digest)| is_digest(digest))
}

/// A script with each command on one line.
fn joined(script: &str) -> String {
    script.replace("\\\n", " ")
}

/// The words of a command, in lower case.
fn words(line: &str) -> Vec<String> {
    let line = line.to_ascii_lowercase();
    let words = line.split(|c: char| c.is_whitespace() || "=;&|()'\"".contains(c)).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Lines that use Rust by a channel's name, or update it.
fn floating_toolchains(script: &str) -> Vec<String> {
    let script = joined(script);
    script.lines().filter(|line| uses_channel(line)).map(|line| line.trim().to_owned()).collect()
}

fn uses_channel(line: &str) -> bool {
    let words = words(line);
    let has_rustup = words.iter().any(|word| word.contains("rustup"));
    let mut pairs = words.iter().zip(words.iter().skip(1));
    let updates =
        pairs.any(|(program, verb)| program.ends_with("rustup") && ["update", "upgrade"].contains(&verb.as_str()));
    let mut names = words.iter().filter_map(|word| word.strip_prefix('+').or(has_rustup.then_some(word.as_str())));
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
            faults("run: |\n          echo\n          rustup toolchain \\\n            install stable").len(),
            1
        );
    }

    #[test]
    fn cargo_is_called_only_after_a_version_was_chosen() {
        let of_steps = |steps: &[&str]| {
            let steps = steps.iter().map(|script| format!("      - run: {script}\n")).collect::<Vec<_>>().concat();
            unpinned(&format!(
                "jobs:\n  other:\n    steps:\n      - run: rustup default 1.95.0\n  test:\n    steps:\n{steps}"
            ))
            .unwrap()
        };
        for chosen in [
            &["rustup toolchain install 1.95.0 && rustup default 1.95.0", "cargo build"][..],
            &["rustup default 1.95.0 && cargo build"],
            &["|\n          rustup default $msrv\n          ~/.cargo/bin/cargo build"],
            &["cargo +1.95.0 build"],
            &["ls ~/.cargo"],
        ] {
            assert_eq!(of_steps(chosen), [""; 0], "{chosen:?}");
        }
        for (unchosen, line) in [
            (&["cargo build", "rustup default 1.95.0"][..], "cargo build"),
            (&["rustup toolchain install 1.95.0", "cd a && cargo build"], "cd a && cargo build"),
            (&["cargo build && rustup default 1.95.0"], "cargo build && rustup default 1.95.0"),
            (&["|\n          echo\n          ~/.cargo/bin/cargo \\\n            build"], "~/.cargo/bin/cargo    build"),
        ] {
            assert_eq!(of_steps(unchosen), [format!("before `rustup default`: {line}")], "{unchosen:?}");
        }
    }

    #[test]
    fn an_image_is_pinned_by_its_digest() {
        let image = format!("rust:1.95@sha256:{}", "0a".repeat(32));
        for pinned in [format!("container: {image}"), format!("container:\n      image: {image}")] {
            assert_eq!(unpinned(&format!("jobs:\n  test:\n    {pinned}\n")).unwrap(), [""; 0], "{pinned}");
        }
        for (floating, fault) in [
            ("container: rust:1.95", "container: rust:1.95"),
            ("container:\n      image: rust@sha256:0a", "image: rust@sha256:0a"),
            ("services:\n      db:\n        image: db:1", "image: db:1"),
        ] {
            assert_eq!(unpinned(&format!("jobs:\n  test:\n    {floating}\n")).unwrap(), [fault], "{floating}");
        }
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
