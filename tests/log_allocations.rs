//! What a log line costs the thread that logs. A test binary of its own, because it replaces the global allocator.
#![cfg(test)]

use std::io;

use http::{HeaderMap, HeaderName};
use remote_auth_mcp::telemetry::{JsonLines, TraceContext, request_span};
use tracing::{info, subscriber::with_default, warn};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, registry};

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// How many allocations `log` makes within the span of a request, once the thread has logged before.
fn allocations(log: impl Fn()) -> u64 {
    let (writer, _guard) = NonBlocking::new(io::sink());
    let subscriber = registry().with(EnvFilter::new("info")).with(JsonLines::to(writer));
    let headers: HeaderMap =
        [(HeaderName::from_static("traceparent"), TRACEPARENT.parse().unwrap())].into_iter().collect();
    with_default(subscriber, || {
        request_span(TraceContext::of(&headers).as_ref(), Some("hash")).in_scope(|| {
            log();
            allocation_counter::measure(&log).count_total
        })
    })
}

#[test]
fn a_line_takes_at_most_two_allocations() {
    let (method, error) = (http::Method::POST, io::Error::from(io::ErrorKind::TimedOut));
    let of_request = allocations(|| {
        info!(%method, endpoint = "mcp", status = 200_u16, milliseconds = 12_i128, "request");
    });
    let of_failure = allocations(|| warn!(%error, reason = "line\nbreak", ratio = 0.5, kid = ?Some("k"), "failed"));
    for count in [of_request, of_failure] {
        assert!((1..=2).contains(&count), "{count} allocations");
    }
}
