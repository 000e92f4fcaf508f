//! `local-tenant --port 7072 --state FILE --redirect-uri URI [--silent-user UPN] [--https-ca FILE] [--vault]`: one
//! JSON line on stdout when it is ready, and an end at SIGTERM or ctrl-c.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::Parser;
use local_tenant::{Https, Options, Tenant};
use serde_json::{Map, Value, json};
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
    /// Listens on https, too, and writes the certificate to trust to this file.
    #[arg(long)]
    https_ca: Option<PathBuf>,
    /// Opens a Key Vault, too.
    #[arg(long)]
    vault: bool,
    /// Port for https; 0 picks a free one.
    #[arg(long, default_value_t = 0, requires = "https_ca")]
    https_port: u16,
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
    let Arguments { port, state, redirect_uri, silent_user, https_ca, https_port, vault } = arguments;
    let options = Options { port, state_file: state, redirect_uris: redirect_uri, silent_user };
    let mut tenant = local_tenant::start(options).await?;
    let https = match https_ca {
        Some(ca_file) => Some(tenant.listen_https(https_port, &ca_file).await?),
        None => None,
    };
    if vault {
        tenant.open_vault()?;
    }
    let announced = announce(&tenant, https);
    if announced.is_ok() {
        wait(&mut interrupt, &mut terminate).await;
    }
    tenant.stop().await;
    Ok(announced?)
}

fn announce(tenant: &Tenant, https: Option<Https>) -> std::io::Result<()> {
    let mut ready = json!({
        "ready": true,
        "url": tenant.base_url(),
        "settings": object(tenant.settings()),
        "users": tenant.users(),
        "control_token": tenant.control_token(),
    });
    if let (Some(Https { url, ca_file, settings }), Some(members)) = (https, ready.as_object_mut()) {
        let https = json!({ "url": url, "ca_file": ca_file, "settings": object(settings) });
        members.insert("https".to_owned(), https);
    }
    if let (Some(vault), Some(members)) = (tenant.vault(), ready.as_object_mut()) {
        let vault = json!({ "key_id": vault.key_id(), "settings": object(tenant.vault_settings()) });
        members.insert("vault".to_owned(), vault);
    }
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{ready}")?;
    stdout.flush()
}

fn object(settings: Vec<(String, String)>) -> Map<String, Value> {
    settings.into_iter().map(|(name, value)| (name, value.into())).collect()
}

async fn wait(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
