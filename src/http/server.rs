//! The accept loop. It has limits that `warp::serve` does not have, and open streams do not delay its stop.

use std::{error::Error as _, io, num::NonZeroU32, sync::Arc, time::Duration};

use authorization_server::ground::{AuditEvent, AuditLog, EventName};
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
    connection::{LateHead, LimitedConnection},
    connection_service::ConnectionService,
    origin_form::service,
    partial_head::PartialHead,
};
use crate::places::place;

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
            accepted = accept(&listener, &places, app.audit.as_ref()) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let head = PartialHead::new(&app.memory.unfinished_heads);
        let stream = TokioIo::new(LimitedConnection::new(stream, head.clone()));
        let service = ConnectionService { inner: service(Arc::clone(&app)), head };
        let connection = connections.watch(http().serve_connection(stream, service));
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

fn http() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(IDLE_TIMEOUT).max_buf_size(CONNECTION_BYTES);
    builder
}

fn report(audit: &dyn AuditLog, error: &hyper::Error) {
    if let Some(event) = event(error) {
        audit.report(&event);
    }
    tracing::debug!(counted = true, %error, "connection closed by an error");
}

/// The event of a connection that ended with this error. No endpoint is known then. `None` if it was idle, or its other end closed
/// it or read nothing.
fn event(error: &hyper::Error) -> Option<AuditEvent> {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    let (name, reason) = if cause.is_some_and(|cause| cause.kind() == io::ErrorKind::OutOfMemory) {
        (EventName::LimitReached, "memory for unfinished heads")
    } else if cause.and_then(|cause| cause.get_ref()?.downcast_ref::<LateHead>()).is_some() {
        (EventName::RequestRefused, "the head did not arrive in time")
    } else if error.is_parse_too_large() {
        (EventName::RequestRefused, "the head is too large")
    } else if error.is_parse() {
        (EventName::RequestRefused, "the head is not HTTP/1.1")
    } else {
        return None;
    };
    Some(name.event().because(reason))
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    audit: &dyn AuditLog,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let full = || audit.report(&EventName::LimitReached.event().because("connections"));
    let place = place(places, full).await?;
    let failed = |error: &io::Error, _| tracing::warn!(counted = true, %error, "connection not accepted");
    let (stream, _) = (|| listener.accept()).retry(ACCEPT_RETRY).notify(failed).await.ok()?;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(counted = true, %error, "TCP_NODELAY not set");
    }
    Some((stream, place))
}

#[cfg(test)]
mod tests {
    use http::{Request, StatusCode};
    use hyper::{body::Incoming, service::service_fn};
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;
    use crate::{budget::Budget, http::reply::empty};

    /// The event of a connection on which this arrives, and then nothing more.
    async fn event_of(sent: &[u8]) -> Option<(EventName, Option<&'static str>)> {
        let (ours, mut theirs) = duplex(256 * 1024);
        theirs.write_all(sent).await.unwrap();
        let answer = service_fn(async |_: Request<Incoming>| Ok::<_, io::Error>(empty(StatusCode::OK)));
        let stream = LimitedConnection::new(ours, PartialHead::new(&Budget::new(100 * 1024)));
        let error = http().serve_connection(TokioIo::new(stream), answer).await.unwrap_err();
        event(&error).map(|event| (event.name, event.reason))
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_not_served_is_an_event_and_an_idle_connection_is_none() {
        let large = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "x".repeat(60 * 1024));
        for (sent, reason) in [
            (b"GET / HTTP/1.1\r\na b\r\n\r\n".as_slice(), Some("the head is not HTTP/1.1")),
            (b"GET / HTTP/9.9\r\n\r\n", Some("the head is not HTTP/1.1")),
            (b"\x16\x03\x01\x02\x00", Some("the head is not HTTP/1.1")),
            (large.as_bytes(), Some("the head is too large")),
            (b"GET / HTTP/1.1\r\na:", Some("the head did not arrive in time")),
            (b"", None),
        ] {
            let expected = reason.map(|reason| (EventName::RequestRefused, Some(reason)));
            assert_eq!(event_of(sent).await, expected, "{}", String::from_utf8_lossy(&sent[..sent.len().min(40)]));
        }
    }
}
