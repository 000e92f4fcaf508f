//! The search for unknown faults: each fuzz target for a minute, mutated requests over HTTP against a whole server for
//! five, and a shard of the mutants of the guarded files.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{fs, io};

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{command, fuzz, mutants, tools};

const INSTALL: &str = "install cargo-fuzz --locked --version 0.13.2 --root target/tools/cargo-fuzz";
const PROGRAM: &str = "target/tools/cargo-fuzz/bin/cargo-fuzz";
/// Of every build of a target. One codegen unit would take most of the time of the stage.
const BUILD: &str = "--fuzz-dir dev/fuzz --sanitizer none --codegen-units 16 --target-dir target/fuzz";
const LIMITS: &str = "-max_total_time=60 -rss_limit_mb=512 -timeout=30 -print_final_stats=1";

/// A test by itself, because it measures the memory of its process.
const OVER_HTTP: &str = "test --no-fail-fast --test fuzz_http -- --ignored --nocapture";

const INSTALL_MUTANTS: &str = "install cargo-mutants --locked --version 27.1.0 --root target/tools/cargo-mutants";
const MUTANTS: &str = "target/tools/cargo-mutants/bin/cargo-mutants";
/// Which part of the mutants, as `k/n`. All take a day.
const SHARD: &str = "MUTANTS_SHARD";
const NO_SHARD: &str = "all mutants take a day: run it with MUTANTS_SHARD=0/40 to MUTANTS_SHARD=39/40";
const NO_CARGO_MUTANTS: &str = "crates.io did not give cargo-mutants: connect to it and run again";

const NOT_LONG: &str = "it takes half an hour: cargo xtask test proof --long";
const NO_NIGHTLY: &str = "libFuzzer needs a nightly toolchain: rustup toolchain install nightly --profile minimal";
const NO_CARGO_FUZZ: &str = "crates.io did not give cargo-fuzz: connect to it and run again";

pub(super) fn run(workspace: &Workspace) -> Tally {
    if !workspace.long() {
        return command::skip("proof", NOT_LONG);
    }
    let mut tally = targets(workspace);
    tally += command::tests(&mut workspace.cargo(OVER_HTTP));
    tally += mutants(workspace);
    tally
}

fn mutants(workspace: &Workspace) -> Tally {
    let Some(shard) = tools::named(SHARD) else { return command::skip("mutants", NO_SHARD) };
    let program = workspace.root().join(MUTANTS);
    if !program.is_file() && !command::run(&mut workspace.cargo(INSTALL_MUTANTS)) {
        return command::skip("mutants", NO_CARGO_MUTANTS);
    }
    let mut tally = Tally::default();
    for package in mutants::CRATES {
        tally += mutants_of(workspace, package, &shard.to_string_lossy()).unwrap_or_else(|error| {
            eprintln!("mutants of {package}: {error}");
            Tally::FAILED
        });
    }
    tally
}

/// Each survivor that docs/proof.md does not list is a failure. cargo-mutants itself fails for every survivor.
fn mutants_of(workspace: &Workspace, package: &str, shard: &str) -> io::Result<Tally> {
    let output = workspace.root().join("target/mutants").join(package);
    fs::create_dir_all(&output)?;
    // What an earlier run left would count.
    let _ = fs::remove_dir_all(output.join("mutants.out"));
    let words = mutants::words(workspace.root(), package)?;
    let words = format!("mutants --shard {shard} --output target/mutants/{package} --no-times {words}");
    let ended = workspace.command(workspace.root().join(MUTANTS), &words).status()?;
    // All caught, some survived, some timed out (<https://mutants.rs/exit-codes.html>).
    if !matches!(ended.code(), Some(0 | 2 | 3)) {
        eprintln!("cargo-mutants: {ended}");
        return Ok(Tally::FAILED);
    }
    let survivors = mutants::unlisted_survivors(workspace.root(), &output)?;
    for survivor in &survivors {
        eprintln!("no test notices: {survivor}");
    }
    Ok(if survivors.is_empty() { Tally::PASSED } else { Tally::FAILED })
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
