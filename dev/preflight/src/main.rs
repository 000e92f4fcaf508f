//! `preflight`: checks what would stop a deployment, before anything is deployed. azd's hooks run it (`azure.yaml`), and
//! `cargo xtask preflight` runs it by hand.
//!
//! It prints every fault with its cure, and then what it could not check. A check that cannot be made is no fault:
//! Azure itself decides then. It signs in with azd's own login and changes nothing.

mod arm;
mod azd;
mod environment;
mod facts;
mod findings;
mod parameters;
mod role_age;
mod values;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use environment::Environment;
use findings::Findings;

/// Check settings, subscription and tenant before azd deploys anything.
#[derive(Parser)]
#[command(name = "preflight", bin_name = "cargo xtask preflight")]
struct Arguments {
    /// Without it, the settings, the subscription and the tenant are checked.
    #[command(subcommand)]
    part: Option<Part>,
    /// Root of the checkout.
    #[arg(long, default_value = ".", global = true)]
    root: PathBuf,
}

#[derive(Clone, Copy, Subcommand)]
enum Part {
    /// Check the settings only: no login, no network.
    Values,
    /// Wait until the storage role of the function app is three minutes old.
    Role,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let environment = match Environment::current(&arguments.root) {
        Ok(environment) => environment,
        Err(fault) => {
            eprintln!("fault: {fault}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(Part::Role) = arguments.part {
        println!("{}", role_age::wait(&environment).await);
        return ExitCode::SUCCESS;
    }
    let mut findings = check_values(&arguments.root, &environment);
    if arguments.part.is_none() {
        facts::check(&environment, &mut findings).await;
    }
    print!("{findings}");
    if findings.any_fault() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn check_values(root: &Path, environment: &Environment) -> Findings {
    let mut findings = Findings::default();
    match parameters::read(root) {
        Ok(parameters) => values::check(&parameters, environment, &mut findings),
        Err(error) => findings.fault(error, "run it in the root of the checkout"),
    }
    findings
}
