//! Connections: HTTP/1.1 and h2, over TLS or not, and tunnels to other sites.

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc, sync::Mutex, time::Duration};

use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, body::Body};
use hyper::{body::Incoming, service::service_fn, upgrade::OnUpgrade};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::{net::TcpListener, net::TcpStream, sync::Notify, task::JoinSet, time::sleep};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use crate::{Gate, lock};

/// In the extensions of a response: the connection is closed instead of it.
#[derive(Clone, Copy, Debug)]
pub struct Cut;

/// Closes the connection instead of an answer.
#[must_use]
pub fn cut() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Cut);
    response
}

/// Which site is behind a host name and port, or the status that a CONNECT request to it gets.
pub type Tunnels = Arc<dyn Fn(&str, u16) -> Result<Site, StatusCode> + Send + Sync>;

/// The site that a listener or a tunnel leads to.
#[derive(Clone)]
pub struct Site {
    router: Router,
    tls: Option<TlsAcceptor>,
    gate: Gate,
    tunnels: Option<Tunnels>,
}

impl Site {
    /// Over plain TCP.
    #[must_use]
    pub fn new(router: Router) -> Self {
        Self { router, tls: None, gate: Gate::default(), tunnels: None }
    }

    /// Over TLS.
    #[must_use]
    pub fn with_tls(self, tls: TlsAcceptor) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Reachable while this gate is open.
    #[must_use]
    pub fn behind(self, gate: Gate) -> Self {
        Self { gate, ..self }
    }

    /// A CONNECT proxy (RFC 9110 §9.3.6), too: a client with this as `HTTPS_PROXY` meets other sites under their real names.
    /// Without it a CONNECT request goes to the router.
    #[must_use]
    pub fn with_tunnels(self, tunnels: Tunnels) -> Self {
        Self { tunnels: Some(tunnels), ..self }
    }

    /// Serves a connection until it ends or the gate is closed. (Boxed, because a tunnel is a connection within one.)
    pub fn connection(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let gate = self.gate.clone();
            tokio::select! {
                biased;
                () = gate.closed() => {}
                () = self.serve(stream) => {}
            }
        })
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        match self.tls.clone() {
            None => self.speak(stream).await,
            // A client that does not trust the certificate ends the connection; there is nothing to tell it.
            Some(tls) => {
                if let Ok(stream) = tls.accept(stream).await {
                    self.speak(stream).await;
                }
            }
        }
    }

    async fn speak(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let connection = Arc::new(Connection { site: self, cut: Notify::new(), tunnel: Mutex::default() });
        let service = service_fn(|request| {
            let connection = Arc::clone(&connection);
            async move { Ok::<_, Infallible>(connection.answer(request).await) }
        });
        let builder = auto::Builder::new(TokioExecutor::new());
        tokio::select! {
            // However the connection ends, it has ended.
            _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service) => {}
            () = connection.cut.notified() => return,
        }
        let tunnel = lock(&connection.tunnel).take();
        if let Some((site, upgrade)) = tunnel
            && let Ok(stream) = upgrade.await
        {
            site.connection(TokioIo::new(stream)).await;
        }
    }
}

/// One connection to a site.
struct Connection {
    site: Site,
    cut: Notify,
    /// A CONNECT request that was granted.
    tunnel: Mutex<Option<(Site, OnUpgrade)>>,
}

impl Connection {
    async fn answer(&self, request: Request<Incoming>) -> Response {
        let response = match &self.site.tunnels {
            // h2 answers in a task of its own, which outlives the connection by a moment.
            _ if !self.site.gate.is_open() => cut(),
            Some(tunnels) if request.method() == Method::CONNECT => self.connect(tunnels, request),
            _ => self.site.router.clone().call(request.map(Body::new)).await.unwrap_or_else(|never| match never {}),
        };
        if response.extensions().get::<Cut>().is_some() {
            self.cut.notify_one();
            std::future::pending::<()>().await;
        }
        response
    }

    fn connect(&self, tunnels: &Tunnels, mut request: Request<Incoming>) -> Response {
        let (host, port) = (request.uri().host().unwrap_or_default(), request.uri().port_u16().unwrap_or_default());
        match tunnels(host, port) {
            Ok(site) if site.gate.is_open() => {
                *lock(&self.tunnel) = Some((site, hyper::upgrade::on(&mut request)));
                StatusCode::OK.into_response()
            }
            Ok(_) => cut(),
            Err(status) => status.into_response(),
        }
    }
}

/// Listeners with their connections. Dropping this ends them.
#[derive(Debug, Default)]
pub struct Servers(JoinSet<()>);

impl Servers {
    /// Serves this site on these listeners.
    pub fn serve(&mut self, listeners: Vec<TcpListener>, site: &Site) {
        for listener in listeners {
            let site = site.clone();
            self.0.spawn(accept(listener, move |stream| site.clone().connection(stream)));
        }
    }

    /// Closes all connections, and returns when the ports are free.
    pub async fn stop(mut self) {
        self.0.shutdown().await;
    }
}

/// Accepts connections, and serves each. They end with this future.
pub async fn accept<F: Future<Output = ()> + Send + 'static>(listener: TcpListener, serve: impl Fn(TcpStream) -> F) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Small answers must not wait for the peer's acknowledgement; without it they are only slower.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(serve(stream));
                }
                // Too many open files, or a peer that is gone already.
                Err(_) => sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
