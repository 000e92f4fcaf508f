//! `local-tenant --port 7072 --state FILE --redirect-uri URI [--silent-user UPN]`: one JSON line on stdout when it is
//! ready, and an end at SIGTERM or ctrl-c.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::Parser;
use local_tenant::{Options, Tenant};
use serde_json::{Map, json};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Entra ID, Microsoft Graph and the App Service identity endpoint on this machine, with test users.
#[derive(Parser)]
struct Arguments {
    /// Port on loopback; 0 picks a free one.
    #[arg(long, visible_alias = "tenant-port", default_value_t = 7072)]
    port: u16,
    /// Where signing key, refresh tokens and consents are kept; without it they end with the program.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Registered redirect URI of the app; may be repeated.
    #[arg(long, required = true)]
    redirect_uri: Vec<String>,
    /// Signs this user in without showing the page.
    #[arg(long)]
    silent_user: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("local-tenant: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let Arguments { port, state, redirect_uri, silent_user } = arguments;
    let options = Options { port, state_file: state, redirect_uris: redirect_uri, silent_user };
    let tenant = local_tenant::start(options).await?;
    let announced = announce(&tenant);
    if announced.is_ok() {
        wait(&mut interrupt, &mut terminate).await;
    }
    tenant.stop().await;
    Ok(announced?)
}

fn announce(tenant: &Tenant) -> std::io::Result<()> {
    let settings: Map<_, _> = tenant.settings().into_iter().map(|(name, value)| (name, value.into())).collect();
    let ready = json!({ "ready": true, "url": tenant.base_url(), "settings": settings, "users": tenant.users() });
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{ready}")?;
    stdout.flush()
}

async fn wait(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
