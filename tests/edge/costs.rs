//! What a request and an idle stream cost: allocations, and bytes. Counted on the thread that serves; the client and the
//! stand-in for Graph have threads of their own.

use std::{
    io::{Read as _, Write as _},
    net::{self, SocketAddr, TcpStream},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use allocation_counter::{AllocationInfo, measure};
use axum::{Json, Router, routing::get};
use serde_json::{Value, json};
use stand_in::{Servers, Site};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::oneshot,
};

use crate::rig::{Edge, HOST};

/// Streams that are measured, beside as many that were opened before.
const STREAMS: usize = 50;
/// Requests that are measured.
const REQUESTS: usize = 20;

/// A handler that serves on this thread while something is measured.
struct Serving {
    runtime: Runtime,
    _edge: Edge,
    client: Client,
}

/// A client of one user.
#[derive(Clone)]
struct Client {
    address: SocketAddr,
    token: String,
}

impl Serving {
    fn start() -> Self {
        Self::before(&graph())
    }

    fn before(graph: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (edge, address, token) = runtime.block_on(async {
            let edge = Edge::calling(graph);
            let token = edge.access_token().await;
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            edge.serve(listener);
            (edge, address, token)
        });
        Self { runtime, _edge: edge, client: Client { address, token } }
    }

    /// What this thread takes while a client does its work, and what the client returns.
    fn taken<T: Send + 'static>(&self, work: impl FnOnce(&Client) -> T + Send + 'static) -> (AllocationInfo, T) {
        let (client, (done, end)) = (self.client.clone(), oneshot::channel());
        let client = thread::spawn(move || {
            let _ = done.send(work(&client));
        });
        let mut held = None;
        let taken = measure(|| held = Some(self.runtime.block_on(end)));
        client.join().unwrap();
        (taken, held.unwrap().unwrap())
    }
}

/// A stand-in for Graph, on a thread of its own.
pub(crate) fn graph() -> String {
    graph_with("Bob Brown".to_owned())
}

/// The same, whose user has this name.
pub(crate) fn graph_with(name: String) -> String {
    let (started, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let user = json!({ "displayName": name, "userPrincipalName": "bob@contoso.example", "id": "1" });
            let router = Router::new().route("/v1.0/me", get(async move || Json(user.clone())));
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            started.send(listener.local_addr().unwrap()).unwrap();
            let mut servers = Servers::default();
            servers.serve(vec![listener], &Site::new(router));
            std::future::pending::<()>().await;
        });
    });
    format!("http://{}", address.recv().unwrap())
}

/// A stand-in for Graph that tells of each request, and never answers one.
fn silent_graph() -> (String, mpsc::Receiver<()>) {
    let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, (asked, requests)) = (format!("http://{}", listener.local_addr().unwrap()), mpsc::channel());
    thread::spawn(move || {
        for stream in listener.incoming().map(Result::unwrap) {
            let asked = asked.clone();
            thread::spawn(move || {
                let mut stream = stream;
                read_until(&mut stream, "\r\n\r\n");
                let _ = asked.send(());
                thread::park();
            });
        }
    });
    (url, requests)
}

/// A call of a tool that asks Graph.
pub(crate) fn call() -> Value {
    let params = json!({ "name": "get_graph_user_details" });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

impl Client {
    /// A call that is not answered yet, on a connection of its own.
    fn call(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        send(&mut stream, "POST", "/mcp", Some(&self.token), &call().to_string());
        stream
    }

    /// Sends a message so many times on one connection, and reads each answer.
    fn post(&self, path: &str, token: Option<&str>, message: &Value, times: usize) -> String {
        let (mut stream, mut answer) = (TcpStream::connect(self.address).unwrap(), String::new());
        for _ in 0..times {
            send(&mut stream, "POST", path, token, &message.to_string());
            answer = read_answer(&mut stream);
        }
        answer
    }

    /// An idle stream, initialized by this message or not at all, and the URL for its messages.
    fn stream(&self, initialize: Option<&Value>) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        send(&mut stream, "GET", "/mcp/sse", Some(&self.token), "");
        let head = read_until(&mut stream, "sessionId=");
        let session = read_until(&mut stream, "\n");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let endpoint = format!("/mcp/message?sessionId={}", session.trim());
        if let Some(initialize) = initialize {
            self.initialize(&mut stream, &endpoint, initialize);
            let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
            self.post(&endpoint, Some(&self.token), &initialized, 1);
        }
        (stream, endpoint)
    }

    /// Posts this `initialize`, and reads the answer up to its last member.
    fn initialize(&self, stream: &mut TcpStream, endpoint: &str, initialize: &Value) {
        self.post(endpoint, Some(&self.token), initialize, 1);
        read_until(stream, "serverInfo");
    }
}

/// An `initialize` whose free parts have this text: their names, their values, and even its revision.
fn initialize(text: &str) -> Value {
    let client = json!({ "name": text, "version": text });
    let capabilities = json!({ "experimental": { text: { "a": text } }, "sampling": { "tools": { "a": text } } });
    let params = json!({ "protocolVersion": text, "capabilities": capabilities, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })
}

fn send(stream: &mut TcpStream, method: &str, path: &str, token: Option<&str>, body: &str) {
    let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let kind = "Content-Type: application/json\r\nAccept: application/json, text/event-stream";
    let length = format!("Content-Length: {}", body.len());
    let text = format!("{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{kind}\r\n{bearer}{length}\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).unwrap();
}

fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let (mut read, mut byte) = (String::new(), [0]);
    while !read.ends_with(end) {
        stream.read_exact(&mut byte).unwrap();
        read.push(char::from(byte[0]));
    }
    read
}

fn read_answer(stream: &mut TcpStream) -> String {
    let head = read_until(stream, "\r\n\r\n");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    head + std::str::from_utf8(&body).unwrap()
}

/// The bytes that each of many streams takes, with its connection.
fn bytes_of_each<T: Send + 'static>(serving: &Serving, open: impl Fn(&Client) -> T + Clone + Send + 'static) -> i64 {
    let open = move |client: &Client| (0..STREAMS).map(|_| open(client)).collect::<Vec<_>>();
    let (_, _before) = serving.taken(open.clone());
    let (taken, _streams) = serving.taken(open);
    taken.bytes_current / i64::try_from(STREAMS).unwrap()
}

/// hyper has two buffers of 8 KiB for each connection, of which an idle one uses half; the rest is ours.
#[test]
fn an_idle_stream_takes_less_than_27_kilobytes_and_no_more_once_it_is_initialized() {
    let [plain, initialized] = [None, Some(initialize("2024-11-05"))].map(|initialize| {
        let bytes = bytes_of_each(&Serving::start(), move |client| client.stream(initialize.as_ref()));
        println!("{bytes} bytes");
        assert!((16 * 1024..27_000).contains(&bytes), "{bytes}");
        bytes
    });
    assert!(initialized - plain < 1024, "{plain} and {initialized} bytes");
}

/// With texts of this length an `initialize` has nearly 64 KiB.
const LONG: usize = 10_000;

/// Two streams differ by less than one of those texts. Some connections of the posts may not have ended yet.
fn keeps_no_text(short: i64, long: i64) {
    println!("{short} and {long} bytes");
    assert!((long - short).abs() < i64::try_from(LONG / 2).unwrap(), "{short} and {long} bytes");
}

#[test]
fn an_idle_stream_keeps_nothing_of_what_its_client_says_of_itself() {
    let [short, long] = ["x", &"x".repeat(LONG)]
        .map(initialize)
        .map(|initialize| bytes_of_each(&Serving::start(), move |client| client.stream(Some(&initialize))));
    keeps_no_text(short, long);
}

/// While a call is under way, rmcp's loop runs, which keeps more than an idle stream.
#[test]
fn nor_does_a_stream_with_a_call_under_way_even_of_a_second_initialize() {
    let [short, long] = ["x", &"x".repeat(LONG)].map(initialize).map(|again| {
        let (graph, asked) = silent_graph();
        let asked = Arc::new(Mutex::new(asked));
        let open = move |client: &Client| {
            let (mut stream, endpoint) = client.stream(Some(&initialize("2024-11-05")));
            client.post(&endpoint, Some(&client.token), &call(), 1);
            asked.lock().unwrap().recv().unwrap();
            let mut again = again.clone();
            again["id"] = json!(2);
            client.initialize(&mut stream, &endpoint, &again);
            stream
        };
        bytes_of_each(&Serving::before(&graph), open)
    });
    keeps_no_text(short, long);
}

/// The bytes that each of many calls takes while it waits for Graph, with its connection and the one to Graph.
fn bytes_of_a_call() -> i64 {
    let (graph, asked) = silent_graph();
    let (serving, asked) = (Serving::before(&graph), Arc::new(Mutex::new(asked)));
    let wait = move |client: &Client| {
        let calls: Vec<_> = (0..STREAMS).map(|_| client.call()).collect();
        let asked = asked.lock().unwrap();
        (0..STREAMS).for_each(|_| asked.recv().unwrap());
        calls
    };
    let (_, _before) = serving.taken(wait.clone());
    let (taken, _calls) = serving.taken(wait);
    taken.bytes_current / i64::try_from(STREAMS).unwrap()
}

/// Four buffers of hyper's with 8 KiB each and a channel with 9 are part of it. docs/benchmarks.md says what a call takes that
/// waits for its turn.
#[test]
fn a_call_that_waits_for_graph_takes_less_than_73_kilobytes() {
    let bytes = bytes_of_a_call();
    println!("{bytes} bytes");
    assert!((32 * 1024..73_000).contains(&bytes), "{bytes}");
}

/// The allocations of each of many equal requests.
fn allocations(has_token: bool, message: Value, expected: &'static str) -> u64 {
    let serving = Serving::start();
    let post =
        move |client: &Client| client.post("/mcp", has_token.then_some(client.token.as_str()), &message, REQUESTS);
    let (_, answer) = serving.taken(post.clone());
    assert!(answer.contains(expected), "{answer}");
    serving.taken(post).0.count_total / u64::try_from(REQUESTS).unwrap()
}

/// A request that allocates more has to say why, here and in its commit.
#[test]
fn a_request_allocates_no_more_than_it_did() {
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    for (has_token, message, expected, most) in [
        (false, &list, "401 Unauthorized", 19),
        (true, &list, "get_graph_user_details", 70),
        (true, &call(), "Bob Brown", 133),
    ] {
        let count = allocations(has_token, message.clone(), expected);
        println!("{expected}: {count} allocations");
        assert!((most / 2..=most).contains(&count), "{expected}: {count} allocations");
    }
}
