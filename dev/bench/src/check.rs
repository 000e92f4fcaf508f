//! The check of the stage `package`: a request takes no more instructions than the committed baseline allows.

use std::{error::Error, path::PathBuf, process::ExitCode};

use crate::{
    baseline::{Baseline, Machine},
    callgrind::Callgrind,
    instructions,
    servers::Graph,
};

/// Where the programs and the baseline are.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The handler: that of `cargo xtask package`.
    #[arg(long)]
    handler: PathBuf,
    /// The server of `dev/bench-server`.
    #[arg(long)]
    server: PathBuf,
    /// The committed counts.
    #[arg(long)]
    baseline: PathBuf,
    /// Writes them anew.
    #[arg(long)]
    renew: bool,
}

/// Prints lines that `cargo xtask test` counts.
pub(crate) async fn run(args: Args) -> Result<ExitCode, Box<dyn Error>> {
    let Some(callgrind) = Callgrind::find()? else {
        return Ok(skipped("valgrind is missing: apt-get install valgrind"));
    };
    let machine = Machine::this(callgrind.version())?;
    if !args.renew
        && let Some(why) = Baseline::read(&args.baseline)?.differs_from(&machine)
    {
        return Ok(skipped(&why));
    }
    let graph = Graph::start(&args.server)?;
    let counts = instructions::of_handler(&callgrind, &args.handler, &graph).await?;
    if args.renew {
        Baseline::new(machine, &counts).write(&args.baseline)?;
    }
    let judged = Baseline::read(&args.baseline)?.judge(&counts);
    for (_, line) in &judged {
        println!("{line}");
    }
    let passed = judged.iter().filter(|(passed, _)| *passed).count();
    println!("{passed} passed, {} failed", judged.len() - passed);
    Ok(if passed == judged.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn skipped(why: &str) -> ExitCode {
    println!("skip the instructions of a request: {why}\n0 passed, 0 failed, 1 skipped");
    ExitCode::SUCCESS
}
