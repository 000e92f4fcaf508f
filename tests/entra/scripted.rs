//! An authority that gives prepared answers, byte by byte, and counts what it was asked.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// The bytes before the connection is closed: a whole response, a part of one, or nothing.
pub(crate) type Bytes = Vec<u8>;

#[derive(Default)]
struct State {
    answers: VecDeque<Bytes>,
    bodies: Vec<Bytes>,
}

/// Serves one key set, and prepared answers to everything else.
pub(crate) struct Scripted {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    server: AbortHandle,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A response with a JSON or other body.
pub(crate) fn response(status: u16, headers: &[(String, String)], body: &[u8]) -> Bytes {
    let mut bytes = format!("HTTP/1.1 {status} Scripted\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    bytes.extend(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).into_bytes());
    bytes.extend(body);
    bytes
}

impl Scripted {
    pub(crate) async fn start(keys: &Value) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (state, keys) = (Arc::<Mutex<State>>::default(), response(200, &[], keys.to_string().as_bytes()));
        let shared = Arc::clone(&state);
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(stream, Arc::clone(&shared), keys.clone()));
            }
        });
        Self { url, state, server: server.abort_handle() }
    }

    /// The next answers; the last one is repeated.
    pub(crate) fn prepare(&self, answers: impl IntoIterator<Item = Bytes>) {
        *self.state.lock().unwrap() = State { answers: answers.into_iter().collect(), bodies: Vec::new() };
    }

    /// The bodies of what was posted since then.
    pub(crate) fn bodies(&self) -> Vec<Bytes> {
        self.state.lock().unwrap().bodies.clone()
    }
}

impl State {
    fn next(&mut self, body: Bytes) -> Bytes {
        self.bodies.push(body);
        if self.answers.len() > 1 { self.answers.pop_front() } else { self.answers.front().cloned() }
            .unwrap_or_default()
    }
}

async fn answer(stream: TcpStream, state: Arc<Mutex<State>>, keys: Bytes) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut line, mut length, mut is_post) = (String::new(), 0, false);
    while stream.read_line(&mut line).await? > 2 {
        is_post |= line.starts_with("POST ");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let bytes = if is_post { state.lock().unwrap().next(body) } else { keys };
    stream.write_all(&bytes).await?;
    stream.shutdown().await
}
