//! What ends a tool's request to Graph: a closed connection from 2026-07-28 on, the end of a stream of HTTP+SSE, and a
//! cancellation on both transports.

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
};

use driver::{
    Server,
    browser::Browser,
    handler::Handler,
    mcp,
    stream::{Stream, initialize, post},
};
use local_tenant::{Endpoint, Fault, Options};
use serde_json::{Value, json};
use stand_in::wait::until;
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::step_up::STATELESS;

const SCOPE: &str = "user.read mail.read";

/// A handler that writes its log to a file, and a client's token.
struct Caller {
    handler: Handler,
    server: Server,
    token: String,
    log: NamedTempFile,
}

impl Caller {
    /// With one thread the handler takes its connections in the order in which they have news.
    async fn start() -> Self {
        let log = NamedTempFile::new().unwrap();
        let output = Stdio::from(File::create(log.path()).unwrap());
        let handler = Handler::start(Path::new(env!("CARGO_BIN_EXE_handler")), Options::default(), |command| {
            command.env("TOKIO_WORKER_THREADS", "1").stdout(output).stderr(Stdio::null());
        });
        let handler = handler.await;
        let server = handler.server();
        let client = server.register().await;
        let token = Browser::default().tokens(&server, &client, SCOPE).await.access_token;
        Self { handler, server, token, log }
    }

    /// A connection on which this call was sent. Dropping it closes it.
    async fn sent(&self, revision: &str, call: &Value) -> TcpStream {
        let (host, name, body) = (self.handler.address, call["params"]["name"].as_str().unwrap(), call.to_string());
        let mcp = format!("MCP-Protocol-Version: {revision}\r\nMcp-Method: tools/call\r\nMcp-Name: {name}");
        let kind =
            format!("Content-Type: application/json\r\nAccept: {}\r\nContent-Length: {}", mcp::ACCEPT, body.len());
        let head =
            format!("Host: {host}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n{mcp}\r\n{kind}", self.token);
        let mut stream = TcpStream::connect(host).await.unwrap();
        stream.write_all(format!("POST /mcp HTTP/1.1\r\n{head}\r\n\r\n{body}").as_bytes()).await.unwrap();
        stream
    }

    /// A stream on which a search waits for Graph, and its endpoint.
    async fn searching(&self, id: u64) -> (Stream, String) {
        let mut stream = Stream::open(&self.server, &self.token).await;
        let endpoint = stream.endpoint().await;
        for message in [initialize(), mcp::initialized(), search(id)] {
            assert_eq!(post(&self.server, &endpoint, &self.token, &message).await, 202);
        }
        self.handler.tenant.until_held(1).await;
        (stream, endpoint)
    }

    /// The tools that were called to their end, and how they ended.
    fn called(&self) -> Vec<(Value, Value)> {
        let log = fs::read_to_string(self.log.path()).unwrap();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let calls = lines.filter(|line| line["event"] == "tool_called");
        calls.map(|line| (line["tool"].clone(), line["outcome"].clone())).collect()
    }

    /// The same, once another call has come to its end. A tool whose request to Graph ended by its own limit would be among them.
    async fn called_in_the_end(&self) -> Vec<(Value, Value)> {
        let answer = self.server.mcp(&self.token, &mcp::tool_call(9)).send().await.unwrap();
        assert!(driver::body(answer).await["result"]["structuredContent"].is_object());
        until(async || self.called().iter().any(|(tool, _)| tool == "get_graph_user_details")).await;
        self.called()
    }
}

/// What is called in the end.
fn only_the_other_call() -> [(Value, Value); 1] {
    [(json!("get_graph_user_details"), json!("answered"))]
}

fn stateless(mut call: Value) -> Value {
    call["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    call
}

fn search(id: u64) -> Value {
    let params = json!({ "name": "search_mail", "arguments": { "query": "budget" } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

fn cancellation(id: u64) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } })
}

#[tokio::test]
async fn a_closed_connection_ends_the_request_to_graph_on_2026_07_28_and_not_before() {
    let caller = Caller::start().await;
    let tenant = &caller.handler.tenant;
    tenant.fail_next(Endpoint::Graph, 2, Fault::Held).unwrap();
    let earlier = caller.sent("2025-11-25", &search(1)).await;
    tenant.until_held(1).await;
    let later = caller.sent(STATELESS, &stateless(mcp::tool_call(2))).await;
    tenant.until_held(2).await;

    drop(earlier);
    drop(later);
    tenant.until_only_held(1).await;
    tenant.release();
    until(async || !caller.called().is_empty()).await;
    assert_eq!(caller.called(), [(json!("search_mail"), json!("answered"))]);
}

#[tokio::test]
async fn a_cancellation_ends_the_request_to_graph_on_both_transports() {
    let caller = Caller::start().await;
    let (server, token, tenant) = (&caller.server, &caller.token, &caller.handler.tenant);
    tenant.fail_next(Endpoint::Graph, 2, Fault::Held).unwrap();

    let mut answered = caller.sent("2025-11-25", &search(7)).await;
    tenant.until_held(1).await;
    assert_eq!(post(server, "/mcp", token, &cancellation(7)).await, 202);
    tenant.until_only_held(0).await;
    let mut answer = String::new();
    answered.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 202 ") && answer.ends_with("\r\n\r\n"), "no message is the answer: {answer}");

    let (_stream, endpoint) = caller.searching(8).await;
    assert_eq!(post(server, &endpoint, token, &cancellation(8)).await, 202);
    tenant.until_only_held(0).await;
    assert_eq!(caller.called_in_the_end().await, only_the_other_call());
}

#[tokio::test]
async fn the_end_of_a_stream_ends_the_requests_to_graph_of_its_session() {
    let caller = Caller::start().await;
    let tenant = &caller.handler.tenant;
    tenant.fail_next(Endpoint::Graph, 1, Fault::Held).unwrap();
    let (stream, _) = caller.searching(1).await;
    drop(stream);
    tenant.until_only_held(0).await;
    assert_eq!(caller.called_in_the_end().await, only_the_other_call());
}
