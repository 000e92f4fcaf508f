//! W3C Trace Context: the request that a line belongs to.
//!
//! The handler exports nothing. Behind the gateway, `trace_id` and `span_id` are the ones that the Functions host sent, so
//! its records of the request can be joined with the handler's lines. Otherwise the trace is a random one of our own.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use authorization_server::ground::Entropy;
use http::HeaderMap;
use tracing::{
    Span, error_span,
    field::{Field, Visit},
    span::Attributes,
};

/// The ids of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    pub(super) trace_id: u128,
    /// The span of the host; `None` if the trace is our own.
    pub(super) span_id: Option<u64>,
}

/// The traces of this process. Their ids begin at a random number and count up, since a random one for each request would
/// take longer.
pub struct OwnTraces {
    first: u128,
    begun: AtomicU64,
}

/// The fields that a span adds to its lines.
#[derive(Default)]
pub(super) struct SpanFields {
    pub(super) trace_id: Option<u128>,
    pub(super) span_id: Option<u64>,
    /// A keyed hash of the caller's address.
    pub(super) caller: Option<String>,
}

impl TraceContext {
    /// Parses a `traceparent` (W3C Trace Context §3.2.2); `None` if a receiver must ignore it (§4.3).
    fn parse(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.split('-');
        let (version, trace_id, span_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let known = version == "00" && parts.next().is_none();
        let later = is_hex(version, 2) && version != "00" && version != "ff";
        let valid = (known || later) && is_hex(trace_id, 32) && is_hex(span_id, 16) && is_hex(flags, 2);
        let trace_id = u128::from_str_radix(trace_id, 16).ok().filter(|id| valid && *id != 0)?;
        let span_id = u64::from_str_radix(span_id, 16).ok().filter(|id| *id != 0)?;
        Some(Self { trace_id, span_id: Some(span_id) })
    }

    /// The ids in a `traceparent` header.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let only = values.next().filter(|_| values.next().is_none())?;
        Self::parse(only.to_str().ok()?)
    }
}

impl OwnTraces {
    /// No trace has begun.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut first = [0; 16];
        entropy.fill(&mut first);
        Self { first: u128::from_be_bytes(first), begun: AtomicU64::new(0) }
    }

    /// The next one.
    pub fn begin(&self) -> TraceContext {
        let begun = self.begun.fetch_add(1, Ordering::Relaxed);
        TraceContext { trace_id: self.first.wrapping_add(begun.into()), span_id: None }
    }
}

impl SpanFields {
    /// The fields of a span that [`request_span`] made.
    pub(super) fn of_span(attributes: &Attributes<'_>) -> Option<Self> {
        let mut fields = Self::default();
        attributes.record(&mut fields);
        (fields.trace_id.is_some() || fields.caller.is_some()).then_some(fields)
    }
}

impl Visit for SpanFields {
    fn record_u128(&mut self, field: &Field, value: u128) {
        if field.name() == "trace_id" {
            self.trace_id = Some(value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "span_id" {
            self.span_id = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "caller" {
            self.caller = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// A span whose lines carry the request's ids, and whose audit events carry the hash of the caller's address.
#[must_use]
pub fn request_span(trace: Option<TraceContext>, caller: Option<&str>) -> Span {
    let (trace_id, span_id) = (trace.map(|trace| trace.trace_id), trace.and_then(|trace| trace.span_id));
    // An error span, because a filter that dropped the span would drop the ids from the lines that it keeps.
    error_span!("request", trace_id, span_id, caller)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn the_example_of_the_recommendation_is_read() {
        let context = TraceContext::parse(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        let expected = (0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, Some(0x00f0_67aa_0ba9_02b7));
        assert_eq!((context.trace_id, context.span_id), expected);
    }

    #[test]
    fn a_later_version_may_say_more() {
        assert!(TraceContext::parse(&format!("01-{TRACE}-{SPAN}-01-more-to-come")).is_some());
        assert!(TraceContext::parse(&format!("cc-{TRACE}-{SPAN}-01")).is_some());
    }

    #[test]
    fn a_malformed_traceparent_is_ignored() {
        for malformed in [
            String::new(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}-01-"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}x-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-zz"),
            format!("00-{}é-{SPAN}-01", &TRACE[..30]),
        ] {
            assert_eq!(TraceContext::parse(&malformed), None, "{malformed}");
        }
    }

    struct Largest;

    impl Entropy for Largest {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(u8::MAX);
        }
    }

    #[test]
    fn each_trace_of_our_own_has_another_id_and_no_span() {
        let traces = OwnTraces::new(&Largest);
        let begun = [(); 2].map(|()| traces.begin()).map(|trace| (trace.trace_id, trace.span_id));
        assert_eq!(begun, [(u128::MAX, None), (0, None)]);
    }

    #[test]
    fn two_traceparents_are_ignored() {
        let mut headers = HeaderMap::new();
        let value = format!("00-{TRACE}-{SPAN}-01").parse::<http::HeaderValue>().unwrap();
        headers.append("traceparent", value.clone());
        assert!(TraceContext::of(&headers).is_some());
        headers.append("traceparent", value);
        assert_eq!(TraceContext::of(&headers), None);
    }
}
