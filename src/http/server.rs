//! The accept loop. It has limits that `warp::serve` does not have, and open streams do not delay its stop.

use std::{error::Error as _, io, num::NonZeroU32, sync::Arc, time::Duration};

use authorization_server::ground::{AuditLog, EventName};
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

use super::{
    app::App,
    connection::{LimitedConnection, PartialHead},
    connection_service::ConnectionService,
    origin_form::service,
};

/// Bytes of a connection that hyper buffers: a request's head, or a part of its body. The Functions host accepts
/// heads of 32 KiB and request lines of 8.
const CONNECTION_BYTES: usize = 48 * 1024;
/// The longest time for which a connection may be idle. A head that has begun has 10 s, and an answer of which nothing
/// is read a minute: see [`LimitedConnection`]. It must be longer
/// than the minute for which the Functions host keeps an idle connection. Otherwise we could close a connection just when
/// the host sends a POST on it, which the host does not repeat.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
/// How long requests may take to finish once the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
/// After an accept error such as "too many open files": again and again.
const ACCEPT_RETRY: ConstantBuilder = ConstantBuilder::new().with_delay(Duration::from_millis(100)).without_max_times();

/// Serves at most this many connections at a time, until `stop` is cancelled; further ones wait until one is closed.
pub async fn serve(listener: TcpListener, app: Arc<App>, connections: NonZeroU32, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(usize::try_from(connections.get()).unwrap_or(usize::MAX)));
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let head = PartialHead::new(&app.memory.unfinished_heads);
        let stream = TokioIo::new(LimitedConnection::new(stream, head.clone()));
        let service = ConnectionService { inner: service(Arc::clone(&app)), head };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(IDLE_TIMEOUT)
            .max_buf_size(CONNECTION_BYTES)
            .serve_connection(stream, service);
        let connection = connections.watch(connection);
        let audit = Arc::clone(&app.audit);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                report(audit.as_ref(), &error);
            }
            drop(place);
        });
    }
    if timeout(SHUTDOWN_TIMEOUT, connections.shutdown()).await.is_err() {
        tracing::info!("stopped with requests under way: their connections were closed");
    }
}

fn report(audit: &dyn AuditLog, error: &hyper::Error) {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    if cause == Some(io::ErrorKind::OutOfMemory) {
        audit.report(&EventName::LimitReached.event().because("memory for unfinished heads"));
    }
    tracing::debug!(%error, "connection closed by an error");
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    let failed = |error: &io::Error, _| tracing::warn!(counted = true, %error, "connection not accepted");
    let (stream, _) = (|| listener.accept()).retry(ACCEPT_RETRY).notify(failed).await.ok()?;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY not set");
    }
    Some((stream, place))
}
