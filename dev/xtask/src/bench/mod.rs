//! `cargo xtask bench`: the program in `dev/bench`, with the packaged handler, an optimised `dev/bench-server`, and the peers
//! that the registries have.

mod peers;

use std::ffi::OsString;
use std::process::Command;

use crate::command;
use crate::package::{self, Glibc};
use crate::workspace::Workspace;

/// Whether everything was measured. A package that only this machine can run is good enough.
pub(crate) fn run(workspace: &Workspace, words: &[OsString]) -> bool {
    peers::install(workspace);
    let built = package::run(workspace, Glibc::Any)
        && command::run(&mut workspace.cargo("build --release -p bench-server --target-dir target"));
    built && command::run(&mut bench(workspace, words))
}

fn bench(workspace: &Workspace, words: &[OsString]) -> Command {
    let mut bench = workspace.cargo("run --quiet --bin bench --");
    let root = workspace.root();
    bench.arg("--handler").arg(package::folder(workspace).join("handler"));
    bench.arg("--server").arg(root.join("target/release/bench-server"));
    bench.arg("--peers").arg(peers::folder(workspace));
    bench.arg("--page").arg(root.join("docs/benchmarks.md"));
    bench.arg("--chart").arg(root.join("docs/pictures/benchmarks.svg"));
    bench.args(words);
    bench
}
