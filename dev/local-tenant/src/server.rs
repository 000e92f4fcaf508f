//! Routes and connections.

use std::{io, net::Ipv4Addr, net::Ipv6Addr, sync::Arc};

use axum::{
    Json, Router,
    http::{Method, StatusCode, Uri},
    middleware,
    response::{IntoResponse as _, Response},
    routing::{any, get, post},
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    authorize, discovery,
    faults::{control, inject},
    graph, identity_endpoint,
    sts::Sts,
    token,
    vault::{self, Door},
};

/// Tries for a port that is free on both loopback addresses, when any port will do.
const TRIES: usize = 20;

/// What one listener serves.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) router: Router,
    /// Of https.
    pub(crate) tls: Option<TlsAcceptor>,
    /// In plain http only.
    pub(crate) door: Door,
}

/// Every route; whatever is not one is refused.
pub(crate) fn router(sts: &Arc<Sts>) -> Router {
    Router::new()
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::configuration))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::get))
        .route("/{tenant}/login", post(authorize::login))
        .route("/{tenant}/oauth2/v2.0/token", post(token::post).fallback(token::not_post))
        .route("/msi/token", get(identity_endpoint::get))
        .route("/v1.0/me", get(graph::me).fallback(graph::other_method))
        .route("/v1.0/{*path}", any(graph::other))
        .route("/beta/{*path}", any(graph::other))
        .merge(control::router(sts))
        .method_not_allowed_fallback(not_implemented)
        .fallback(not_implemented)
        .layer(middleware::from_fn_with_state(Arc::clone(sts), inject::intercept))
        .with_state(Arc::clone(sts))
}

async fn not_implemented(method: Method, uri: Uri) -> Response {
    let message = format!("{method} {} is not implemented by the local tenant.", uri.path());
    let body = Json(json!({ "error": { "code": "NotImplemented", "message": message } }));
    (StatusCode::NOT_IMPLEMENTED, body).into_response()
}

/// Listens on 127.0.0.1, and on `[::1]` if this machine has it: browsers resolve `localhost` to either.
pub(crate) async fn bind(port: u16) -> io::Result<(u16, Vec<TcpListener>)> {
    let mut outcome = bind_both(port).await;
    for _ in 1..TRIES {
        match outcome {
            Err(error) if port == 0 && error.kind() == io::ErrorKind::AddrInUse => outcome = bind_both(port).await,
            _ => break,
        }
    }
    outcome
}

async fn bind_both(port: u16) -> io::Result<(u16, Vec<TcpListener>)> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = first.local_addr()?.port();
    let mut listeners = vec![first];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        Ok(second) => listeners.push(second),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
        Err(_) => {}
    }
    Ok((port, listeners))
}

/// Serves until told to stop; then every connection is closed, whatever it is doing.
pub(crate) async fn serve(listener: TcpListener, site: Site, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, site.clone()));
                }
                // Too many open files, or a peer that is gone already.
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stop.changed() => return connections.shutdown().await,
        }
    }
}

async fn connection(stream: TcpStream, Site { router, tls, door }: Site) {
    match tls {
        None => vault::speak(stream, router, door).await,
        Some(tls) => {
            // A peer that does not trust us is none of our business.
            if let Ok(stream) = tls.accept(stream).await {
                speak(stream, router).await;
            }
        }
    }
}

/// Serves a connection to its end.
pub(crate) async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, router: Router) {
    let service = service_fn(|request| answer(router.clone(), request));
    // However it ends, it has ended.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// hyper closes a connection whose service fails.
pub(crate) async fn answer(router: Router, request: hyper::Request<Incoming>) -> io::Result<Response> {
    let response = match TowerToHyperService::new(router).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    match response.extensions().get::<inject::CloseConnection>() {
        Some(inject::CloseConnection) => Err(io::Error::other("closed by a fault")),
        None => Ok(response),
    }
}
