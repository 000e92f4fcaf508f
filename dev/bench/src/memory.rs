//! The memory that many connections and many streams take.

use std::{
    error::Error,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use driver::{
    browser::Browser,
    handler::{Handler, raise_open_files},
    mcp::tool_call,
};
use stand_in::watchdog::Watchdog;

use crate::{
    kind::Kind,
    places::Places,
    servers::{Graph, LIMITS, configure},
    streams, targets,
    wrk::{self, Post},
};

/// The limit of connections is 4,000.
const CONNECTIONS: u32 = 3_900;
const SECONDS: u32 = 10;
/// Each may have 32 streams.
const USERS: usize = 313;
const STREAMS: usize = 10_000;
const LATER: Duration = Duration::from_mins(1);
/// For the sign-ins of all users, and for their streams.
const MORE_LIMITS: &str = "registrations-per-minute=1000000,authorizations-per-minute=1000000,\
    callbacks-per-minute=1000000,page-requests-per-minute=1000000,token-requests-per-minute=1000000,\
    process-streams=10000,connections=14000";

/// Resident memory, in kilobytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Memory {
    pub(crate) calls: OfCalls,
    /// `None` where a process may not have as many files.
    pub(crate) streams: Option<OfStreams>,
}

/// Of a process that is sent calls on many connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OfCalls {
    /// After the sign-ins and a call of each user.
    pub(crate) idle: u64,
    /// The most, while every connection sent calls.
    pub(crate) peak: u64,
    /// A minute later.
    pub(crate) later: u64,
}

/// Of another process, which holds many streams.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OfStreams {
    /// After the sign-ins and a call of each user.
    pub(crate) idle: u64,
    /// With all streams open.
    pub(crate) open: u64,
}

impl OfStreams {
    /// Bytes of one idle stream.
    pub(crate) fn of_one(self) -> Option<u64> {
        Some(self.open.saturating_sub(self.idle) * 1024 / u64::try_from(STREAMS).ok()?)
    }
}

/// Where the programs are.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The handler: that of `cargo xtask package`.
    #[arg(long)]
    handler: PathBuf,
    /// The server of `dev/bench-server`, with optimisation.
    #[arg(long)]
    server: PathBuf,
}

/// Measures the memory alone, and prints its part of the table.
pub(crate) async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    raise_open_files();
    check_open_files()?;
    wrk::check_is_installed()?;
    let places = Places { handler: args.handler, server: args.server, peers: PathBuf::new() };
    let (graph, folder) = (Graph::start(&places.server)?, tempfile::tempdir()?);
    let calls = Burst::of_calls(&places, &graph, folder.path()).await?.later().await;
    let memory = Memory { calls, streams: with_streams(&places, &graph).await? };
    println!("{memory:?}\n\n{}", targets::table(&targets::of_memory(&memory)));
    Ok(())
}

/// Says before anything is measured that this process, and so wrk and the handlers, may not have a file for each connection.
pub(crate) fn check_open_files() -> Result<(), Box<dyn Error>> {
    Ok(check_files(streams::files()?)?)
}

fn check_files(files: usize) -> Result<(), String> {
    let needed = CONNECTIONS as usize + streams::OTHER_FILES;
    let few = || format!("a process may open {files} files, and {needed} are needed: ulimit -Hn");
    if files < needed { Err(few()) } else { Ok(()) }
}

/// A handler at which all users have signed in and made a call.
struct SignedIn {
    handler: Handler,
    _watchdog: Watchdog,
    tokens: Vec<String>,
    idle: u64,
}

impl SignedIn {
    async fn start(places: &Places, graph: &Graph) -> Result<Self, Box<dyn Error>> {
        let limits = format!("{LIMITS},{MORE_LIMITS}");
        let configured = Handler::start(&places.handler, local_tenant::Options::default(), |command| {
            configure(command, graph, &limits);
        });
        let handler = configured.await;
        let watchdog = Watchdog::over(handler.process.id())?;
        let (server, mut tokens) = (handler.server(), Vec::new());
        let client_id = server.register().await;
        for user in local_tenant::crowd().iter().take(USERS) {
            let mut browser = Browser { user: user.user_principal_name, ..Browser::default() };
            let token = browser.tokens(&server, &client_id, "user.read").await.access_token;
            // So that the calls that follow are warm: the process keeps the user's token of Graph.
            server.mcp(&token, &tool_call(1)).send().await?.error_for_status()?.bytes().await?;
            tokens.push(token);
        }
        let idle = handler.kilobytes("VmRSS");
        Ok(Self { handler, _watchdog: watchdog, tokens, idle })
    }
}

/// A handler that was sent calls on many connections.
pub(crate) struct Burst {
    signed_in: SignedIn,
    ended: Instant,
    peak: u64,
}

impl Burst {
    /// Signs the users in, and sends calls of all of them.
    pub(crate) async fn of_calls(places: &Places, graph: &Graph, folder: &Path) -> Result<Self, Box<dyn Error>> {
        let signed_in = SignedIn::start(places, graph).await?;
        let (handler, tokens) = (&signed_in.handler, &signed_in.tokens);
        handler.forget_peak();
        let (url, script) = (format!("http://{}/mcp", handler.address), folder.join("burst.lua"));
        let post = Post { url: &url, tokens, body: &Kind::Call.body(), script: &script };
        let run = wrk::run(&post, CONNECTIONS, SECONDS)?;
        // Most: docs/benchmarks.md, "Where the memory goes".
        println!("{CONNECTIONS} connections: {} calls, {} refused", run.requests, run.refused);
        let peak = handler.kilobytes("VmHWM");
        Ok(Self { signed_in, ended: Instant::now(), peak })
    }

    /// Waits for what is left of the minute.
    pub(crate) async fn later(self) -> OfCalls {
        tokio::time::sleep(LATER.saturating_sub(self.ended.elapsed())).await;
        OfCalls { idle: self.signed_in.idle, peak: self.peak, later: self.signed_in.handler.kilobytes("VmRSS") }
    }
}

/// The memory of a process that only holds streams.
pub(crate) async fn with_streams(places: &Places, graph: &Graph) -> Result<Option<OfStreams>, Box<dyn Error>> {
    let SignedIn { handler, tokens, idle, _watchdog } = SignedIn::start(places, graph).await?;
    let open = streams::open(&handler, &tokens, STREAMS).await?;
    Ok(open.map(|_open| OfStreams { idle, open: handler.kilobytes("VmRSS") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_open_files_below_the_connections_ends_the_command() {
        assert!(check_files(1_024).unwrap_err().starts_with("a process may open 1024 files, and 4400 are needed"));
        assert_eq!(check_files(4_400), Ok(()));
    }
}
