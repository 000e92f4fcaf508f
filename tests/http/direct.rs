//! The handler without the Functions host: what only a caller on the same machine can do to it.

use std::{
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use functions_host::ReservedPort;
use local_tenant::Tenant;
use reqwest::{Client, StatusCode, header::HOST};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

/// What an unread pipe holds on Linux.
const PIPE: usize = 64 * 1024;
const PATIENT: Duration = Duration::from_mins(1);

struct Handler {
    process: Child,
    address: SocketAddr,
    http: Client,
    /// Nobody reads it unless a test does.
    stdout: Option<ChildStdout>,
    _tenant: Tenant,
    _folder: TempDir,
    _port: ReservedPort,
}

impl Drop for Handler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Handler {
    async fn start() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), ReservedPort::new().unwrap());
        let tenant = local_tenant::start(local_tenant::Options::default()).await.unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_handler"))
            .env_clear()
            .envs(tenant.settings())
            .env("PUBLIC_BASE_URL", format!("http://{}", port.address()))
            .env("DATA_DIR", folder.path())
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.port().to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (address, stdout) = (port.address(), process.stdout.take());
        let http = Client::builder().no_proxy().build().unwrap();
        let handler = Self { process, address, http, stdout, _tenant: tenant, _folder: folder, _port: port };
        let ready = async {
            while TcpStream::connect(address).await.is_err() {
                sleep(Duration::from_millis(25)).await;
            }
        };
        timeout(PATIENT, ready).await.expect("the handler listens");
        handler
    }

    /// The status of `GET path`, and nothing if it does not come.
    async fn get(&self, path: &str, host: Option<&str>) -> Option<StatusCode> {
        let own = self.address.to_string();
        let request = self.http.get(format!("http://{}{path}", self.address)).header(HOST, host.unwrap_or(&own));
        Some(timeout(PATIENT, request.send()).await.ok()?.unwrap().status())
    }
}

#[tokio::test]
async fn a_stdout_that_nobody_reads_blocks_no_request() {
    let mut handler = Handler::start().await;
    // Each is logged: a line has more than 100 bytes.
    for _ in 0..PIPE * 2 / 100 {
        assert_eq!(handler.get("/token", None).await, Some(StatusCode::METHOD_NOT_ALLOWED));
    }
    assert_eq!(handler.get("/health", None).await, Some(StatusCode::OK));
    let mut stdout = tokio::process::ChildStdout::from_std(handler.stdout.take().unwrap()).unwrap();
    let mut logged = vec![0; PIPE + PIPE / 2];
    timeout(PATIENT, stdout.read_exact(&mut logged)).await.expect("more lines than a pipe holds").unwrap();
}

#[tokio::test]
async fn only_our_own_host_and_loopback_are_answered() {
    let handler = Handler::start().await;
    let port = handler.address.port();
    let own = [
        format!("127.0.0.1:{port}"),
        "127.0.0.1".into(),
        "localhost".into(),
        format!("LOCALHOST:{port}"),
        "[::1]".into(),
    ];
    for host in own {
        assert_eq!(handler.get("/health", Some(&host)).await, Some(StatusCode::OK), "{host}");
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
            assert_eq!(handler.get(path, Some(host)).await, Some(StatusCode::FORBIDDEN), "{host} {path}");
        }
    }
}

#[tokio::test]
async fn a_request_with_two_hosts_or_none_is_refused() {
    let handler = Handler::start().await;
    for hosts in ["", "Host: 127.0.0.1\r\nHost: 127.0.0.1\r\n"] {
        let mut stream = TcpStream::connect(handler.address).await.unwrap();
        let request = format!("GET /health HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(PATIENT, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        assert!(answer.starts_with("HTTP/1.1 403 "), "{hosts:?}: {answer}");
    }
}
