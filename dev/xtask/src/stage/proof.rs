//! The search for unknown faults: each fuzz target for a minute, then mutated requests over HTTP against a whole server
//! for five.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{fs, io};

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{command, fuzz};

const INSTALL: &str = "install cargo-fuzz --locked --version 0.13.2 --root target/tools/cargo-fuzz";
const PROGRAM: &str = "target/tools/cargo-fuzz/bin/cargo-fuzz";
/// Of every build of a target. One codegen unit would take most of the time of the stage.
const BUILD: &str = "--fuzz-dir dev/fuzz --sanitizer none --codegen-units 16 --target-dir target/fuzz";
const LIMITS: &str = "-max_total_time=60 -rss_limit_mb=512 -timeout=30 -print_final_stats=1";

/// A test by itself, because it measures the memory of its process.
const OVER_HTTP: &str = "test --no-fail-fast --test fuzz_http -- --ignored --nocapture";

const NOT_LONG: &str = "it takes half an hour: cargo xtask test proof --long";
const NO_NIGHTLY: &str = "libFuzzer needs a nightly toolchain: rustup toolchain install nightly --profile minimal";
const NO_CARGO_FUZZ: &str = "crates.io did not give cargo-fuzz: connect to it and run again";

pub(super) fn run(workspace: &Workspace) -> Tally {
    if !workspace.long() {
        return command::skip("proof", NOT_LONG);
    }
    let mut tally = targets(workspace);
    tally += command::tests(&mut workspace.cargo(OVER_HTTP));
    tally
}

fn targets(workspace: &Workspace) -> Tally {
    if !has_nightly() {
        return command::skip("fuzz targets", NO_NIGHTLY);
    }
    let program = workspace.root().join(PROGRAM);
    if !program.is_file() && !command::run(&mut workspace.cargo(INSTALL)) {
        return command::skip("fuzz targets", NO_CARGO_FUZZ);
    }
    if !command::run(&mut nightly(workspace, &format!("{PROGRAM} build {BUILD}"))) {
        return Tally::FAILED;
    }
    each(workspace).unwrap_or_else(|error| {
        eprintln!("dev/fuzz: {error}");
        Tally::FAILED
    })
}

/// Runs each target. libFuzzer's new inputs are kept below `target`; the seeds stay as they are.
fn each(workspace: &Workspace) -> io::Result<Tally> {
    let mut tally = Tally::default();
    for target in fuzz::targets(workspace.root())? {
        let found = PathBuf::from("target/fuzz-corpus").join(&target);
        fs::create_dir_all(workspace.root().join(&found))?;
        let corpora = format!("{} dev/fuzz/corpus/{target}", found.display());
        let words = format!("{PROGRAM} run {BUILD} {target} {corpora} -- {LIMITS}");
        tally += command::check(&mut nightly(workspace, &words));
    }
    Ok(tally)
}

fn has_nightly() -> bool {
    let mut rustc = Command::new("rustup");
    rustc.args(["run", "nightly", "rustc", "--version"]).stdin(Stdio::null()).stdout(Stdio::null());
    rustc.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// A program under the nightly toolchain.
fn nightly(workspace: &Workspace, words: &str) -> Command {
    let mut command = workspace.command("rustup", &format!("run nightly {words}"));
    command.env_remove("CARGO").env_remove("RUSTC");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_long_it_is_skipped_and_says_how_it_is_run() {
        assert_eq!(run(&Workspace::of_this_build(false)), Tally::skipped("proof", NOT_LONG));
    }
}
