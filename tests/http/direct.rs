//! The handler without the Functions host: what only a caller on the same machine can do to it, and what takes a minute.

use std::{path::Path, process::Stdio, sync::Arc};

use authorization_server::{
    ground::{Advanced, Repository as _},
    state::{family::RefreshToken, grant::Grant},
};
use driver::{Server, handler::Handler};
use local_tenant::Options;
use remote_auth_mcp::{
    platform::{SystemClock, SystemEntropy},
    store::{ItemRepository, embedded::Embedded},
};
use reqwest::{Client, StatusCode, header::HOST};
use stand_in::wait::HANG_LIMIT;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::ChildStdout,
    time::timeout,
};

use crate::{
    browser::tokens,
    deployment::{MARK, tool_call},
};

/// The capacity of an unread pipe on Linux.
const PIPE: usize = 64 * 1024;

/// The process, and a client without limits of its own.
struct Direct {
    handler: Handler,
    http: Client,
}

impl Direct {
    /// At this level each request is a line. Nobody reads them unless a test does.
    async fn start() -> Self {
        let handler = Handler::start(Path::new(env!("CARGO_BIN_EXE_handler")), Options::default(), |command| {
            command.env("LOG_LEVEL", "debug").stdout(Stdio::piped()).stderr(Stdio::piped());
        });
        Self { handler: handler.await, http: Client::builder().no_proxy().build().unwrap() }
    }

    fn server(&self) -> Server {
        self.handler.server()
    }

    /// What the process has logged. It writes its lines in order, but after its answers, so this sends a request that no
    /// test sends, and reads until its line is there.
    async fn whole_log(&mut self) -> String {
        self.http.head(format!("http://{}/health", self.handler.address)).send().await.unwrap();
        let mut lines = BufReader::new(self.stdout()).lines();
        let mut log = String::new();
        while !log.contains(MARK) {
            let line = timeout(HANG_LIMIT, lines.next_line()).await.unwrap().unwrap();
            log += &line.expect("the line of the last request");
            log.push('\n');
        }
        log
    }

    fn stdout(&mut self) -> ChildStdout {
        ChildStdout::from_std(self.handler.process.stdout.take().unwrap()).unwrap()
    }

    /// As if this long had passed since the last answer for this refresh token. Meanwhile another process is started.
    async fn let_pass(&mut self, time: time::Duration, refresh_token: &str) {
        self.handler.kill();
        let clock = Arc::new(SystemClock);
        let store = Embedded::open(&self.handler.folder.path().join("store.redb"), clock.clone()).unwrap();
        let grants = ItemRepository::<Grant>::new(Arc::new(store), clock, Arc::new(SystemEntropy));
        let stored = grants.get(&RefreshToken::parse(refresh_token).unwrap().key).await.unwrap().unwrap();
        let mut grant = stored.value;
        grant.family.answered_at -= time;
        assert!(matches!(grants.advance(&stored.version, grant).await, Ok(Advanced::Done(_))));
        drop(grants);
        self.handler.start_again().await;
    }

    /// The answer to a request with this first line, for this host.
    async fn raw(&self, line: &str, host: &str) -> String {
        let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let (mut stream, mut answer) = (TcpStream::connect(self.handler.address).await.unwrap(), String::new());
        stream.write_all(request.as_bytes()).await.unwrap();
        timeout(HANG_LIMIT, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        answer
    }

    /// The status of `GET path`, and nothing if it does not come.
    async fn get(&self, path: &str, host: Option<&str>) -> Option<StatusCode> {
        let own = self.handler.address.to_string();
        let request = self.http.get(format!("http://{own}{path}")).header(HOST, host.unwrap_or(&own));
        Some(timeout(HANG_LIMIT, request.send()).await.ok()?.unwrap().status())
    }
}

#[tokio::test]
async fn a_stdout_that_nobody_reads_blocks_no_request() {
    let mut direct = Direct::start().await;
    // Each is logged: a line has more than 100 bytes.
    for _ in 0..PIPE * 2 / 100 {
        assert_eq!(direct.get("/.well-known/oauth-authorization-server", None).await, Some(StatusCode::OK));
    }
    assert_eq!(direct.get("/health", None).await, Some(StatusCode::OK));
    let mut logged = vec![0; PIPE + PIPE / 2];
    timeout(HANG_LIMIT, direct.stdout().read_exact(&mut logged)).await.expect("more lines than a pipe holds").unwrap();
}

/// On Linux all of 127.0.0.0/8 is this computer's, so that another address stands for one that a network reaches.
#[tokio::test]
async fn the_handler_listens_on_one_address_of_this_computer() {
    let direct = Direct::start().await;
    let port = direct.handler.address.port();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
    for other in ["127.0.0.2", "::1"] {
        assert!(TcpStream::connect((other, port)).await.is_err(), "{other}");
    }
}

#[tokio::test]
async fn only_our_own_host_and_loopback_are_answered() {
    let direct = Direct::start().await;
    let port = direct.handler.address.port();
    let own = [
        format!("127.0.0.1:{port}"),
        "127.0.0.1".into(),
        "localhost".into(),
        format!("LOCALHOST:{port}"),
        "[::1]".into(),
    ];
    for host in own {
        assert_eq!(direct.get("/health", Some(&host)).await, Some(StatusCode::OK), "{host}");
    }
    for host in [
        "attacker.example",
        "127.0.0.1.attacker.example",
        "localhost.attacker.example",
        "attacker@localhost",
        "10.0.0.1",
        "-",
    ] {
        for path in ["/health", "/mcp", "/authorize", "/.well-known/oauth-authorization-server"] {
            assert_eq!(direct.get(path, Some(host)).await, Some(StatusCode::FORBIDDEN), "{host} {path}");
        }
    }
}

#[tokio::test]
async fn a_request_with_two_hosts_or_none_is_refused() {
    let direct = Direct::start().await;
    for hosts in ["", "Host: 127.0.0.1\r\nHost: 127.0.0.1\r\n"] {
        let mut stream = TcpStream::connect(direct.handler.address).await.unwrap();
        let request = format!("GET /health HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(HANG_LIMIT, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 "), "{hosts:?}: {answer}");
    }
}

async fn called(server: &Server, answer: &serde_json::Value) -> u16 {
    let access_token = answer["access_token"].as_str().unwrap();
    server.mcp(access_token, &tool_call()).send().await.unwrap().status().as_u16()
}

/// How often this is said in a log.
fn said(log: &str, text: &str) -> usize {
    log.lines().filter(|line| line.contains(text)).count()
}

#[tokio::test]
async fn a_thief_and_an_owner_of_one_refresh_token_never_both_live_on() {
    let mut direct = Direct::start().await;
    let server = direct.server();
    let owner = tokens(&server).await;
    let (_, stolen) = server.refresh(&owner.client_id, &owner.refresh_token).await;
    direct.let_pass(time::Duration::seconds(66), &owner.refresh_token).await;
    let server = direct.server();
    let (status, further) = server.refresh(&owner.client_id, &owner.refresh_token).await;
    assert_eq!((status, further["refresh_token"] == stolen["refresh_token"]), (200, false));
    assert_eq!(called(&server, &further).await, 200);
    assert_eq!(called(&server, &stolen).await, 401);
    assert_eq!(called(&server, &further).await, 401);
    for tokens in [&stolen, &further] {
        let (status, answer) = server.refresh(&owner.client_id, tokens["refresh_token"].as_str().unwrap()).await;
        assert_eq!((status, &answer["error"]), (400, &"invalid_grant".into()));
    }
    let log = direct.whole_log().await;
    assert_eq!(said(&log, r#""event":"grant_ended""#), 1, "{log}");
}

#[tokio::test]
async fn answers_that_are_lost_twice_log_nobody_out() {
    let mut direct = Direct::start().await;
    let server = direct.server();
    let owner = tokens(&server).await;
    for _ in 0..2 {
        assert_eq!(direct.server().refresh(&owner.client_id, &owner.refresh_token).await.0, 200);
        direct.let_pass(time::Duration::seconds(66), &owner.refresh_token).await;
    }
    let server = direct.server();
    let (_, answer) = server.refresh(&owner.client_id, &owner.refresh_token).await;
    assert_eq!(called(&server, &answer).await, 200);
    assert_eq!(server.refresh(&owner.client_id, answer["refresh_token"].as_str().unwrap()).await.0, 200);
}

#[tokio::test]
async fn a_target_that_is_no_path_is_refused_and_the_log_stays_json() {
    let mut direct = Direct::start().await;
    let own = direct.handler.address.to_string();
    for target in [
        "CONNECT a:1",
        "CONNECT a",
        &format!("CONNECT {own}"),
        "OPTIONS *",
        "GET *",
        "GET http://attacker.example/health",
        "POST http://attacker.example/mcp",
        "GET http://attacker.example",
        "GET //",
        "GET a:1",
    ] {
        let answer = direct.raw(target, &own).await;
        let status = answer.get(9..12).unwrap_or_default();
        assert!(["400", "404", "405"].contains(&status), "{target}: {answer}");
    }
    let whole = direct.raw(&format!("GET http://{own}/health"), &own).await;
    assert!(whole.starts_with("HTTP/1.1 200 "), "{whole}");
    let foreign = direct.raw("GET http://attacker.example/health", "attacker.example").await;
    assert!(foreign.starts_with("HTTP/1.1 403 "), "{foreign}");
    let log = direct.whole_log().await;
    assert!(said(&log, "the request target is not a path of this server") > 0, "{log}");
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let mut refused = lines.iter().filter(|line| line["event"] == "request_refused");
    assert!(refused.all(|line| line["trace_id"].is_string()), "{log}");
    direct.handler.kill();
    assert_eq!(std::io::read_to_string(direct.handler.process.stderr.take().unwrap()).unwrap(), "");
}
