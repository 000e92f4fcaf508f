//! The Azure Developer CLI itself, in a fresh clone, against the control plane of `dev/control-plane`.
//!
//! The project contains no azd. Where there is none, or no Bicep CLI for it, the stage is skipped. It deploys the
//! package of the stage before it; there is no second release build.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::check_infra::Tools;
use crate::command;
use crate::package::{self, Glibc};
use crate::tally::Tally;
use crate::tools;
use crate::workspace::Workspace;

const TESTS: &str = "test --no-fail-fast --test azd -- --ignored";
const NO_AZD: &str = "no azd: install it (https://aka.ms/azd-install), or set AZD to its path";
const NO_BICEP: &str = "no Bicep CLI for azd: install it, or set BICEP to its path";
const NOT_LINUX: &str = "azd trusts a certificate of the test's own on Linux only: run it there";

pub(super) fn run(workspace: &Workspace) -> Tally {
    let bicep = Tools::of_environment();
    match plan(tools::program("AZD", "azd"), &bicep) {
        Plan::Skip(reason) => command::skip("azd", reason),
        Plan::Fail(faults) => {
            eprintln!("{}", faults.join("\n"));
            Tally::FAILED
        }
        Plan::Run { azd, bicep: program } => {
            if !prepared(workspace, &azd, &program, &bicep) {
                return Tally::FAILED;
            }
            command::tests(&mut tests(workspace, &azd, &program))
        }
    }
}

#[derive(Debug, PartialEq)]
enum Plan {
    Skip(&'static str),
    Fail(Vec<String>),
    Run { azd: PathBuf, bicep: PathBuf },
}

/// A wrong name must not skip the stage.
fn plan(azd: Option<PathBuf>, bicep: &Tools) -> Plan {
    let mut faults = bicep.missing(false);
    let absent = azd.as_ref().filter(|azd| !azd.exists());
    faults.extend(absent.map(|azd| format!("AZD names {}, which is not there", azd.display())));
    match (azd, bicep.bicep.clone()) {
        _ if !faults.is_empty() => Plan::Fail(faults),
        _ if !cfg!(target_os = "linux") => Plan::Skip(NOT_LINUX),
        (None, _) => Plan::Skip(NO_AZD),
        (_, None) => Plan::Skip(NO_BICEP),
        (Some(azd), Some(bicep)) => Plan::Run { azd, bicep },
    }
}

/// Prints the version of azd. Behind the proxy the Bicep CLI reaches no registry, so it takes the Graph types before.
fn prepared(workspace: &Workspace, azd: &Path, bicep: &Path, tools: &Tools) -> bool {
    command::run(Command::new(azd).arg("version"))
        && command::run(&mut workspace.cargo("build --bin preflight"))
        && (tools.graph_types.is_some() || command::run(&mut workspace.command(bicep, "restore infra/main.bicep")))
        && (package::is_staged(workspace) || package::run(workspace, Glibc::AsInAzure))
}

/// Hooks find what `cargo xtask preflight` runs in PREFLIGHT, so that it is not compiled again in each clone.
fn tests(workspace: &Workspace, azd: &Path, bicep: &Path) -> Command {
    let mut tests = workspace.cargo(TESTS);
    tests.env("AZD", azd).env("BICEP", bicep).env("AZD_PACKAGE", package::folder(workspace));
    tests.envs(std::env::current_exe().map(|xtask| ("PREFLIGHT", xtask.with_file_name("preflight"))));
    tests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Option<PathBuf> {
        std::env::current_exe().ok()
    }

    #[test]
    fn a_program_that_is_named_and_not_there_fails_the_stage() {
        let faults = ["AZD names /no/such/azd, which is not there".to_owned()];
        assert_eq!(plan(Some("/no/such/azd".into()), &Tools::default()), Plan::Fail(faults.to_vec()));
        let bicep = Tools { bicep: Some("/no/such/bicep".into()), ..Tools::default() };
        assert!(matches!(plan(None, &bicep), Plan::Fail(_)));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn without_azd_or_the_bicep_cli_the_stage_is_skipped() {
        let both = Tools { bicep: here(), ..Tools::default() };
        assert_eq!(plan(None, &both), Plan::Skip(NO_AZD));
        assert_eq!(plan(here(), &Tools::default()), Plan::Skip(NO_BICEP));
        assert_eq!(plan(here(), &both), Plan::Run { azd: here().unwrap(), bicep: here().unwrap() });
    }
}
