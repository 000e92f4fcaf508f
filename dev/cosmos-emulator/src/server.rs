//! Sockets: HTTP/1.1 and h2, with and without TLS, open or down.

use std::{convert::Infallible, future, io, net::Ipv4Addr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    StartError,
    control::Control,
    front::{Front, Outcome},
};

/// Whether anybody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    /// Connections are closed as soon as they are made; the port stays ours.
    Down,
    Stopped,
}

/// What a listener serves.
#[derive(Clone)]
pub(crate) enum App {
    Cosmos { front: Arc<Front>, origin: Arc<str>, gate: watch::Receiver<Gate> },
    Control(Arc<Control>),
}

impl App {
    async fn answer(&self, request: Request<Incoming>) -> Outcome {
        match self {
            // A connection may outlive the moment at which it was to be closed, but nothing gets through it.
            Self::Cosmos { gate, .. } if *gate.borrow() != Gate::Open => Outcome::Cut,
            Self::Cosmos { front, origin, .. } => front.answer(request, origin).await,
            Self::Control(control) => Outcome::Answer(control.answer(request).await),
        }
    }
}

/// Listens on 127.0.0.1.
pub(crate) async fn bind(port: u16) -> Result<(u16, TcpListener), StartError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken(port),
        _ => StartError::Bind(port, error),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    Ok((listener.local_addr().map_err(failed)?.port(), listener))
}

/// Serves until told to stop, or until nobody can tell.
pub(crate) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, app: App, mut gate: watch::Receiver<Gate>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if *gate.borrow() == Gate::Open => {
                    connections.spawn(connection(stream, tls.clone(), app.clone()));
                }
                Ok(_) => {}
                // Too many open files, or a peer that is gone already.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
            changed = gate.changed() => {
                let now = if changed.is_ok() { *gate.borrow_and_update() } else { Gate::Stopped };
                if now != Gate::Open {
                    connections.shutdown().await;
                }
                if now == Gate::Stopped {
                    return;
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, app: App) {
    // Small answers must not wait for the peer's acknowledgement; without it they are only slower.
    let _ = stream.set_nodelay(true);
    match tls {
        None => speak(stream, app).await,
        Some(tls) => {
            // A peer that does not trust us is none of our business.
            if let Ok(stream) = tls.accept(stream).await {
                speak(stream, app).await;
            }
        }
    }
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, app: App) {
    let cut = Arc::new(Notify::new());
    let service = service_fn(|request| respond(app.clone(), request, Arc::clone(&cut)));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().keep_alive(true);
    tokio::select! {
        // However it ends, it has ended.
        _ = builder.serve_connection(TokioIo::new(stream), service) => {}
        () = cut.notified() => {}
    }
}

async fn respond(app: App, request: Request<Incoming>, cut: Arc<Notify>) -> Result<Response<Full<Bytes>>, Infallible> {
    match app.answer(request).await {
        Outcome::Answer(response) => Ok(response.map(Full::new)),
        Outcome::Cut => {
            cut.notify_one();
            future::pending().await
        }
    }
}
