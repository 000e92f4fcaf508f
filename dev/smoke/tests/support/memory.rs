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
    mcp, oauth,
    stream::Stream,
};
use local_tenant::{Endpoint, Fault};
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::worst;

/// In kB, as all sizes of this file.
const PEAK: u64 = 120 * 1024;
/// More than before a phase, afterwards.
const KEPT: u64 = 10 * 1024;
const RETURNED_WITHIN: Duration = Duration::from_mins(1);
const CONNECTIONS: usize = 64;
/// More than fill the memory for the requests of all.
const USERS: [&str; 4] = [browser::USER, "alice@contoso.example", "layla@contoso.example", "user1@contoso.example"];
const UNFINISHED: usize = 400;
/// Results of one owner that nobody reads: more than there is memory for.
const UNREAD: usize = 300;
/// Nearly the 4,000 that the handler serves: docs/operations/memory.md.
const MANY_CONNECTIONS: usize = 3_900;
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
        let post = post.header("accept", mcp::ACCEPT);
        posts.spawn(async move {
            for message in worst::messages() {
                let post = post.try_clone().unwrap().header("mcp-protocol-version", worst::revision(&message));
                let answer = post.body(message).send().await.unwrap();
                // A limit ends a session whose answers nobody reads.
                assert!([200, 202, 400, 404, 413, 503].contains(&answer.status().as_u16()), "{answer:?}");
                answer.bytes().await.unwrap();
            }
        });
    }
    posts.join_all().await;
}

/// Calls of these owners that Graph keeps waiting, until each owner has no memory for another one.
async fn waiting_calls(handler: &Handler, tokens: &[String]) -> JoinSet<u16> {
    handler.tenant.fail_next(Endpoint::GraphMe, 10_000, Fault::Held).unwrap();
    let (server, messages) = (handler.server(), worst::calls());
    let (mut calls, mut waiting) = (JoinSet::new(), 0);
    for token in tokens {
        let post = server.post("/mcp").bearer_auth(token).header("content-type", "application/json");
        let post = post.header("accept", mcp::ACCEPT).header("mcp-protocol-version", mcp::PROTOCOL_VERSION);
        for message in messages.iter().cycle() {
            let call = post.try_clone().unwrap().body(message.clone());
            calls.spawn(async move { call.send().await.unwrap().status().as_u16() });
            tokio::select! {
                () = handler.tenant.until_held(waiting + 1) => waiting += 1,
                Some(status) = calls.join_next() => match status.unwrap() {
                    503 => break,
                    other => panic!("{other} while Graph answers nothing"),
                },
            }
        }
    }
    println!("{waiting} calls wait for Graph");
    assert!(waiting > 4 * tokens.len(), "{waiting}");
    calls
}

/// A connection for which the kernel keeps little of what its client does not read.
fn narrow(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.set_tcp_mss(536).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    TcpStream::from_std(socket.into()).unwrap()
}

/// Calls of these owners whose large results nobody reads, on connections that stay open.
async fn unread_results(handler: &Handler, tokens: &[String]) -> Vec<TcpStream> {
    let large = Fault::Status { status: 200, body: worst::user() };
    handler.tenant.fail_next(Endpoint::GraphMe, 10_000, large).unwrap();
    let mut connections = Vec::new();
    for token in tokens {
        let mut refused = 0;
        for _ in 0..UNREAD {
            let (mut connection, mut status) = (narrow(handler.address), [0; 12]);
            connection.write_all(worst::post_of_call(handler.address, token).as_bytes()).await.unwrap();
            connection.read_exact(&mut status).await.unwrap();
            assert!([b"HTTP/1.1 200", b"HTTP/1.1 503"].contains(&&status), "{status:?}");
            refused += usize::from(status.ends_with(b"503"));
            connections.push(connection);
        }
        assert!((1..UNREAD - 5).contains(&refused), "{refused} results had no room");
    }
    connections
}

/// Streams of these owners that are initialized, and whose answers nobody reads from now on.
async fn streams(server: &Server, tokens: &[String]) -> (Vec<Stream>, Vec<Posting>) {
    let (mut streams, mut postings) = (Vec::new(), Vec::new());
    for token in tokens.iter().cycle().take(2 * CONNECTIONS) {
        let mut stream = Stream::open(server, token).await;
        let endpoint = stream.endpoint().await;
        for message in [worst::initialize(), mcp::initialized()] {
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

/// The largest registrations that are accepted, and as large ones that are not.
async fn registrations(server: &Server) {
    let server = connecting_anew(server);
    let mut posts = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let post = server.post("/register").header("content-type", "application/json");
        let bodies = [worst::registration(), worst::no_registration()];
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

/// What anybody may ask for a client, for the one with the largest registration.
async fn of_a_large_client(server: &Server) {
    let server = connecting_anew(server);
    let post = server.post("/register").header("content-type", "application/json").body(worst::registration());
    let client = driver::body(post.send().await.unwrap()).await;
    let client_id = client["client_id"].as_str().unwrap();
    let page = browser::authorize_url(&server, client_id, &[("redirect_uri", &worst::redirect_uri(0))]);
    let mut asked = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let requests = [
            server.post("/token").form(&browser::redemption(client_id, "unknown")),
            server.post("/token").form(&oauth::refresh(client_id, "unknown")),
            server.post("/revoke").form(&[("client_id", client_id), ("token", "unknown")]),
            Browser::default().navigation(&server, &page, "none"),
        ];
        asked.spawn(async move {
            for number in 0..20 {
                let answer = requests[number % requests.len()].try_clone().unwrap().send().await.unwrap();
                assert!([200, 400, 503].contains(&answer.status().as_u16()), "{answer:?}");
                answer.bytes().await.unwrap();
            }
        });
    }
    asked.join_all().await;
}

/// The access tokens of users, each of whom has called the tool: an idle process in service has its clients of Entra and Graph.
async fn tokens(server: &Server) -> Vec<String> {
    let mut tokens = Vec::new();
    for user in USERS {
        let (client_id, mut browser) = (server.register().await, Browser { user, ..Browser::default() });
        tokens.push(browser.tokens(server, &client_id, "user.read").await.access_token);
    }
    for token in &tokens {
        called(server, token).await;
    }
    tokens
}

async fn called(server: &Server, token: &str) {
    let answer = connecting_anew(server).mcp(token, &mcp::tool_call(1)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// A process that is idle, and its users' tokens.
async fn idle(program: &Path) -> (Handler, Vec<String>, u64) {
    let handler = start(program).await;
    let tokens = tokens(&handler.server()).await;
    let idle = handler.kilobytes("VmRSS");
    println!("idle: {idle} kB");
    (handler, tokens, idle)
}

/// Runs every phase against this program: those of owners in one process, those of connections that stay open in another, and
/// those of anybody in a third.
pub(crate) async fn worst_inputs(program: &Path) {
    raise_open_files();
    of_owners(program).await;
    of_connections(program).await;
    of_anybody(program).await;
}

async fn of_owners(program: &Path) {
    let (handler, tokens, idle) = idle(program).await;
    let server = handler.server();
    let mcp_of = |token: &String| Posting { path: "/mcp".to_owned(), token: token.clone() };
    let postings: Vec<_> = tokens.iter().map(mcp_of).collect();
    phase(&handler, "messages over Streamable HTTP", idle, flood(&server, &postings)).await;
    phase(&handler, "calls that Graph keeps waiting", idle, waiting_calls(&handler, &tokens)).await;
    handler.tenant.clear_faults();
    let over_sse = async {
        let (streams, postings) = streams(&server, &tokens).await;
        flood(&server, &postings).await;
        streams
    };
    phase(&handler, "messages over HTTP+SSE", idle, over_sse).await;
    called(&server, &tokens[0]).await;
}

async fn of_connections(program: &Path) {
    let (handler, tokens, idle) = idle(program).await;
    let address = handler.address;
    phase(&handler, "results that nobody reads", idle, unread_results(&handler, &tokens)).await;
    handler.tenant.clear_faults();
    let heads = worst::heads_that_came_early();
    phase(&handler, "heads that came with a request", idle, unfinished(address, MANY_CONNECTIONS, &heads)).await;
    let trailers = worst::unfinished_trailers(address, &tokens);
    phase(&handler, "trailers that do not end", idle, unfinished(address, MANY_CONNECTIONS, &trailers)).await;
    called(&handler.server(), &tokens[0]).await;
}

async fn of_anybody(program: &Path) {
    let (handler, tokens, idle) = idle(program).await;
    let (server, address) = (handler.server(), handler.address);
    let bodies = worst::unfinished_bodies(address, &tokens);
    phase(&handler, "bodies that do not end", idle, unfinished(address, UNFINISHED, &bodies)).await;
    phase(&handler, "heads that do not end", idle, unfinished(address, UNFINISHED, &worst::unfinished_heads())).await;
    let heads = worst::small_heads();
    phase(&handler, "connections with small heads", idle, unfinished(address, MANY_CONNECTIONS, &heads)).await;
    phase(&handler, "registrations", idle, registrations(&server)).await;
    phase(&handler, "requests of a large client", idle, of_a_large_client(&server)).await;
    called(&server, &tokens[0]).await;
}
