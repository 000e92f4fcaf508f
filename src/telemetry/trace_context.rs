//! W3C Trace Context: the request that a line belongs to.
//!
//! The handler exports nothing. Behind the gateway, `trace_id` and `span_id` are the ones that the Functions host sent, so
//! its records of the request can be joined with the handler's lines. Otherwise the trace is a random one of our own.

use std::fmt;

use authorization_server::ground::Entropy;
use http::HeaderMap;
use tracing::{
    Span, error_span,
    field::{Field, Visit},
    span::Attributes,
};

/// The ids of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    pub(super) trace_id: String,
    /// The span of the host; `None` if the trace is our own.
    pub(super) span_id: Option<String>,
}

/// The fields that a span adds to its lines.
pub(super) struct SpanFields {
    pub(super) trace: Option<TraceContext>,
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
        let valid = (known || later) && is_id(trace_id, 32) && is_id(span_id, 16) && is_hex(flags, 2);
        valid.then(|| Self { trace_id: trace_id.to_owned(), span_id: Some(span_id.to_owned()) })
    }

    /// The ids in a `traceparent` header.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let only = values.next().filter(|_| values.next().is_none())?;
        Self::parse(only.to_str().ok()?)
    }

    /// A trace of our own.
    pub fn random(entropy: &dyn Entropy) -> Self {
        let mut id = [0; 16];
        entropy.fill(&mut id);
        Self { trace_id: format!("{:032x}", u128::from_be_bytes(id)), span_id: None }
    }
}

impl SpanFields {
    /// Those of a span that [`request_span`] made.
    pub(super) fn of_span(attributes: &Attributes<'_>) -> Option<Self> {
        let mut ids = Ids::default();
        attributes.record(&mut ids);
        let trace = ids.trace_id.map(|trace_id| TraceContext { trace_id, span_id: ids.span_id });
        (trace.is_some() || ids.caller.is_some()).then_some(Self { trace, caller: ids.caller })
    }
}

#[derive(Default)]
struct Ids {
    trace_id: Option<String>,
    span_id: Option<String>,
    caller: Option<String>,
}

impl Visit for Ids {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "trace_id" => self.trace_id = Some(value.to_owned()),
            "span_id" => self.span_id = Some(value.to_owned()),
            "caller" => self.caller = Some(value.to_owned()),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// A span whose lines carry the request's ids, and whose audit events carry the hash of the caller's address.
#[must_use]
pub fn request_span(trace: Option<&TraceContext>, caller: Option<&str>) -> Span {
    let trace_id = trace.map(|trace| trace.trace_id.as_str());
    let span_id = trace.and_then(|trace| trace.span_id.as_deref());
    // An error span, because a filter that dropped the span would drop the ids from the lines that it keeps.
    error_span!("request", trace_id, span_id, caller)
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_id(text: &str, length: usize) -> bool {
    is_hex(text, length) && text.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn the_example_of_the_recommendation_is_read() {
        let context = TraceContext::parse(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
        assert_eq!((context.trace_id.as_str(), context.span_id.as_deref()), (TRACE, Some(SPAN)));
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
