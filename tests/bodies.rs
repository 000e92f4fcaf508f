//! Bodies that stall, break off, or are more than can be kept: the handler in this process, on paused time where time
//! matters.
#![cfg(test)]

#[path = "http/posted_paths.rs"]
mod posted_paths;

use std::{net::SocketAddr, process::Stdio, sync::Arc};

use driver::{
    Server,
    browser::{Browser, USER, redemption},
};
use functions_host::ReservedPort;
use local_tenant::Tenant;
use posted_paths::posted_paths;
use remote_auth_mcp::{
    config::Environment,
    http::endpoints,
    platform::{Platform, SystemClock, SystemEntropy},
    startup,
    telemetry::AuditLines,
    vault::Rotation,
};
use reqwest::Response;
use serde_json::json;
use stand_in::wait::until_listening;
use tempfile::TempDir;
use testkit::PublishedDocuments;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::Command,
    time::{Duration, Instant, pause},
};

/// Whether it is for the bearer of a token.
fn is_protected(path: &str) -> bool {
    path.starts_with("/mcp")
}

/// Whether it is for browsers, which also get it.
fn is_page(path: &str) -> bool {
    let mut own = endpoints().filter(|endpoint| endpoint.paths.iter().any(|found| found == path));
    !is_protected(path) && own.any(|endpoint| endpoint.methods.contains(&"GET"))
}

struct Handler {
    server: Server,
    address: SocketAddr,
    _tenant: Tenant,
    _folder: TempDir,
    _port: ReservedPort,
}

/// The parts that the handler is started with.
struct Start {
    tenant: Tenant,
    folder: TempDir,
    port: ReservedPort,
    server: Server,
}

impl Start {
    async fn new() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), ReservedPort::new().unwrap());
        let server = Server::new(format!("http://{}", port.address()));
        let redirect_uris = vec![format!("{}/oauth-callback", server.url)];
        let options = local_tenant::Options { redirect_uris, ..local_tenant::Options::default() };
        Self { tenant: local_tenant::start(options).await.unwrap(), folder, port, server }
    }

    fn environment(&self) -> impl Iterator<Item = (String, String)> {
        let own = [
            ("PUBLIC_BASE_URL", self.server.url.clone()),
            ("DATA_DIR", self.folder.path().to_str().unwrap().to_owned()),
            ("FUNCTIONS_CUSTOMHANDLER_PORT", self.port.port().to_string()),
        ];
        self.tenant.settings().into_iter().chain(own.map(|(name, value)| (name.to_owned(), value)))
    }

    /// Access tokens of two users. They sign in at a process of its own: the managed identity's SDK reads the environment
    /// of its process.
    async fn tokens(&self) -> [String; 2] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handler"));
        command.env_clear().envs(self.environment()).stdout(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        until_listening(self.port.address()).await;
        let tokens = [self.token_of(USER).await, self.token_of("alice@contoso.example").await];
        process.kill().await.unwrap();
        tokens
    }

    async fn token_of(&self, user: &'static str) -> String {
        let client_id = self.server.register().await;
        let mut browser = Browser { user, ..Browser::default() };
        let code = browser.sign_in(&self.server, &client_id).await.get("code").unwrap();
        let (_, answer) = self.server.token(&redemption(&client_id, &code)).await;
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn handler(self) -> Handler {
        let settings = startup::settings(&self.environment().collect::<Environment>()).unwrap();
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let audit = Arc::new(AuditLines::new(Arc::clone(&clock) as _));
        let documents = Arc::<PublishedDocuments>::default();
        let platform = Platform { clock, entropy, documents, rotation: Rotation::default(), audit };
        let handler = startup::build(settings, &platform).await;
        let Self { tenant, folder, port, server } = self;
        let listener = TcpListener::bind(port.address()).await.unwrap();
        tokio::spawn(handler.unwrap().serve(listener));
        Handler { server, address: port.address(), _tenant: tenant, _folder: folder, _port: port }
    }
}

impl Handler {
    async fn start() -> Self {
        Start::new().await.handler().await
    }

    /// With the tokens of two users.
    async fn with_tokens() -> (Self, [String; 2]) {
        let start = Start::new().await;
        let tokens = start.tokens().await;
        (start.handler().await, tokens)
    }

    /// Sends a POST with these further header lines and this part of its body.
    async fn post(&self, path: &str, lines: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(self.posted(path, lines, body).as_bytes()).await.unwrap();
        stream
    }

    /// The text of such a POST.
    fn posted(&self, path: &str, lines: &str, body: &str) -> String {
        let form = "Content-Type: application/x-www-form-urlencoded";
        format!("POST {path} HTTP/1.1\r\nHost: {}\r\n{form}\r\n{lines}\r\n\r\n{body}", self.address)
    }

    /// The header line that somebody has who may send a body there, besides the host.
    fn permission(&self, path: &str, token: &str) -> String {
        if is_protected(path) {
            bearer(token)
        } else if is_page(path) {
            format!("\r\nOrigin: {}", self.server.url)
        } else {
            String::new()
        }
    }

    /// A form of so many bytes, from our own page where it needs one.
    async fn form(&self, path: &str, bytes: usize) -> Response {
        let form = self.server.post(path).header("origin", &self.server.url).form(&[("a", "x".repeat(bytes))]);
        form.send().await.unwrap()
    }
}

/// A header line with an access token.
fn bearer(token: &str) -> String {
    format!("\r\nAuthorization: Bearer {token}")
}

/// The answer, up to the end of its connection.
async fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// Whether the answer has this status and the shape of the endpoint's other errors.
fn is_error_of(answer: &str, path: &str, status: u16) -> bool {
    let of_mcp = format!(r#""code":{status},"#);
    let of_program = if path.starts_with("/mcp") { of_mcp.as_str() } else { r#""error":"invalid_request""# };
    let shape = if is_page(path) { "text/html" } else { of_program };
    answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(shape)
}

#[tokio::test]
async fn a_body_that_stalls_is_408_on_every_endpoint_that_takes_one() {
    let (handler, [token, _]) = Handler::with_tokens().await;
    pause();
    for path in posted_paths() {
        let lines = format!("Content-Length: 40{}", handler.permission(&path, &token));
        let answer = answer(handler.post(&path, &lines, "sixteen bytes...").await).await;
        assert!(is_error_of(&answer, &path, 408), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_400_on_every_endpoint_that_takes_one() {
    let (handler, [token, _]) = Handler::with_tokens().await;
    for path in posted_paths() {
        let permission = handler.permission(&path, &token);
        let lines = format!("Content-Length: 40{permission}");
        let mut ended = handler.post(&path, &lines, "sixteen bytes...").await;
        ended.shutdown().await.unwrap();
        let lines = format!("Transfer-Encoding: chunked{permission}");
        let garbled = handler.post(&path, &lines, "4\r\nabcd\r\nno length\r\n").await;
        for stream in [ended, garbled] {
            let answer = answer(stream).await;
            assert!(is_error_of(&answer, &path, 400), "{path}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_on_every_endpoint_that_takes_one() {
    let (handler, [token, _]) = Handler::with_tokens().await;
    for path in posted_paths() {
        let (length, body) = (64 * 1024 + 1, "x".repeat(64 * 1024 + 1));
        let permission = handler.permission(&path, &token);
        let lines = format!("Connection: close\r\nContent-Length: {length}{permission}");
        let answer = answer(handler.post(&path, &lines, &body).await).await;
        assert!(is_error_of(&answer, &path, 413), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_caller_who_may_not_call_is_refused_for_that_before_a_body_is_read() {
    let (handler, [token, _]) = Handler::with_tokens().await;
    let bearer = bearer(&token);
    pause();
    for path in posted_paths() {
        let mut refusals = vec![("Host: attacker.example", "", 403)];
        if is_protected(&path) {
            refusals.push(("Origin: https://attacker.example", bearer.as_str(), 403));
            refusals.push(("X: y", "", 401));
            refusals.push(("X: y", "\r\nAuthorization: Bearer x", 401));
        }
        if is_page(&path) {
            refusals.push(("X: y", "", 403));
            for line in ["Origin: https://attacker.example", "Origin: null", "Sec-Fetch-Site: same-origin"] {
                refusals.push((line, "", 403));
            }
        }
        for (line, bearer, status) in refusals {
            let mut stream = TcpStream::connect(handler.address).await.unwrap();
            let host = if line.starts_with("Host") { "" } else { "Host: 127.0.0.1\r\n" };
            let head = format!("POST {path} HTTP/1.1\r\n{host}{line}{bearer}\r\nContent-Length: 40\r\n\r\nsixteen");
            stream.write_all(head.as_bytes()).await.unwrap();
            let answer = answer(stream).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {line}: {answer}");
            assert!(answer.to_lowercase().contains("connection: close"), "{path} {line}: {answer}");
        }
    }
}

/// Waits until the token endpoint has no memory left for bodies, or has some again. The sent bodies are read later.
async fn until(handler: &Handler, exhausted: bool) {
    while (handler.form("/token", LARGE).await.status() == 503) != exhausted {
        tokio::task::yield_now().await;
    }
}

/// More than [`flood`] leaves, and less than any form may have.
const LARGE: usize = 12_000;

/// More bodies than are kept, which never end.
async fn flood(handler: &Handler, path: &str, lines: &str) -> Vec<TcpStream> {
    flood_of(handler, path, lines, [150, 150]).await
}

/// So many bodies, large and small, which never end.
async fn flood_of(handler: &Handler, path: &str, lines: &str, bodies: [usize; 2]) -> Vec<TcpStream> {
    let lines = format!("Content-Length: 65536{lines}");
    let mut streams = Vec::new();
    for (bytes, bodies) in [60_000, 10_000].into_iter().zip(bodies) {
        for _ in 0..bodies {
            streams.push(handler.post(path, &lines, &"x".repeat(bytes)).await);
        }
    }
    streams
}

#[tokio::test]
async fn where_bodies_of_unknown_callers_take_all_memory_others_are_503_and_requests_without_a_body_go_on() {
    let (handler, [token, _]) = Handler::with_tokens().await;
    let flooding = flood(&handler, "/token", "").await;
    until(&handler, true).await;
    for path in posted_paths().iter().filter(|path| !is_protected(path)) {
        let refused = handler.form(path, LARGE).await;
        assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (503, true), "{path}");
        let shape = if is_page(path) { "<html" } else { r#""error":"temporarily_unavailable""# };
        assert!(refused.text().await.unwrap().contains(shape), "{path}");
    }
    assert_eq!(handler.server.get("/health").send().await.unwrap().status(), 200);
    assert_eq!(handler.server.get("/authorize").send().await.unwrap().status(), 400);
    let lines = format!("Connection: close\r\nContent-Length: 2{}", bearer(&token));
    let known = answer(handler.post("/mcp", &lines, "{}").await).await;
    assert!(!known.starts_with("HTTP/1.1 503"), "{known}");
    drop(flooding);
    until(&handler, false).await;
}

#[tokio::test]
async fn a_connection_whose_body_was_not_kept_can_be_used_again() {
    let handler = Handler::start().await;
    // No more than are kept: those that are not would take the places in which the rest of a body is thrown away.
    let _flooding = flood_of(&handler, "/token", "", [104, 4]).await;
    until(&handler, true).await;
    let mut stream = handler.post("/token", "Content-Length: 65002", &"x".repeat(65_000)).await;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 503");
    stream.write_all(b"b&").await.unwrap();
    let health = format!("GET /health HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", handler.address);
    stream.write_all(health.as_bytes()).await.unwrap();
    let answers = answer(stream).await;
    assert!(answers.contains("HTTP/1.1 200 OK"), "{answers}");
}

#[tokio::test]
async fn one_owner_cannot_take_the_memory_of_another() {
    let (handler, [one, other]) = Handler::with_tokens().await;
    let _flooding = flood(&handler, "/mcp", &bearer(&one)).await;
    let meta = json!({ "_meta": { "padding": "x".repeat(60_000) } });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": meta });
    while handler.server.mcp(&one, &call).send().await.unwrap().status() != 503 {
        tokio::task::yield_now().await;
    }
    let answered = handler.server.mcp(&other, &call).send().await.unwrap();
    assert_eq!(answered.status(), 200);
}

#[tokio::test]
async fn heads_that_never_end_hold_up_nobody_and_are_closed_after_ten_seconds() {
    let handler = Handler::start().await;
    let head = format!("GET /health HTTP/1.1\r\nX-Padding: {}", "x".repeat(40_000));
    let mut streams = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(handler.address).await.unwrap();
        // A connection may be closed before all of its head is sent.
        let _ = stream.write_all(head.as_bytes()).await;
        streams.push(stream);
    }
    assert_eq!(handler.server.get("/health").send().await.unwrap().status(), 200);
    // Not before: while the store's own thread reads, time would run ahead to any timer of the process.
    pause();
    let began = Instant::now();
    for mut stream in streams {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(String::from_utf8_lossy(&answer), "");
    }
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_connection_is_used_again_unless_a_large_head_came_on_it() {
    let handler = Handler::start().await;
    for (length, closes) in [(7_000, false), (9_000, true)] {
        let padding = format!("X-Padding: {}\r\nContent-Length: 2", "x".repeat(length));
        let mut stream = handler.post("/token", &padding, "a=").await;
        let mut answer = vec![0; 1024];
        let read = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]).to_lowercase();
        assert_eq!(answer.contains("connection: close"), closes, "{length}: {answer}");
    }
    let (of_length, chunk) = (format!("Content-Length: {}", 8 * 1024), "x".repeat(8 * 1024));
    let chunked = (String::from("Transfer-Encoding: chunked"), format!("2000\r\n{chunk}\r\n0\r\n\r\n"));
    let mut stream = handler.post("/token", &of_length, &chunk).await;
    for (lines, body) in [(of_length.clone(), chunk.clone()), chunked, (of_length, chunk)] {
        let answer = one_answer(&mut stream).await;
        assert!(answer.starts_with("http/1.1 400 ") && !answer.contains("connection: close"), "{answer}");
        stream.write_all(handler.posted("/token", &lines, &body).as_bytes()).await.unwrap();
    }
    one_answer(&mut stream).await;
}

/// The head of the next answer, in lower case, after which its body was read.
async fn one_answer(stream: &mut TcpStream) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(char::from(stream.read_u8().await.unwrap()));
    }
    let head = head.to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    stream.read_exact(&mut vec![0; length]).await.unwrap();
    head
}

#[tokio::test]
async fn a_chunked_body_with_long_trailers_is_not_waited_for() {
    let (handler, [token, _]) = Handler::with_tokens().await;
    pause();
    for (bearer, status) in [(bearer(&token), "400"), (String::new(), "401")] {
        let lines = format!("Transfer-Encoding: chunked{bearer}");
        let answer = answer(handler.post("/mcp", &lines, &format!("0\r\nx: {}", "y".repeat(16_300))).await).await;
        let closes = answer.to_lowercase().contains("connection: close");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && closes, "{answer}");
    }
}
