//! The memory that the worst inputs make the packaged handler take, and how much it gives back. The numbers are the
//! kernel's: `VmHWM` and `VmRSS` of the process.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use driver::{Server, browser, handler::Handler, mcp, stream::Stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// In kB, as all sizes of this file.
const PEAK: u64 = 120 * 1024;
/// More than before a phase, afterwards.
const KEPT: u64 = 10 * 1024;
const RETURNED_WITHIN: Duration = Duration::from_mins(2);
const CONNECTIONS: usize = 64;
const UNFINISHED: usize = 400;
/// No limit of callers may refuse before the budgets of memory do.
const LIMITS: &str = "tool-calls-at-once=1000000,calls-per-minute=1000000,streams=1000000,grants=1000000,\
                      waiting-registrations=1000000,registrations-per-minute=1000000,\
                      authorizations-per-minute=1000000,callbacks-per-minute=1000000,page-requests-per-minute=1000000,token-requests-per-minute=1000000";

/// The resources as Bicep deploys them.
const DEPLOYED: &str = include_str!("../../../../infra/test/defaults.snapshot.json");

/// The settings of the allocator, as Bicep sets them.
fn allocator() -> Vec<(String, String)> {
    let setting =
        |line: &str, name: &str| Some(line.split(&format!("\"{name}\": \"")).nth(1)?.split('"').next()?.to_owned());
    let lines: Vec<&str> = DEPLOYED.lines().collect();
    let pairs = lines.windows(2).filter_map(|lines| Some((setting(lines[0], "name")?, setting(lines[1], "value")?)));
    let settings: Vec<_> = pairs.filter(|(name, _)| name.starts_with("MIMALLOC_")).collect();
    assert!(!settings.is_empty(), "Bicep sets nothing for the allocator");
    settings
}

/// An instance of 512 MB or 2 GB has one core or less, and each further worker keeps memory of its own.
async fn start(program: &Path) -> Handler {
    let configure = |command: &mut Command| {
        command.env("MCP_LIMITS", LIMITS).env("TOKIO_WORKER_THREADS", "1").envs(allocator());
        command.stdout(Stdio::null()).stderr(Stdio::null());
    };
    Handler::start(program, local_tenant::Options::default(), configure).await
}

/// Runs a phase; `held` is what it has still open when its peak is read.
async fn phase<T>(handler: &Handler, name: &str, idle: u64, work: impl Future<Output = T>) {
    handler.forget_peak();
    let held = work.await;
    let peak = handler.kilobytes("VmHWM");
    drop(held);
    assert!(peak <= PEAK, "{name}: at most {peak} kB, more than {PEAK}");
    let ended = Instant::now();
    loop {
        let now = handler.kilobytes("VmRSS");
        if now <= idle + KEPT {
            println!("{name}: at most {peak} kB, then {now} kB after {:.1} s", ended.elapsed().as_secs_f32());
            return;
        }
        assert!(ended.elapsed() < RETURNED_WITHIN, "{name}: at most {peak} kB, still {now} kB, idle {idle} kB");
        sleep(Duration::from_millis(250)).await;
    }
}

/// A tool call with this text as its arguments.
fn call(arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"get_graph_user_details","_meta":{{"a":{arguments}}},"arguments":{{"a":{arguments}}}}}}}"#
    )
}

fn array(element: &str, bytes: usize) -> String {
    format!("[{}]", vec![element; bytes / (element.len() + 1)].join(","))
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// The worst messages: too long, too deep, and of as many values as fit.
fn messages() -> Vec<String> {
    const MAX_ARGUMENT_BYTES: usize = 31 * 1024;
    let arguments = [
        array(r#"{"a":0}"#, 512 * 1024),
        nested(100_000),
        nested(7_000),
        array("0", MAX_ARGUMENT_BYTES),
        array("[]", MAX_ARGUMENT_BYTES),
        array("{}", MAX_ARGUMENT_BYTES),
        array(r#"{"a":0}"#, MAX_ARGUMENT_BYTES),
        array(r#"{"a":0}"#, 4 * 1024),
        array(r#""""#, MAX_ARGUMENT_BYTES),
    ];
    arguments.iter().map(|arguments| call(arguments)).collect()
}

/// Sends each message on many connections at once. Whatever the answer is, it must come.
async fn flood(server: &Server, token: &str, paths: &[String]) {
    let mut posts = JoinSet::new();
    for number in 0..CONNECTIONS {
        let path = paths[number % paths.len()].clone();
        let post = server.post(&path).bearer_auth(token).header("content-type", "application/json");
        let post = post.header("accept", mcp::ACCEPT).header("mcp-protocol-version", mcp::PROTOCOL_VERSION);
        posts.spawn(async move {
            for message in messages() {
                let answer = post.try_clone().unwrap().body(message).send().await.unwrap();
                assert!([200, 202, 400, 413, 503].contains(&answer.status().as_u16()), "{answer:?}");
                answer.bytes().await.unwrap();
            }
        });
    }
    posts.join_all().await;
}

/// Streams that are initialized, and whose answers nobody reads from now on.
async fn streams(server: &Server, token: &str) -> (Vec<Stream>, Vec<String>) {
    let (mut streams, mut endpoints) = (Vec::new(), Vec::new());
    for _ in 0..CONNECTIONS {
        let mut stream = Stream::open(server, token).await;
        let endpoint = stream.endpoint().await;
        for message in [mcp::initialize(), mcp::initialized()] {
            assert_eq!(driver::stream::post(server, &endpoint, token, &message).await, 202);
        }
        stream.message().await;
        streams.push(stream);
        endpoints.push(endpoint);
    }
    (streams, endpoints)
}

/// Connections that have sent this and will not send more.
async fn unfinished(address: SocketAddr, texts: &[String]) -> Vec<TcpStream> {
    let mut connections = JoinSet::new();
    for number in 0..UNFINISHED {
        let text = texts[number % texts.len()].clone();
        connections.spawn(async move {
            let mut connection = TcpStream::connect(address).await.unwrap();
            // A refusal may come before everything is sent.
            let _ = connection.write_all(text.as_bytes()).await;
            connection
        });
    }
    let connections = connections.join_all().await;
    // The server has read what was sent once it has answered something that was sent later.
    for _ in 0..CONNECTIONS {
        let mut last = TcpStream::connect(address).await.unwrap();
        last.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
        last.read_to_end(&mut Vec::new()).await.unwrap();
    }
    connections
}

fn unfinished_bodies() -> Vec<String> {
    let post = |path: &str, content_type: &str| {
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {content_type}\r\ncontent-length: 65536");
        format!("{head}\r\n\r\n{}", "x".repeat(60 * 1024))
    };
    let form = "application/x-www-form-urlencoded";
    let posts = [("/mcp", "application/json"), ("/token", form), ("/register", "application/json"), ("/consent", form)];
    posts.map(|(path, content_type)| post(path, content_type)).to_vec()
}

fn unfinished_heads() -> Vec<String> {
    let line = format!("x: {}\r\n", "y".repeat(1024 - 5));
    [40, 47, 64].map(|lines| format!("GET /mcp HTTP/1.1\r\nhost: localhost\r\n{}", line.repeat(lines))).to_vec()
}

/// The largest registrations that are accepted, and as large ones that are not.
async fn registrations(server: &Server) {
    let uri = |number: usize| format!("https://client.example/{}/{number}", "x".repeat(1_900));
    let uris = (0..32).map(uri).collect::<Vec<_>>();
    let accepted = serde_json::json!({ "redirect_uris": uris, "client_name": "x".repeat(500) }).to_string();
    let refused = format!(r#"{{"redirect_uris":{}}}"#, array(r#"{"a":0}"#, 60 * 1024));
    assert!((60 * 1024..64 * 1024).contains(&accepted.len()), "{}", accepted.len());
    let mut posts = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let post = server.post("/register").header("content-type", "application/json");
        let bodies = [accepted.clone(), refused.clone()];
        posts.spawn(async move {
            for number in 0..20 {
                let answer = post.try_clone().unwrap().body(bodies[number % 2].clone()).send().await.unwrap();
                assert!([201, 400, 503].contains(&answer.status().as_u16()), "{answer:?}");
                answer.bytes().await.unwrap();
            }
        });
    }
    posts.join_all().await;
}

/// Runs every phase against this program.
pub(crate) async fn worst_inputs(program: &Path) {
    let handler = start(program).await;
    let server = handler.server();
    let token = browser::tokens(&server).await.access_token;
    let idle = handler.kilobytes("VmRSS");
    println!("idle: {idle} kB");
    phase(&handler, "messages over Streamable HTTP", idle, flood(&server, &token, &["/mcp".to_owned()])).await;
    let over_sse = async {
        let (streams, endpoints) = streams(&server, &token).await;
        flood(&server, &token, &endpoints).await;
        streams
    };
    phase(&handler, "messages over HTTP+SSE", idle, over_sse).await;
    let (bodies, heads) = (unfinished_bodies(), unfinished_heads());
    phase(&handler, "bodies that do not end", idle, unfinished(handler.address, &bodies)).await;
    phase(&handler, "heads that do not end", idle, unfinished(handler.address, &heads)).await;
    phase(&handler, "registrations", idle, registrations(&server)).await;
    let answer = server.mcp(&token, &mcp::tool_call(1)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}
