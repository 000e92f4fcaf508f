//! A function app around `scripted-handler`, and a client for it.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use functions_host::Options;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) struct App {
    pub(crate) root: TempDir,
}

impl App {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let host_json = r#"{"version":"2.0","functionTimeout":"-1","extensions":{"http":{"routePrefix":""}},
            "customHandler":{"description":{"defaultExecutablePath":"handler"},"enableProxyingHttpRequest":true}}"#;
        fs::write(root.path().join("host.json"), host_json).unwrap();
        for name in ["process", "connection", "environment", "folder", "headers", "stream", "exit"] {
            let function = r#"{"bindings":[{"type":"httpTrigger","direction":"in","name":"req","authLevel":"anonymous",
                "route":"NAME"},{"type":"http","direction":"out","name":"res"}]}"#;
            fs::create_dir(root.path().join(name)).unwrap();
            fs::write(root.path().join(name).join("function.json"), function.replace("NAME", name)).unwrap();
        }
        Self { root }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.path().join("handler.log")
    }

    pub(crate) fn options(&self, handlers: usize, environment: &[(&str, &str)]) -> Options {
        Options {
            root: self.root.path().to_owned(),
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            handler: env!("CARGO_BIN_EXE_scripted-handler").into(),
            handlers,
            environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            log: Some(self.log()),
        }
    }
}

/// An open connection on which a request has been sent.
pub(crate) async fn send(url: &str, request_line: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    let length = body.len();
    let head = format!("{request_line} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + body).as_bytes()).await.unwrap();
    stream
}

pub(crate) async fn get(url: &str, target: &str) -> (u16, String) {
    answer(send(url, &format!("GET {target}"), "").await).await
}

/// With a body: such a request is not sent to the handler again.
pub(crate) async fn post(url: &str, target: &str) -> (u16, String) {
    answer(send(url, &format!("POST {target}"), ".\r\n").await).await
}

async fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
