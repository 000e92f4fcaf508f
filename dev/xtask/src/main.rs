//! The project's tasks. `cargo xtask test` runs every check there is, the same for people and for CI.

mod args;
mod command;
mod shipped;
mod stage;
mod tally;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use args::{Args, Task};
use clap::Parser as _;
use workspace::Workspace;

fn main() -> ExitCode {
    let Task::Test { stage, long } = Args::parse().task;
    let workspace = Workspace::of_this_build(long);
    if test::run(&workspace, stage) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
