//! `functions-host`: what `func start` does, by the stand-in for the Azure Functions host.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use functions_host::{FunctionsHost, Gateway, Options, StartError, func_start};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Opens the local tenant's control API; the handler does not get it.
const CONTROL_TOKEN: &str = "TENANT_CONTROL_TOKEN";

/// Stand-in for the Azure Functions host in front of a custom handler, and for API Management in front of that.
///
/// The handler's settings are the Values of local.settings.json in the folder, if it is there, and this program's own
/// environment, which wins. Prints its URL when every handler is ready; the handlers' lines go to standard error. Ends with
/// SIGTERM or Ctrl-C.
#[derive(Parser)]
#[command(after_help = "\
Examples:
  functions-host                                  as `func start`, in the current folder
  functions-host --root target/package            the packaged folder
  functions-host --root target/package --gateway  with API Management in front; needs the local tenant, and
                                                  TENANT_CONTROL_TOKEN, which it prints when it starts")]
struct Arguments {
    /// Folder with host.json, the function folders and perhaps local.settings.json.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// The handler executable. Without it the setting
    /// `AzureFunctionsJobHost__customHandler__description__defaultExecutablePath` names it, and otherwise host.json.
    #[arg(long, value_name = "FILE")]
    handler: Option<PathBuf>,
    /// The public port on 127.0.0.1; 0 picks a free one. Without it Host.LocalHttpPort of local.settings.json, or 7071.
    #[arg(long)]
    port: Option<u16>,
    /// How many handler processes: instances of the app, which take turns.
    #[arg(long, default_value_t = 1)]
    handlers: usize,
    /// Play API Management and App Service's front end in front, on the public port: routes and methods, rate limits for each
    /// address, the caller's address in X-Gateway-Client-Address, and a token of the gateway's identity in
    /// X-Gateway-Authorization. The host then behaves as on Flex Consumption. The token comes from the
    /// local tenant at `ENTRA_AUTHORITY_HOST`, opened by the environment variable `TENANT_CONTROL_TOKEN`. The host itself
    /// takes any free port. The handler needs `GATEWAY_PRINCIPAL_ID`.
    #[arg(long)]
    gateway: bool,
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
    let host = tokio::select! {
        started = start(arguments) => started?,
        () = stopped(&mut terminated) => return Ok(()),
    };
    println!("{}", host.url());
    stopped(&mut terminated).await;
    host.stop().await;
    Ok(())
}

async fn start(arguments: Arguments) -> Result<FunctionsHost, StartError> {
    let Arguments { root, handler, port, handlers, gateway } = arguments;
    let (control_token, process) = environment();
    let app = func_start(&root, handler, process)?;
    let gateway = gateway.then(|| api_management(&app.environment, control_token)).transpose()?;
    let port = port.unwrap_or(app.port);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(StartError::Listen)?;
    let (handler, environment) = (app.handler, app.environment);
    let options = Options { root, listener, handler, handlers, environment, log: None };
    match gateway {
        Some(gateway) => functions_host::start_behind_gateway(options, gateway).await,
        None => functions_host::start(options).await,
    }
}

fn api_management(environment: &[(String, String)], control_token: Option<String>) -> Result<Gateway, StartError> {
    let tenant = environment.iter().find(|(name, _)| name == "ENTRA_AUTHORITY_HOST").map(|(_, url)| url);
    match (tenant, control_token) {
        (Some(tenant), Some(control_token)) => Ok(Gateway::of_tenant(tenant, &control_token)),
        (None, _) => Err(StartError::Gateway("ENTRA_AUTHORITY_HOST is not set; only the local tenant gives tokens")),
        (_, None) => Err(StartError::Gateway("TENANT_CONTROL_TOKEN is not set; the local tenant prints it")),
    }
}

async fn stopped(terminated: &mut Signal) {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

/// The control token, and the rest. Names and values that are not UTF-8 are left out.
#[expect(clippy::disallowed_methods, reason = "the outermost function of a dev program")]
fn environment() -> (Option<String>, Vec<(String, String)>) {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let (control, rest): (Vec<_>, Vec<_>) =
        std::env::vars_os().filter_map(text).partition(|(name, _)| name == CONTROL_TOKEN);
    (control.into_iter().next().map(|(_, token)| token), rest)
}
