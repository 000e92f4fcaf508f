//! The memory that the worst inputs make the packaged handler take, and how much it gives back. The numbers are the
//! kernel's: `VmHWM` and `VmRSS` of the process.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use driver::{
    Server,
    browser::{self, Browser},
    handler::{Handler, raise_open_files},
    mcp,
    stream::Stream,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// In kB, as all sizes of this file.
const PEAK: u64 = 120 * 1024;
/// More than before a phase, afterwards.
const KEPT: u64 = 10 * 1024;
const RETURNED_WITHIN: Duration = Duration::from_mins(1);
const CONNECTIONS: usize = 64;
const UNFINISHED: usize = 400;
/// Nearly the 4,000 that the handler serves: docs/operations/memory.md.
const MANY_CONNECTIONS: usize = 3_900;
/// As long as a head may be before it counts in a budget.
const SMALL_HEAD: usize = 8_000;
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

/// The same server, with connections that end with the value. The handler would close them when they are idle for 90 s.
fn connecting_anew(server: &Server) -> Server {
    Server::new(server.url.clone())
}

/// Where a message can be posted, and by whom.
struct Posting {
    path: String,
    token: String,
}

/// Sends each message on many connections at once. Whatever the answer is, it must come.
async fn flood(server: &Server, postings: &[Posting]) {
    let server = connecting_anew(server);
    let mut posts = JoinSet::new();
    for Posting { path, token } in postings.iter().cycle().take(2 * CONNECTIONS) {
        let post = server.post(path).bearer_auth(token).header("content-type", "application/json");
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

/// Streams of these owners that are initialized, and whose answers nobody reads from now on.
async fn streams(server: &Server, tokens: &[String]) -> (Vec<Stream>, Vec<Posting>) {
    let (mut streams, mut postings) = (Vec::new(), Vec::new());
    for token in tokens.iter().cycle().take(2 * CONNECTIONS) {
        let mut stream = Stream::open(server, token).await;
        let endpoint = stream.endpoint().await;
        for message in [mcp::initialize(), mcp::initialized()] {
            assert_eq!(driver::stream::post(server, &endpoint, token, &message).await, 202);
        }
        stream.message().await;
        streams.push(stream);
        postings.push(Posting { path: endpoint, token: token.clone() });
    }
    (streams, postings)
}

/// So many connections that have sent this and will not send more.
async fn unfinished(address: SocketAddr, connections: usize, texts: &[String]) -> Vec<TcpStream> {
    let texts: Vec<_> = texts.iter().cycle().take(connections).cloned().collect();
    let mut connections = JoinSet::new();
    for text in texts {
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

/// From our own pages, and with the tokens of owners: nothing is kept of any other.
fn unfinished_bodies(origin: &str, tokens: &[String]) -> Vec<String> {
    let post = |path: &str, further: &str, content_type: &str| {
        let lines = format!("host: localhost\r\n{further}\r\ncontent-type: {content_type}\r\ncontent-length: 65536");
        format!("POST {path} HTTP/1.1\r\n{lines}\r\n\r\n{}", "x".repeat(60 * 1024))
    };
    let form = "application/x-www-form-urlencoded";
    let origin = format!("origin: {origin}");
    let public = [("/token", form), ("/register", "application/json"), ("/consent", form)];
    let public = public.map(|(path, content_type)| post(path, &origin, content_type));
    let of_owner = |token| post("/mcp", &format!("authorization: Bearer {token}"), "application/json");
    public.into_iter().chain(tokens.iter().map(of_owner)).collect()
}

fn unfinished_heads() -> Vec<String> {
    let line = format!("x: {}\r\n", "y".repeat(1024 - 5));
    [40, 47, 64].map(|lines| format!("GET /mcp HTTP/1.1\r\nhost: localhost\r\n{}", line.repeat(lines))).to_vec()
}

/// The largest registrations that are accepted, and as large ones that are not.
async fn registrations(server: &Server) {
    let server = connecting_anew(server);
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

/// Heads for which the handler has a buffer only.
fn small_heads() -> Vec<String> {
    vec![format!("GET /health HTTP/1.1\r\nx: {}", "y".repeat(SMALL_HEAD - 25))]
}

/// The access tokens of two users.
async fn tokens(server: &Server) -> Vec<String> {
    let mut tokens = Vec::new();
    for user in [browser::USER, "alice@contoso.example"] {
        let (client_id, mut browser) = (server.register().await, Browser { user, ..Browser::default() });
        tokens.push(browser.tokens(server, &client_id, "user.read").await.access_token);
    }
    tokens
}

/// Runs every phase against this program.
pub(crate) async fn worst_inputs(program: &Path) {
    raise_open_files();
    let handler = start(program).await;
    let (server, address) = (handler.server(), handler.address);
    let tokens = tokens(&server).await;
    let idle = handler.kilobytes("VmRSS");
    println!("idle: {idle} kB");
    let mcp_of = |token: &String| Posting { path: "/mcp".to_owned(), token: token.clone() };
    let postings: Vec<_> = tokens.iter().map(mcp_of).collect();
    phase(&handler, "messages over Streamable HTTP", idle, flood(&server, &postings)).await;
    let over_sse = async {
        let (streams, postings) = streams(&server, &tokens).await;
        flood(&server, &postings).await;
        streams
    };
    phase(&handler, "messages over HTTP+SSE", idle, over_sse).await;
    let bodies = unfinished_bodies(&server.url, &tokens);
    phase(&handler, "bodies that do not end", idle, unfinished(address, UNFINISHED, &bodies)).await;
    phase(&handler, "heads that do not end", idle, unfinished(address, UNFINISHED, &unfinished_heads())).await;
    phase(&handler, "connections with small heads", idle, unfinished(address, MANY_CONNECTIONS, &small_heads())).await;
    phase(&handler, "registrations", idle, registrations(&server)).await;
    let answer = server.mcp(&tokens[0], &mcp::tool_call(1)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}
