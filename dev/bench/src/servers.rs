//! The servers that run, behind one stand-in for Graph.

use std::{
    error::Error,
    ffi::OsStr,
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use driver::{browser::Browser, handler::Handler};
use serde_json::json;
use stand_in::watchdog::Watchdog;
use tempfile::TempDir;

use crate::{
    answer::{self, Answer},
    places::Places,
    process::Process,
    server::{LeftOut, Peer, Server},
};

/// No limit of callers may refuse a request.
pub(crate) const LIMITS: &str = "tool-calls-at-once=1000000,calls-per-minute=1000000,streams=1000000";
/// As Bicep sets the allocator.
pub(crate) const ALLOCATOR: [(&str, &str); 4] = [
    ("MIMALLOC_PURGE_DELAY", "0"),
    ("MIMALLOC_PAGE_RECLAIM_ON_FREE", "-1"),
    ("MIMALLOC_PAGE_FULL_RETAIN", "0"),
    ("MIMALLOC_ALLOW_THP", "0"),
];

/// A server that runs.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) url: String,
    /// The access token that it accepts.
    pub(crate) token: String,
    /// Its process group, whose id is that of its first process.
    pub(crate) group: u32,
    _process: Ends,
}

/// Ends a server when it is dropped.
enum Ends {
    Handler { _handler: Box<Handler>, _watchdog: Watchdog },
    Process { _process: Process },
    Peer { _peer: Box<Peer> },
}

/// The servers that run.
pub(crate) struct Servers {
    pub(crate) all: Vec<Running>,
    pub(crate) left_out: Vec<LeftOut>,
    /// For files of a run.
    pub(crate) folder: TempDir,
    pub(crate) graph: Graph,
    answers: PathBuf,
}

/// The stand-in for Graph, a process of its own.
pub(crate) struct Graph {
    pub(crate) url: String,
    _process: Process,
}

impl Graph {
    pub(crate) fn start(server: &Path) -> Result<Self, Box<dyn Error>> {
        let (process, address) = started(server, &["graph"])?;
        Ok(Self { url: format!("http://{address}"), _process: process })
    }

    /// The resource that a call asks for.
    pub(crate) fn me(&self) -> String {
        format!("{}/v1.0/me", self.url)
    }
}

impl Servers {
    /// Starts all of them, signs a user in, and leaves out the peers that are not installed or answer differently.
    pub(crate) async fn start(places: &Places) -> Result<Self, Box<dyn Error>> {
        println!("starting {}", Server::Handler.name());
        let (graph, folder) = (Graph::start(&places.server)?, tempfile::tempdir()?);
        let (handler, token) = signed_in(places, &graph).await;
        let url = format!("http://{}/mcp", handler.address);
        let ours = answer::all(&url, &token).await?;
        let file = folder.path().join("answers.json");
        let [unauthorized, list, call] = &ours;
        let answers = json!({ "token": token, "unauthorized": unauthorized, "list": list, "call": call });
        fs::write(&file, answers.to_string())?;
        let group = handler.process.id();
        let handler = Ends::Handler { _watchdog: Watchdog::over(group)?, _handler: Box::new(handler) };
        let mut all = vec![Running { server: Server::Handler, url, token: token.clone(), group, _process: handler }];
        for server in [Server::Limit, Server::Rmcp] {
            let words = server.words(&file, &graph.me()).unwrap_or_default();
            let (process, address) = started(&places.server, &words)?;
            let (url, token, group) = (format!("http://{address}/mcp"), token.clone(), process.id());
            all.push(Running { server, url, token, group, _process: Ends::Process { _process: process } });
        }
        let mut left_out = Vec::new();
        for server in Server::PEERS {
            println!("starting {}", server.name());
            match Peer::start(server, places, &file, &graph.me()) {
                Ok(peer) => all.push(Running::of_peer(server, peer)),
                Err(why) => left_out.push(why),
            }
        }
        let mut servers = Self { all, left_out, folder, graph, answers: file };
        servers.leave_out_what_differs(&ours).await;
        Ok(servers)
    }

    /// The file with the answers of this server.
    pub(crate) fn answers(&self) -> &Path {
        &self.answers
    }

    /// A server whose answers differ does other work.
    async fn leave_out_what_differs(&mut self, ours: &[Answer; 3]) {
        for running in std::mem::take(&mut self.all) {
            println!("checking {}", running.server.name());
            let theirs = answer::all(&running.url, &running.token).await.map_err(|error| error.to_string());
            match theirs.and_then(|theirs| answer::compare(ours, &theirs)) {
                Ok(()) => self.all.push(running),
                Err(why) => self.left_out.push(LeftOut { server: running.server, why }),
            }
        }
    }
}

impl Running {
    fn of_peer(server: Server, peer: Peer) -> Self {
        let (url, token, group) = (format!("http://{}/mcp", peer.address), peer.token.clone(), peer.process.id());
        Self { server, url, token, group, _process: Ends::Peer { _peer: Box::new(peer) } }
    }
}

/// The packaged handler, in a process group of its own, and an access token of it.
async fn signed_in(places: &Places, graph: &Graph) -> (Handler, String) {
    let handler = Handler::start(&places.handler, local_tenant::Options::default(), |command| {
        configure(command, graph, LIMITS);
    });
    let handler = handler.await;
    let server = handler.server();
    let client_id = server.register().await;
    let token = Browser::default().tokens(&server, &client_id, "user.read").await.access_token;
    (handler, token)
}

/// The settings of a handler that is measured.
pub(crate) fn configure(command: &mut Command, graph: &Graph, limits: &str) {
    command.env("GRAPH_ENDPOINT", &graph.url).env("MCP_LIMITS", limits).envs(ALLOCATOR);
    command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
}

/// A server of `bench-server`, and its address.
fn started(program: &Path, words: &[impl AsRef<OsStr>]) -> Result<(Process, String), Box<dyn Error>> {
    let (process, said) = Process::start(Command::new(program).args(words).envs(ALLOCATOR))?;
    Ok((process, said.into_iter().next().unwrap_or_default()))
}
