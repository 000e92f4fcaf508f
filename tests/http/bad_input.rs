//! Clients that send what no honest client sends: a process takes bounded memory for each, as the kernel measures it, and
//! another user's calls are answered meanwhile.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use driver::{
    Server,
    browser::Browser,
    handler::{Handler, raise_open_files},
    mcp,
    sse::events_in,
    stream::{Stream, initialize},
};
use futures_util::future::join_all;
use local_tenant::{Endpoint, Fault, Options};
use serde_json::{Value, json};
use stand_in::wait::HANG_LIMIT;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::posted_paths::posted_paths;

/// No limit of callers may refuse before the budgets of memory do.
const LIMITS: &str = "tool-calls-at-once=1000000,calls-per-minute=1000000,streams=1000000,registrations-per-minute=1000000,\
                      page-requests-per-minute=1000000,token-requests-per-minute=1000000";
const CONNECTIONS: usize = 200;
/// Calls of the other user: beside what the bad client does, and once more in the middle of it.
const CALLS: usize = 20;
/// As many as a process holds.
const STREAMS: usize = 2_000;

/// A handler, and two users' tokens: one client is bad, the other only calls tools.
struct Crowd {
    handler: Handler,
    server: Server,
    bad: String,
    other: String,
    /// How many calls of the other user were answered.
    answered: AtomicUsize,
}

impl Crowd {
    async fn start() -> Self {
        let configure = |command: &mut Command| {
            // As Bicep sets them: what is free goes back to the system, and is no part of what is measured next.
            let allocator = ["PURGE_DELAY=0", "PAGE_RECLAIM_ON_FREE=-1", "PAGE_FULL_RETAIN=0", "ALLOW_THP=0"];
            command.envs(
                allocator.iter().filter_map(|set| set.split_once('=')).map(|(n, v)| (format!("MIMALLOC_{n}"), v)),
            );
            command.env("TOKIO_WORKER_THREADS", "1").env("MCP_LIMITS", LIMITS);
            command.stdout(Stdio::null()).stderr(Stdio::null());
        };
        let handler = Handler::start(Path::new(env!("CARGO_BIN_EXE_handler")), Options::default(), configure).await;
        let server = handler.server();
        let (bad_client, other_client) = (server.register().await, server.register().await);
        let bad = Browser::default().tokens(&server, &bad_client, "user.read").await.access_token;
        let mut alice = Browser { user: "alice@contoso.example", ..Browser::default() };
        let other = alice.tokens(&server, &other_client, "user.read mail.read").await.access_token;
        Self { handler, server, bad, other, answered: AtomicUsize::new(0) }
    }

    /// Lets the bad client do its work while the other calls a tool again and again, and once more beside what that work left
    /// open. The work does not end before calls were answered in its middle ([`Self::others_are_served`]).
    ///
    /// The process may take so many MB more than when it was idle: at most 88, ten less than the package may (120 MB, 22 of them
    /// idle), and less where what the client sends would otherwise not exceed that. All have a margin for a debug build.
    async fn bears<T>(&self, most: u64, work: impl Future<Output = T>) {
        self.call().await;
        self.handler.forget_peak();
        let idle = self.handler.kilobytes("VmRSS");
        let both = async { tokio::join!(work, self.others_are_served()) };
        let (held, ()) = timeout(HANG_LIMIT, both).await.expect("an end");
        assert!(self.answered.load(Ordering::Relaxed) > 2 * CALLS, "no calls in the middle of the work");
        self.call().await;
        let peak = self.handler.kilobytes("VmHWM");
        drop(held);
        let more = peak.saturating_sub(idle);
        println!("{idle} kB idle, at most {more} kB more");
        assert!(more <= most * 1024, "{more} kB more than the {idle} kB of an idle process");
    }

    /// A tool call of the other user, which does not ask Graph for `/me`.
    async fn call(&self) {
        let params = json!({ "name": "search_mail", "arguments": { "query": "budget" } });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let answered = timeout(HANG_LIMIT, self.server.mcp(&self.other, &call).send()).await.expect("an answer");
        let answer = driver::body(answered.unwrap()).await;
        assert!(answer["result"]["structuredContent"]["messages"].is_array(), "{answer}");
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// The other user's calls are answered. Where the bad client has begun its work and has not ended it, this shows that they do
    /// not wait for that end.
    async fn others_are_served(&self) {
        for _ in 0..CALLS {
            self.call().await;
        }
    }

    /// A POST of the bad client, up to its body.
    fn head(&self, path: &str, length: &str) -> String {
        let host = self.handler.address;
        let kind = if path == "/register" || path.starts_with("/mcp") { "json" } else { "x-www-form-urlencoded" };
        let lines = format!(
            "Host: {host}\r\nOrigin: {}\r\nContent-Type: application/{kind}\r\nAccept: {}",
            self.server.url,
            mcp::ACCEPT
        );
        format!("POST {path} HTTP/1.1\r\n{lines}\r\nAuthorization: Bearer {}\r\n{length}\r\n\r\n", self.bad)
    }

    fn post(&self, path: &str, body: &str) -> String {
        self.head(path, &format!("Content-Length: {}", body.len())) + body
    }

    /// Sends this, which may be refused before it is all read, and then nothing.
    async fn sent(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.handler.address).await.unwrap();
        let _ = stream.write_all(text.as_bytes()).await;
        stream
    }

    /// The same, on a connection that has little room for an answer.
    async fn unread(&self, text: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut stream = socket.connect(self.handler.address).await.unwrap();
        let _ = stream.write_all(text.as_bytes()).await;
        stream
    }

    /// A stream of which only the endpoint is read, and the endpoint.
    async fn unread_stream(&self) -> (TcpStream, String) {
        let head = self.head("/mcp/sse", "X: y").replacen("POST", "GET", 1);
        let (mut stream, mut read) = (self.unread(&head).await, String::new());
        while !read.ends_with("\n\n") {
            read.push(char::from(stream.read_u8().await.unwrap()));
        }
        // It stands after the head, and after the size of its chunk.
        let (_, event) = read.split_once("\r\n\r\n").and_then(|(_, body)| body.split_once("\r\n")).unwrap();
        let (_, endpoint) = events_in(event).remove(0);
        for message in [initialize(), mcp::initialized()] {
            assert_eq!(self.message(&endpoint, message.to_string()).await, 202);
        }
        (stream, endpoint)
    }

    /// The status of the answer, if the connection was not closed without one.
    async fn status(&self, mut stream: TcpStream) -> Option<u16> {
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.ok()?;
        std::str::from_utf8(&status).unwrap().rsplit_once(' ')?.1.parse().ok()
    }

    /// Sends a message of the bad client. Returns the status.
    async fn message(&self, path: &str, message: String) -> u16 {
        let request = self.server.post(path).bearer_auth(&self.bad).body(message);
        let request = request.header("content-type", "application/json").header("accept", mcp::ACCEPT);
        request.send().await.unwrap().status().as_u16()
    }

    /// A stream that is ready for requests.
    async fn stream(&self) -> (Stream, String) {
        let mut stream = Stream::open(&self.server, &self.bad).await;
        let endpoint = stream.endpoint().await;
        for message in [initialize(), mcp::initialized()] {
            assert_eq!(self.message(&endpoint, message.to_string()).await, 202);
        }
        stream.message().await;
        (stream, endpoint)
    }
}

fn list(id: usize) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" }).to_string()
}

/// A message of this method whose parameters are these.
fn message(method: &str, id: Option<&Value>, params: &Value) -> String {
    let mut message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
    if let Some(id) = id {
        message["id"] = id.clone();
    }
    message.to_string()
}

fn me(id: &Value) -> String {
    message("tools/call", Some(id), &json!({ "name": "get_graph_user_details" }))
}

#[tokio::test]
async fn a_client_that_never_reads() {
    let crowd = Crowd::start().await;
    let work = async {
        let requests: String = (0..20).map(|id| crowd.post("/mcp", &list(id))).collect();
        let unread = join_all((0..50).map(|_| crowd.unread(&requests))).await;
        // Each has answers before it, and reads none.
        for stream in &unread {
            stream.readable().await.unwrap();
        }
        crowd.others_are_served().await;
        let (stream, endpoint) = crowd.unread_stream().await;
        let mut posted = 0;
        while crowd.message(&endpoint, list(posted)).await == 202 {
            posted += 1;
        }
        (unread, stream)
    };
    crowd.bears(24, work).await;
}

#[tokio::test]
async fn a_client_that_sends_bytes_slowly() {
    let crowd = Crowd::start().await;
    let work = async {
        let (mut connections, paths) = (Vec::new(), posted_paths());
        for number in 0..CONNECTIONS * 2 {
            let path = &paths[number % paths.len()];
            let head = if number % 4 == 0 {
                format!("GET {path} HTTP/1.1\r\nX: ")
            } else {
                crowd.head(path, "Content-Length: 65536")
            };
            connections.push(crowd.sent(&head).await);
        }
        for round in 0..15 {
            if round == 7 {
                crowd.others_are_served().await;
            }
            for connection in &mut connections {
                // A refusal may come before the end.
                let _ = connection.write_all(&[b'x'; 4_096]).await;
            }
        }
        connections
    };
    crowd.bears(88, work).await;
}

#[tokio::test]
async fn a_client_that_opens_all_streams_that_there_are() {
    raise_open_files();
    let crowd = Crowd::start().await;
    let work = async {
        let mut streams = Vec::new();
        for number in 0..STREAMS {
            if number == STREAMS / 2 {
                crowd.others_are_served().await;
            }
            let mut stream = Stream::open(&crowd.server, &crowd.bad).await;
            let endpoint = stream.endpoint().await;
            if number % 2 == 0 {
                assert_eq!(crowd.message(&endpoint, initialize().to_string()).await, 202);
                stream.message().await;
                assert_eq!(crowd.message(&endpoint, mcp::initialized().to_string()).await, 202);
            }
            streams.push(stream);
        }
        streams
    };
    crowd.bears(48, work).await;
}

#[tokio::test]
async fn a_client_that_posts_a_hundred_megabytes() {
    const PIECE: usize = 64 * 1024;
    const PIECES: usize = 100 * 1024 * 1024 / PIECE;
    let crowd = Crowd::start().await;
    let piece = "x".repeat(PIECE);
    let whole = async |path: &str, length: &str, piece: &str| {
        let mut stream = crowd.sent(&crowd.head(path, length)).await;
        for piece_number in 0..PIECES {
            if piece_number == 1 {
                crowd.others_are_served().await;
            }
            if stream.write_all(piece.as_bytes()).await.is_err() {
                break;
            }
        }
        crowd.status(stream).await
    };
    let work = async {
        let (chunk, length) = (format!("{PIECE:x}\r\n{piece}\r\n"), format!("Content-Length: {}", PIECE * PIECES));
        let paths = posted_paths();
        let posts = paths
            .iter()
            .flat_map(|path| [whole(path, &length, &piece), whole(path, "Transfer-Encoding: chunked", &chunk)]);
        let statuses: BTreeSet<_> = join_all(posts).await.into_iter().collect();
        // 408 if the machine takes more than the time for a body to serve the others meanwhile.
        assert!(statuses.is_subset(&[None, Some(408), Some(413)].into()), "{statuses:?}");
    };
    crowd.bears(32, work).await;
}

#[tokio::test]
async fn a_client_that_nests_deeply() {
    let crowd = Crowd::start().await;
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let work = async {
        let (_stream, endpoint) = crowd.stream().await;
        for depth in [100_000, 30_000, 1_000] {
            let params = format!(
                r#"{{"name":"get_graph_user_details","_meta":{{"a":{0}}},"arguments":{{"a":{0}}}}}"#,
                nested(depth / 2)
            );
            let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
            let whole = crowd.post("/mcp", &call);
            let (begin, end) = whole.split_at(whole.len() / 2);
            let mut half = crowd.sent(begin).await;
            crowd.others_are_served().await;
            // A refusal may come before the end.
            let _ = half.write_all(end.as_bytes()).await;
            let registration = format!(r#"{{"redirect_uris":["http://127.0.0.1/"],"jwks":{}}}"#, nested(depth));
            for (path, body) in
                [("/mcp", &call), (&endpoint, &call), ("/mcp", &nested(depth)), ("/register", &registration)]
            {
                let posts = join_all((0..8).map(|_| crowd.message(path, body.clone()))).await;
                let expected: &[u16] = if depth > 40_000 { &[413] } else { &[200, 201, 202, 400, 413, 503] };
                assert!(posts.iter().all(|status| expected.contains(status)), "{path} {depth}: {posts:?}");
            }
        }
    };
    crowd.bears(32, work).await;
}

#[tokio::test]
async fn a_client_that_repeats_ids() {
    let crowd = Crowd::start().await;
    crowd.handler.tenant.fail_next(Endpoint::GraphMe, 10_000, Fault::Held).unwrap();
    let work = async {
        let mut members = r#"{"jsonrpc":"2.0","method":"ping""#.to_owned();
        (0..7_000).for_each(|id| write!(members, r#","id":{}"#, id % 10).unwrap());
        assert_eq!(crowd.message("/mcp", members + "}").await, 400);
        let (stream, endpoint) = crowd.stream().await;
        let call = me(&json!("x".repeat(60_000)));
        let mut waiting = Vec::new();
        for _ in 0..CONNECTIONS {
            waiting.push(crowd.sent(&crowd.post("/mcp", &call)).await);
        }
        crowd.others_are_served().await;
        // The refusal of each but the first comes on the stream, which nobody reads.
        while crowd.message(&endpoint, call.clone()).await == 202 {}
        (stream, waiting)
    };
    crowd.bears(24, work).await;
}

#[tokio::test]
async fn a_client_that_cancels_what_does_not_exist() {
    let crowd = Crowd::start().await;
    let work = async {
        let (_stream, endpoint) = crowd.stream().await;
        for number in 0..20 {
            if number == 10 {
                crowd.others_are_served().await;
            }
            let id = |number| format!("{number}{}", "x".repeat(60_000));
            let cancel = |id| message("notifications/cancelled", None, &json!({ "requestId": id, "reason": "x" }));
            let posts = (0..20).map(|of_them| {
                let path = if of_them % 2 == 0 { "/mcp" } else { &endpoint };
                crowd.message(path, cancel(id(20 * number + of_them)))
            });
            let statuses = join_all(posts).await;
            assert!(statuses.iter().all(|status| [202, 503].contains(status)), "{statuses:?}");
        }
    };
    crowd.bears(10, work).await;
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle() {
    let crowd = Crowd::start().await;
    crowd.handler.tenant.fail_next(Endpoint::GraphMe, 10_000, Fault::Held).unwrap();
    let work = async {
        for number in 0..100 {
            if number == 50 {
                crowd.others_are_served().await;
            }
            let padded = json!({ "name": "get_graph_user_details", "_meta": { "a": "x".repeat(60_000) } });
            let call = crowd.post("/mcp", &message("tools/call", Some(&json!(number)), &padded));
            for part in [call.len(), call.len() / 2, 200] {
                drop(crowd.sent(&call[..part]).await);
            }
            let mut stream = Stream::open(&crowd.server, &crowd.bad).await;
            let endpoint = stream.endpoint().await;
            crowd.message(&endpoint, initialize().to_string()).await;
            crowd.message(&endpoint, me(&json!(1))).await;
        }
    };
    crowd.bears(24, work).await;
}
