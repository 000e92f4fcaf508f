//! The redirect URI of a native app: a web server on loopback (RFC 8252 §7.3).

use std::{collections::HashMap, io};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use url::Url;

const PATH: &str = "/callback";
const PAGE: &str = "Signed in. You can close this window and go back to the program.\n";

/// Waits for the browser on a free port.
#[derive(Debug)]
pub struct RedirectListener {
    origin: Url,
    redirects: mpsc::Receiver<Url>,
}

impl RedirectListener {
    /// Listens.
    pub async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = Url::parse(&format!("http://{}", listener.local_addr()?)).map_err(io::Error::other)?;
        let (sender, redirects) = mpsc::channel(1);
        tokio::spawn(accept(listener, origin.clone(), sender));
        Ok(Self { origin, redirects })
    }

    /// The redirect URI to register.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{}callback", self.origin)
    }

    /// The whole URL of the redirect. A browser's other requests, for an icon say, are answered with 404.
    pub async fn redirect(&mut self) -> io::Result<Url> {
        self.redirects.recv().await.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The parameters of the redirect.
    pub async fn parameters(&mut self) -> io::Result<HashMap<String, String>> {
        Ok(self.redirect().await?.query_pairs().into_owned().collect())
    }
}

/// A task for each connection, because a browser may open one and send nothing on it.
async fn accept(listener: TcpListener, origin: Url, redirects: mpsc::Sender<Url>) {
    while let Ok((browser, _)) = listener.accept().await {
        tokio::spawn(answer(browser, origin.clone(), redirects.clone()));
    }
}

/// The header is read to its end, because a connection that is closed with unread bytes is reset, and the browser loses the
/// answer.
async fn answer(mut browser: TcpStream, origin: Url, redirects: mpsc::Sender<Url>) -> io::Result<()> {
    let mut lines = BufReader::new(&mut browser).lines();
    let request_line = lines.next_line().await?.unwrap_or_default();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let url = target(&request_line).and_then(|target| origin.join(target).ok()).filter(|url| url.path() == PATH);
    let (status, page) = if url.is_some() { ("200 OK", PAGE) } else { ("404 Not Found", "") };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n", page.len());
    browser.write_all(format!("{head}Connection: close\r\n\r\n{page}").as_bytes()).await?;
    match url {
        Some(url) => redirects.send(url).await.map_err(io::Error::other),
        None => Ok(()),
    }
}

fn target(request_line: &str) -> Option<&str> {
    request_line.strip_prefix("GET ")?.split(' ').next()
}
