//! `cargo local`: the handler behind a Functions host, with a tenant to sign in to, all on loopback and in one process but
//! the handler's. Everything it keeps is in one folder.

mod args;
mod azure;
mod banner;
mod connect;
mod data;
mod environment;
mod error;
mod func;
mod open;
mod port;
mod published;
mod shown;
mod start;
mod stop;
mod story;

use std::process::ExitCode;

use args::Args;
use clap::Parser as _;
use environment::Environment;
use error::StartError;
use stop::Stop;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args, &args.shown.environment(Environment::of_process())).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo local: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args, environment: &Environment) -> Result<(), StartError> {
    let mut stop = Stop::listen(args.json).map_err(StartError::Signals)?;
    let mut running = tokio::select! {
        running = start::start(args, environment) => running?,
        () = stop.requested() => return Ok(()),
    };
    println!("{}", if args.json { running.ready.json() } else { running.ready.text() });
    let ended = shown::until_ended(args, environment, &mut running, &mut stop).await;
    running.stop().await;
    ended
}
