//! `cargo xtask bench`: the program in `dev/bench`, with the packaged handler, an optimised `dev/bench-server`, and the peers
//! that the registries have.

mod peers;

use std::ffi::OsString;
use std::process::Command;

use crate::command;
use crate::package::{self, Glibc};
use crate::tally::Tally;
use crate::workspace::Workspace;

/// The stand-in for Graph, which is not counted.
const BENCH_SERVER: &str = "build --bin bench-server";

/// The servers that are measured.
const OPTIMISED_SERVER: &str = "build --release -p bench-server --target-dir target";

/// Whether everything was measured. A package that only this machine can run is good enough. `instructions` renews their
/// baseline, and `memory` only prints what the handler takes.
pub(crate) fn run(workspace: &Workspace, words: &[OsString]) -> bool {
    if words == ["instructions"] {
        return package::run(workspace, Glibc::AsInAzure)
            && command::run(&mut workspace.cargo(BENCH_SERVER))
            && command::run(count(workspace).arg("--renew"));
    }
    let is_built = || package::run(workspace, Glibc::Any) && command::run(&mut workspace.cargo(OPTIMISED_SERVER));
    if words == ["memory"] {
        return is_built() && command::run(&mut optimised(workspace, "memory"));
    }
    peers::install(workspace);
    is_built() && command::run(&mut compare(workspace, words))
}

/// Compares the instructions of a request to the packaged handler with the baseline.
pub(crate) fn instructions(workspace: &Workspace) -> Tally {
    let is_built = command::run(&mut workspace.cargo(BENCH_SERVER));
    if is_built { command::tests(&mut count(workspace)) } else { Tally::FAILED }
}

fn count(workspace: &Workspace) -> Command {
    let mut bench = workspace.cargo("run --quiet --bin bench -- instructions");
    bench.arg("--handler").arg(package::folder(workspace).join("handler"));
    bench.arg("--server").arg(workspace.root().join("target/debug/bench-server"));
    bench.arg("--baseline").arg(workspace.root().join("dev/bench/instructions.json"));
    bench
}

/// A task for the packaged handler and the optimised servers.
fn optimised(workspace: &Workspace, task: &str) -> Command {
    let mut bench = workspace.cargo(&format!("run --quiet --bin bench -- {task}"));
    bench.arg("--handler").arg(package::folder(workspace).join("handler"));
    bench.arg("--server").arg(workspace.root().join("target/release/bench-server"));
    bench
}

fn compare(workspace: &Workspace, words: &[OsString]) -> Command {
    let (root, mut bench) = (workspace.root(), optimised(workspace, "compare"));
    bench.arg("--peers").arg(peers::folder(workspace));
    bench.arg("--page").arg(root.join("docs/benchmarks.md"));
    bench.arg("--chart").arg(root.join("docs/pictures/benchmarks.svg"));
    bench.args(words);
    bench
}
