//! `local-tenant --redirect-uri URI [--port N] [--state FILE] [--silent-user UPN] [--https-ca FILE]`: one JSON line on stdout
//! when it is ready, and an end at SIGTERM or ctrl-c.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use local_tenant::{Https, Options, Tenant};
use serde_json::{Map, Value, json};
use stand_in::program;

/// Entra ID, Microsoft Graph and the App Service identity endpoint on this machine, with test users.
#[derive(Parser)]
struct Arguments {
    /// Port on loopback; 0 picks a free one.
    #[arg(long, default_value_t = 7072)]
    port: u16,
    /// File for the signing key, refresh tokens and consents; without it they end with the program.
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
}

#[tokio::main]
async fn main() -> ExitCode {
    program::run("local-tenant", start(Arguments::parse()), Tenant::stop).await
}

async fn start(arguments: Arguments) -> Result<(Tenant, Value), Box<dyn Error>> {
    let Arguments { port, state, redirect_uri, silent_user, https_ca } = arguments;
    let options = Options { port, state_file: state, redirect_uris: redirect_uri, silent_user };
    let mut tenant = local_tenant::start(options).await?;
    let mut ready = json!({
        "url": tenant.base_url(),
        "settings": object(tenant.settings()),
        "users": tenant.users(),
        "control_token": tenant.control_token(),
    });
    if let (Some(ca_file), Some(members)) = (https_ca, ready.as_object_mut()) {
        let Https { url, ca_file, settings } = tenant.listen_https(&ca_file).await?;
        let https = json!({ "url": url, "ca_file": ca_file, "settings": object(settings) });
        members.insert("https".to_owned(), https);
    }
    Ok((tenant, ready))
}

fn object(settings: Vec<(String, String)>) -> Map<String, Value> {
    settings.into_iter().map(|(name, value)| (name, value.into())).collect()
}
