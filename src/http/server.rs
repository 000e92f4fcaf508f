//! The accept loop: limits that `warp::serve` does not have, and a stop that open streams cannot delay.

use std::{sync::Arc, time::Duration};

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use warp::filters::BoxedFilter;

use super::reply::Response;

/// More connections than this wait their turn.
const CONNECTIONS: usize = 4_000;
/// A half-sent head is dropped after this, and so is an idle connection: hyper has one timer for both. The Functions host
/// keeps an idle connection for a minute; if ours ended first, it could end under a POST, which the host does not repeat.
const HEAD: Duration = Duration::from_secs(90);
/// Requests under way at a stop get this long.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// After an accept error such as "too many open files".
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `stop` is cancelled.
pub async fn serve(listener: TcpListener, routes: BoxedFilter<(Response,)>, stop: CancellationToken) {
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let service = TowerToHyperService::new(warp::service(routes.clone()));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection broken off");
            }
            drop(place);
        });
    }
    if timeout(LAST_ANSWERS, connections.shutdown()).await.is_err() {
        tracing::info!("connections still open at the stop are dropped");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY");
            }
            Some((stream, place))
        }
        Err(error) => {
            tracing::warn!(%error, "accept");
            sleep(BREATH).await;
            None
        }
    }
}
