//! `functions-host`: runs a handler behind the stand-in for the Azure Functions host, in this program's own environment.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use functions_host::{Options, StartError};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Stand-in for the Azure Functions host in front of a custom handler.
#[derive(Parser)]
struct Arguments {
    /// Folder with host.json and the function folders.
    #[arg(long)]
    root: PathBuf,
    /// The handler executable.
    #[arg(long)]
    handler: PathBuf,
    /// The public port on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 7071)]
    port: u16,
    /// How many handler processes.
    #[arg(long, default_value_t = 1)]
    handlers: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("functions-host: {fault}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), StartError> {
    let mut terminated = signal(SignalKind::terminate()).map_err(StartError::Listen)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)).map_err(StartError::Listen)?;
    let options = Options {
        root: arguments.root,
        listener,
        handler: arguments.handler,
        handlers: arguments.handlers,
        environment: environment(),
        log: None,
    };
    let host = tokio::select! {
        started = functions_host::start(options) => started?,
        () = stopped(&mut terminated) => return Ok(()),
    };
    println!("{}", host.url());
    stopped(&mut terminated).await;
    host.stop().await;
    Ok(())
}

async fn stopped(terminated: &mut Signal) {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

/// Names and values that are not UTF-8 are left out.
#[expect(clippy::disallowed_methods, reason = "the outermost function of a dev program")]
fn environment() -> Vec<(String, String)> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}
