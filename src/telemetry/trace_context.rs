//! W3C Trace Context: which request of the host's a line belongs to.
//!
//! Nothing is exported and no span of our own is made: `trace_id` and `span_id` are the ones that the Functions host sent, so
//! that its own records of the request can be joined with the handler's lines.

use http::HeaderMap;
use tracing::{Span, error_span};

/// What `traceparent` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TraceContext {
    pub(super) trace_id: String,
    pub(super) span_id: String,
}

impl TraceContext {
    /// W3C Trace Context §3.2.2 and §4.3; `None` for what that says to ignore.
    fn parse(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.split('-');
        let (version, trace_id, span_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let known = version == "00" && parts.next().is_none();
        let later = is_hex(version, 2) && version != "00" && version != "ff";
        let valid = (known || later) && is_id(trace_id, 32) && is_id(span_id, 16) && is_hex(flags, 2);
        valid.then(|| Self { trace_id: trace_id.to_owned(), span_id: span_id.to_owned() })
    }

    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let only = values.next().filter(|_| values.next().is_none())?;
        Self::parse(only.to_str().ok()?)
    }
}

/// What is logged within this span carries the request's ids, or none if it came without well-formed ones.
pub(crate) fn request_span(headers: &HeaderMap) -> Span {
    // Of the gravest level, because a filter that drops the span would drop the ids from all lines that it keeps.
    TraceContext::of(headers)
        .map_or_else(Span::none, |TraceContext { trace_id, span_id }| error_span!("request", trace_id, span_id))
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
        assert_eq!((context.trace_id.as_str(), context.span_id.as_str()), (TRACE, SPAN));
    }

    #[test]
    fn a_later_version_may_say_more() {
        assert!(TraceContext::parse(&format!("01-{TRACE}-{SPAN}-01-more-to-come")).is_some());
        assert!(TraceContext::parse(&format!("cc-{TRACE}-{SPAN}-01")).is_some());
    }

    #[test]
    fn what_is_malformed_is_ignored() {
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
    fn two_are_as_good_as_none() {
        let mut headers = HeaderMap::new();
        let value = format!("00-{TRACE}-{SPAN}-01").parse::<http::HeaderValue>().unwrap();
        headers.append("traceparent", value.clone());
        assert!(TraceContext::of(&headers).is_some());
        headers.append("traceparent", value);
        assert_eq!(TraceContext::of(&headers), None);
    }
}
