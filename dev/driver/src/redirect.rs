//! The redirect URI of a native app: a web server on loopback (RFC 8252 §7.3).

use std::{collections::HashMap, io};

use axum::{
    Router,
    http::{StatusCode, Uri},
    routing::get,
};
use stand_in::{Site, accept};
use tokio::{net::TcpListener, sync::mpsc};
use url::Url;

const PAGE: &str = "Signed in. You can close this window and go back to the program.\n";

/// Waits for the browser on a free port.
#[derive(Debug)]
pub struct RedirectListener {
    origin: Url,
    redirects: mpsc::UnboundedReceiver<Url>,
}

impl RedirectListener {
    /// Listens until the program ends, so that the browser gets its page after this value is dropped, too.
    pub async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = Url::parse(&format!("http://{}", listener.local_addr()?)).map_err(io::Error::other)?;
        let (sender, redirects) = mpsc::unbounded_channel();
        let site = Site::new(routes(origin.clone(), sender));
        tokio::spawn(accept(listener, move |stream| site.clone().connection(stream)));
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

fn routes(origin: Url, redirects: mpsc::UnboundedSender<Url>) -> Router {
    let answer = move |target: Uri| async move {
        // After the last redirect that the program waits for, nobody receives one.
        let _ = origin.join(&target.to_string()).map(|url| redirects.send(url));
        PAGE
    };
    Router::new().route("/callback", get(answer).head(StatusCode::NOT_FOUND).fallback(StatusCode::NOT_FOUND))
}
