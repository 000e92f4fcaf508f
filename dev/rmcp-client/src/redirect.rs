//! The loopback redirect of a native app (RFC 8252 §7.3).

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\nConnection: close\r\n\r\nBack in the app.";

/// Waits for the browser on a free port.
#[derive(Debug)]
pub(crate) struct Listener {
    origin: String,
    targets: mpsc::Receiver<String>,
}

impl Listener {
    pub(crate) async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (sender, targets) = mpsc::channel(1);
        tokio::spawn(accept(listener, sender));
        Ok(Self { origin, targets })
    }

    /// The redirect URI to register.
    pub(crate) fn uri(&self) -> String {
        format!("{}/callback", self.origin)
    }

    /// The whole URL that the browser was redirected to.
    pub(crate) async fn redirect(&mut self) -> io::Result<String> {
        while let Some(target) = self.targets.recv().await {
            if target.starts_with("/callback?") {
                return Ok(format!("{}{target}", self.origin));
            }
        }
        Err(io::ErrorKind::NotConnected.into())
    }
}

/// A task for each connection, because a browser may open one and send nothing on it.
async fn accept(listener: TcpListener, targets: mpsc::Sender<String>) {
    while let Ok((browser, _)) = listener.accept().await {
        tokio::spawn(answer(browser, targets.clone()));
    }
}

/// Passes the target of the request line on. The header is read to its end, because a connection that is closed with unread
/// bytes is reset, and the browser loses the answer.
async fn answer(mut browser: TcpStream, targets: mpsc::Sender<String>) -> io::Result<()> {
    let mut lines = BufReader::new(&mut browser).lines();
    let request = lines.next_line().await?.unwrap_or_default();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    browser.write_all(ANSWER).await?;
    let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
    targets.send(target).await.map_err(io::Error::other)
}
