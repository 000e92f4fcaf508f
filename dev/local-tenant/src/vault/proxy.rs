//! The CONNECT proxy (RFC 9110 §9.3.6) before the vault. A client with this as `HTTPS_PROXY` meets the vault under its real
//! name, and can meet nothing else.

use std::{
    io,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    http::{Method, StatusCode, Uri},
    response::{IntoResponse as _, Response},
};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::service_fn,
    upgrade::{OnUpgrade, Upgraded},
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{DOMAIN, HOST, Vault, router};
use crate::{
    server,
    sts::{Sts, lock},
};

/// Where the vault's clients come in. It opens with the vault.
#[derive(Clone)]
pub(crate) struct Door(pub(crate) Arc<Sts>);

/// A tunnel that was granted.
struct Tunnel {
    vault: Arc<Vault>,
    upgrade: OnUpgrade,
}

/// Serves a connection, and the vault within it if the client asks for that.
pub(crate) async fn speak(stream: TcpStream, site: Router, door: Door) {
    let granted = Arc::new(Mutex::new(None));
    let answer = |mut request: Request<Incoming>| {
        let (site, door, granted) = (site.clone(), door.clone(), Arc::clone(&granted));
        async move {
            match door.0.vault.get() {
                Some(vault) if request.method() == Method::CONNECT => {
                    let answer = connect(vault, request.uri())?;
                    if answer.status().is_success() {
                        let upgrade = hyper::upgrade::on(&mut request);
                        *lock(&granted) = Some(Tunnel { vault: Arc::clone(vault), upgrade });
                    }
                    Ok(answer)
                }
                _ => server::answer(site, request).await,
            }
        }
    };
    // However it ends, it has ended.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).with_upgrades().await;
    let granted = lock(&granted).take();
    if let Some(Tunnel { vault, upgrade }) = granted
        && let Ok(upgraded) = upgrade.await
    {
        within(upgraded, &door.0, &vault).await;
    }
}

/// A proxy on the way to nowhere but the vault: other vaults have no address, and the rest of the world is forbidden.
fn connect(vault: &Vault, target: &Uri) -> io::Result<Response<Body>> {
    let host = target.host().unwrap_or_default();
    let status = match target.port_u16() {
        Some(443) if host == HOST && *vault.reachable.borrow() => StatusCode::OK,
        Some(443) if host == HOST => return Err(io::Error::other("the vault is paused")),
        Some(443) if host.ends_with(DOMAIN) => StatusCode::BAD_GATEWAY,
        _ => StatusCode::FORBIDDEN,
    };
    Ok(status.into_response())
}

async fn within(upgraded: Upgraded, sts: &Arc<Sts>, vault: &Arc<Vault>) {
    let serve = async {
        // A client that does not trust us is none of our business.
        if let Ok(stream) = vault.tls.accept(TokioIo::new(upgraded)).await {
            server::speak(stream, router(sts, vault)).await;
        }
    };
    tokio::select! {
        () = serve => {}
        () = paused(vault) => {}
    }
}

async fn paused(vault: &Vault) {
    // The sender lives as long as the vault.
    let _ = vault.reachable.subscribe().wait_for(|reachable| !reachable).await;
}
