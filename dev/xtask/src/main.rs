//! The project's tasks. `cargo xtask test` runs every check there is, the same for people and for CI.

mod args;
mod bench;
mod check_infra;
mod command;
mod compiled_twice;
mod figures;
mod fuzz;
mod load;
mod mutants;
mod new_tool;
mod npm;
mod package;
mod pictures;
mod pip;
mod preflight;
mod prose;
mod report;
mod shipped;
mod smoke;
mod stage;
mod tally;
mod test;
mod tools;
mod workflows;
mod workspace;

use std::process::ExitCode;

use args::{Args, Task};
use clap::Parser as _;
use package::Glibc;
use workspace::Workspace;

fn main() -> ExitCode {
    let task = Args::parse().task;
    let workspace = Workspace::of_this_build(matches!(task, Task::Test { long: true, .. }));
    let passed = match task {
        Task::Test { stage, .. } => test::run(&workspace, stage),
        Task::Package { any_glibc } => package::run(&workspace, if any_glibc { Glibc::Any } else { Glibc::AsInAzure }),
        Task::CheckInfra { accept } => check_infra::check(&workspace, accept).failed == 0,
        Task::NewTool(words) => new_tool::run(&workspace, &words),
        Task::Pictures => pictures::run(&workspace),
        Task::Figures => figures::judge(&workspace).failed == 0,
        Task::Bench(other) => bench::run(&workspace, &other.words),
        Task::Preflight(other) => preflight::run(&workspace, &other.words),
        Task::Load(other) => load::run(&workspace, &other.words),
        Task::Smoke(other) => smoke::run(&workspace, &other.words),
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
