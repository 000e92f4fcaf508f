//! `--open`: a page in the person's own browser, as soon as everything runs.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{fs::File, io};

use reqwest::{Client, Url};
use serde_json::{Value, json};
use stand_in::{random, watchdog::Watchdog};
use tokio::process::{Child, Command};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{
    args::{Args, Page},
    banner::Ready,
    connect,
    port::{self, PortTaken, Purpose},
    start::Running,
};

/// Why a page is not opened. Everything else runs.
#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("the application could not be registered: {0}")]
    Register(#[from] reqwest::Error),
    #[error("the server did not register the application: {0}")]
    Refused(Value),
    #[error("no browser can be opened ({0}). Open {1}")]
    Browser(io::Error, Url),
    #[error(transparent)]
    PortTaken(#[from] PortTaken),
    #[error("MCP Inspector cannot be started ({0}). It needs npx, of Node 22.19 or newer: {1}")]
    Inspector(io::Error, String),
}

/// The task that runs for a page, and how to end it.
pub(crate) struct Opened(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

/// Opens the page that the command line names, or says why it does not.
pub(crate) async fn asked_for(args: &Args, inspector_port: u16, running: &Running) -> Opened {
    let Some(page) = args.shown.open else { return Opened(None) };
    let opened = match page {
        Page::Inspector => inspector(&running.ready.mcp(), inspector_port, &args.data.join("inspector.log")),
        Page::Consent => consent(&running.ready).await,
    };
    opened.unwrap_or_else(|error| {
        eprintln!("cargo local: {error}");
        Opened(None)
    })
}

/// A browser in the terminal returns only when it is closed. A thread of its own waits for it: the end of the runtime would
/// wait for one of the runtime's.
async fn consent(ready: &Ready) -> Result<Opened, OpenError> {
    let url = authorization_url(ready).await?;
    std::thread::spawn(move || {
        if let Err(error) = webbrowser::open(url.as_str()) {
            eprintln!("cargo local: {}", OpenError::Browser(error, url));
        }
    });
    Ok(Opened(None))
}

/// Inspector opens the browser itself, at an address that has its own token. It has a process group of its own, since npx
/// starts further processes. Its lines go to this log.
fn inspector(mcp: &str, port: u16, path: &Path) -> Result<Opened, OpenError> {
    port::is_free(port, Purpose::Inspector)?;
    let words = connect::inspector(mcp);
    let failed = |error| OpenError::Inspector(error, words.clone());
    let log = File::create(path).map_err(failed)?;
    let mut npx = Command::new("npx");
    npx.arg("--yes").args(words.split(' ').skip(1)).stdin(Stdio::null()).kill_on_drop(true).process_group(0);
    npx.stdout(log.try_clone().map_err(failed)?).stderr(log);
    let npx = npx.spawn().map_err(failed)?;
    let leader = npx.id().ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    let watchdog = Watchdog::over_group(leader).map_err(failed)?;
    let (stop, stopped) = oneshot::channel();
    Ok(Opened(Some((stop, tokio::spawn(watched(npx, watchdog, stopped, path.to_owned()))))))
}

/// Says so if it ends by itself, and ends it when everything ends.
async fn watched(mut npx: Child, mut watchdog: Watchdog, stopped: oneshot::Receiver<()>, log: PathBuf) {
    tokio::select! {
        ended = npx.wait() => {
            let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            eprintln!("cargo local: MCP Inspector ended ({how}); its log is {}", log.display());
        }
        // It is sent or dropped, both of which mean the end.
        _ = stopped => {
            watchdog.kill().await;
            let _ = npx.wait().await;
            return;
        }
    }
    watchdog.end().await;
}

/// An authorization request of a new application (RFC 7591 §3, RFC 6749 §4.1.1). It returns to the console of the tenant,
/// which shows what has happened; nobody redeems the code.
async fn authorization_url(ready: &Ready) -> Result<Url, OpenError> {
    let redirect_uri = format!("{}/", ready.tenant);
    let metadata = json!({ "client_name": "cargo local", "redirect_uris": [redirect_uri] });
    let answer = Client::builder().no_proxy().build()?.post(format!("{}/register", ready.url)).json(&metadata);
    let registered: Value = answer.send().await?.json().await?;
    let client_id = registered.get("client_id").and_then(Value::as_str);
    let Some(client_id) = client_id else { return Err(OpenError::Refused(registered)) };
    let (mcp, state, challenge) = (ready.mcp(), random::opaque::<16>(), random::opaque::<32>());
    let query = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", &redirect_uri),
        ("state", &state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("resource", &mcp),
    ];
    let request = Client::new().get(format!("{}/authorize", ready.url)).query(&query).build()?;
    Ok(request.url().clone())
}

impl Opened {
    /// Ends what runs for the page.
    pub(crate) async fn stop(self) {
        let Some((stop, running)) = self.0 else { return };
        // It may have ended by itself.
        let _ = stop.send(());
        let _ = running.await;
    }
}
