//! The servers, and the requests that they are sent.

use std::{error::Error, fs, process::Stdio};

use driver::{browser::Browser, handler::Handler};
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{places::Places, process::Process};

/// A server that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Server {
    /// The packaged handler.
    Handler,
    /// Bare hyper, which answers the same.
    Limit,
    /// rmcp's own server.
    Rmcp,
}

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Without a token.
    Unauthorized,
    /// `tools/list`.
    List,
    /// `tools/call`, with one request to Graph.
    Call,
}

impl Server {
    pub(crate) const ALL: [Self; 3] = [Self::Handler, Self::Limit, Self::Rmcp];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Handler => "this server",
            Self::Limit => "limit program (hyper)",
            Self::Rmcp => "rmcp bare",
        }
    }
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Unauthorized, Self::List, Self::Call];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "401",
            Self::List => "tools/list",
            Self::Call => "warm tools/call",
        }
    }

    pub(crate) fn body(self) -> String {
        let call = json!({ "name": "get_graph_user_details", "arguments": {} });
        let message = match self {
            Self::Unauthorized | Self::List => json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }),
            Self::Call => json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call }),
        };
        message.to_string()
    }
}

/// An answer, for `bench-server`.
#[derive(Serialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// The servers that run, behind one stand-in for Graph.
pub(crate) struct Servers {
    /// The access token that all of them accept.
    pub(crate) token: String,
    /// For files of a run.
    pub(crate) folder: TempDir,
    handler: Handler,
    limit: (Process, String),
    rmcp: (Process, String),
    _graph: Process,
}

/// No limit of callers may refuse a request.
const LIMITS: &str = "tool-calls-at-once=1000000,calls-per-minute=1000000,streams=1000000";
/// As Bicep sets the allocator.
const ALLOCATOR: [(&str, &str); 4] = [
    ("MIMALLOC_PURGE_DELAY", "0"),
    ("MIMALLOC_PAGE_RECLAIM_ON_FREE", "-1"),
    ("MIMALLOC_PAGE_FULL_RETAIN", "0"),
    ("MIMALLOC_ALLOW_THP", "0"),
];

impl Servers {
    /// Starts all of them, and signs a user in.
    pub(crate) async fn start(places: &Places) -> Result<Self, Box<dyn Error>> {
        let (graph, address) = Process::start(&places.server, &["graph"])?;
        let graph_url = format!("http://{address}");
        let handler = Handler::start(&places.handler, local_tenant::Options::default(), |command| {
            command.env("GRAPH_ENDPOINT", &graph_url).env("MCP_LIMITS", LIMITS).envs(ALLOCATOR);
            command.stdout(Stdio::null()).stderr(Stdio::null());
        });
        let handler = handler.await;
        let server = handler.server();
        let client_id = server.register().await;
        let token = Browser::default().tokens(&server, &client_id, "user.read").await.access_token;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("answers.json");
        fs::write(&file, answers(&server.url, &token).await?.to_string())?;
        let file = file.to_str().ok_or("the folder's name is no text")?.to_owned();
        let me = format!("{graph_url}/v1.0/me");
        let limit = Process::start(&places.server, &["limit", &file, &me])?;
        let rmcp = Process::start(&places.server, &["rmcp", &file, &me])?;
        Ok(Self { token, folder, handler, limit, rmcp, _graph: graph })
    }

    /// The URL of a server, and the id of its process.
    pub(crate) fn of(&self, server: Server) -> (String, u32) {
        let (address, id) = match server {
            Server::Handler => (self.handler.address.to_string(), self.handler.process.id()),
            Server::Limit => (self.limit.1.clone(), self.limit.0.id()),
            Server::Rmcp => (self.rmcp.1.clone(), self.rmcp.0.id()),
        };
        (format!("http://{address}/mcp"), id)
    }
}

/// What the handler answers to each kind of request.
async fn answers(url: &str, token: &str) -> Result<Value, Box<dyn Error>> {
    let unauthorized = answer(url, None, Kind::Unauthorized).await?;
    let list = answer(url, Some(token), Kind::List).await?;
    let call = answer(url, Some(token), Kind::Call).await?;
    Ok(json!({ "token": token, "unauthorized": unauthorized, "list": list, "call": call }))
}

async fn answer(url: &str, token: Option<&str>, kind: Kind) -> Result<Answer, Box<dyn Error>> {
    let request = reqwest::Client::new().post(format!("{url}/mcp")).body(kind.body());
    let request = request.header("content-type", "application/json").header("mcp-protocol-version", "2025-11-25");
    let request = request.header("accept", "application/json, text/event-stream");
    let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    let response = request.send().await?;
    let status = response.status().as_u16();
    let kept = |name: &str| !["date", "content-length"].contains(&name);
    let headers = response.headers().iter().filter(|(name, _)| kept(name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
    let headers = headers.collect();
    Ok(Answer { status, headers, body: response.text().await? })
}
