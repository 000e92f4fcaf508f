//! The accept loop. It has limits that `warp::serve` does not have, and open streams do not delay its stop.

use std::{io, sync::Arc, time::Duration};

use backon::{ConstantBuilder, Retryable as _};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{app::App, origin_form::service};

/// Connections at a time; more wait until one is closed.
const MAX_CONNECTIONS: usize = 4_000;
/// Bytes of a connection that hyper buffers: a request's head, or a part of its body. The Functions host accepts
/// heads of 32 KiB and request lines of 8.
const CONNECTION_BYTES: usize = 48 * 1024;
/// How long a connection may take to send a request's head, or may be idle: hyper has one timer for both. It must be longer
/// than the minute for which the Functions host keeps an idle connection. Otherwise we could close a connection just when
/// the host sends a POST on it, which the host does not repeat.
const HEAD_TIMEOUT: Duration = Duration::from_secs(90);
/// How long requests may take to finish once the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// After an accept error such as "too many open files": again and again.
const ACCEPT_RETRY: ConstantBuilder = ConstantBuilder::new().with_delay(Duration::from_millis(100)).without_max_times();

/// Serves until `stop` is cancelled.
pub async fn serve(listener: TcpListener, app: Arc<App>, stop: CancellationToken) {
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(CONNECTION_BYTES)
            .serve_connection(TokioIo::new(stream), service(Arc::clone(&app)));
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection closed by an error");
            }
            drop(place);
        });
    }
    if timeout(SHUTDOWN_TIMEOUT, connections.shutdown()).await.is_err() {
        tracing::info!("stopped with requests under way: their connections were closed");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    let failed = |error: &io::Error, _| tracing::warn!(%error, "connection not accepted");
    let (stream, _) = (|| listener.accept()).retry(ACCEPT_RETRY).notify(failed).await.ok()?;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY not set");
    }
    Some((stream, place))
}
