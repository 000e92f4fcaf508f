//! The command line.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::{new_tool::Words, stage::Stage};

/// The project's tasks.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// One task.
#[derive(Debug, PartialEq, Subcommand)]
pub(crate) enum Task {
    /// Run the checks, and end with the line "N passed, N failed, N skipped".
    Test {
        /// Only this stage; without it all of them, in this order, up to the first that fails.
        stage: Option<Stage>,
        /// Give property tests sixteen times as many cases, run each client over everything that it speaks, take each
        /// guard away, measure the packaged handler's memory, and add the stage `proof`.
        #[arg(long)]
        long: bool,
    },
    /// Put what azd deploys into target/package: the handler for an older glibc, host.json, the function folders.
    Package {
        /// Package a handler that needs a newer glibc, too.
        #[arg(long)]
        any_glibc: bool,
    },
    /// Measure the package beside other servers, and write docs/benchmarks.md.
    Bench(HandedOn),
    /// Let many users work with a deployment, or with three local processes, and say what it costs: see docs/cost.md.
    #[command(disable_help_flag = true)]
    Load(HandedOn),
    /// Check settings, subscription and tenant before azd deploys anything; or only a part: `values`, `role`.
    #[command(disable_help_flag = true)]
    Preflight(HandedOn),
    /// Try a deployed server, a line for each fact: `cargo xtask smoke https://HOST`, or `--help`.
    #[command(disable_help_flag = true)]
    Smoke(HandedOn),
    /// Write a new tool that works, its test, and its place in every list of tools: `cargo xtask new-tool list_tasks`.
    NewTool(Words),
    /// Sign in with real clients and a real browser, and draw and record that for README.md.
    Pictures,
    /// Measure the shipped crates and `dev/`, and hold the figures against their limits.
    Figures,
    /// Compile infra/ where BICEP or PATH has the CLI, and hold it against the rules, the code and the schemas.
    CheckInfra {
        /// Renew infra/test/*.snapshot.json, the golden files.
        #[arg(long)]
        accept: bool,
    },
}

/// Words for another program.
#[derive(Debug, PartialEq, clap::Args)]
pub(crate) struct HandedOn {
    /// Arguments of that program: see its `--help`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) words: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Task, clap::Error> {
        Args::try_parse_from(line.split(' ')).map(|args| args.task)
    }

    #[test]
    fn no_stage_means_all() {
        assert_eq!(parse("xtask test").unwrap(), Task::Test { stage: None, long: false });
    }

    #[test]
    fn a_stage_and_long_go_together() {
        let expected = Task::Test { stage: Some(Stage::Http), long: true };
        assert_eq!(parse("xtask test http --long").unwrap(), expected);
    }

    #[test]
    fn words_for_another_program_are_handed_on() {
        let words = |words: &[&str]| HandedOn { words: words.iter().map(OsString::from).collect() };
        let smoke = Task::Smoke(words(&["https://x", "--sign-in"]));
        assert_eq!(parse("xtask smoke https://x --sign-in").unwrap(), smoke);
        assert_eq!(parse("xtask load --help").unwrap(), Task::Load(words(&["--help"])));
        assert_eq!(parse("xtask preflight").unwrap(), Task::Preflight(words(&[])));
    }

    #[test]
    fn a_stage_that_does_not_exist_is_refused_and_the_others_are_named() {
        let message = parse("xtask test nonsense").unwrap_err().to_string();
        assert!(message.contains("lint, unit, http, e2e, azure, package, azd, proof"), "{message}");
    }
}
