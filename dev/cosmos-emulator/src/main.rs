//! `cosmos-emulator --port 7073 --authority http://localhost:7072 --tenant-id GUID`: one JSON line on stdout when it is
//! ready, and an end at SIGTERM or ctrl-c.

use std::{io::Write as _, process::ExitCode};

use clap::Parser;
use cosmos_emulator::{Emulator, Https, Options};
use serde_json::{Map, Value, json};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Azure Cosmos DB on this machine, in memory.
#[derive(Parser)]
struct Arguments {
    /// Port on loopback; 0 picks a free one.
    #[arg(long, default_value_t = 7073)]
    port: u16,
    /// Base URL of the local tenant.
    #[arg(long, default_value = "http://localhost:7072")]
    authority: String,
    /// The tenant's id.
    #[arg(long)]
    tenant_id: String,
    /// The database's name.
    #[arg(long, default_value = "mcp")]
    database: String,
    /// Listens on https, too; 0 picks a free port.
    #[arg(long)]
    https_port: Option<u16>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cosmos-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let Arguments { port, authority, tenant_id, database, https_port } = arguments;
    let options = Options { port, database, ..Options::new(authority, tenant_id) };
    let mut emulator = cosmos_emulator::start(options).await?;
    let https = match https_port {
        Some(port) => Some(emulator.listen_https(port).await?),
        None => None,
    };
    announce(&emulator, https)?;
    wait(&mut interrupt, &mut terminate).await;
    emulator.stop().await;
    Ok(())
}

fn announce(emulator: &Emulator, https: Option<Https>) -> std::io::Result<()> {
    let settings: Map<String, Value> =
        emulator.settings().into_iter().map(|(name, value)| (name, value.into())).collect();
    let mut ready = json!({
        "ready": true,
        "url": emulator.url(),
        "settings": settings,
        "control_url": emulator.control_url(),
        "control_token": emulator.control_token(),
    });
    if let (Some(Https { url, certificate }), Some(members)) = (https, ready.as_object_mut()) {
        members.insert("https".to_owned(), json!({ "url": url, "certificate": certificate }));
    }
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
