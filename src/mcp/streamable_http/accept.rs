//! The media types that a client accepts (RFC 9110 §12.5.1).

use http::{HeaderMap, header};

/// The ranges that a media type is in, the most specific one first.
pub(super) type MediaRanges = [&'static str; 3];

pub(super) const JSON: MediaRanges = ["application/json", "application/*", "*/*"];
pub(super) const EVENT_STREAM: MediaRanges = ["text/event-stream", "text/*", "*/*"];

/// Whether `Accept` lets the answer be of the type that is in these ranges. Without the header everything is accepted. MCP's
/// clients must list both `application/json` and `text/event-stream`, but not all do.
pub(super) fn accepts(headers: &HeaderMap, ranges_of_type: MediaRanges) -> bool {
    let ranges = || {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).map(str::trim).filter(|range| !range.is_empty())
    };
    let weight_of = |wanted| {
        let matching = ranges().map(|range| range.split_once(';').unwrap_or((range, "")));
        let mut weights = matching.filter(|(range, _)| range.trim().eq_ignore_ascii_case(wanted));
        weights.next().map(|(_, parameters)| is_acceptable(parameters))
    };
    // The most specific range decides.
    ranges_of_type.into_iter().find_map(weight_of).unwrap_or_else(|| ranges().next().is_none())
}

/// Whether the weight is not 0 (§12.4.2). A weight that cannot be read is ignored.
fn is_acceptable(parameters: &str) -> bool {
    let mut weights = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let weight = weights.find(|(name, _)| name.trim().eq_ignore_ascii_case("q")).map(|(_, weight)| weight.trim());
    weight.is_none_or(|weight| weight.parse::<f32>() != Ok(0.0))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn accepted(values: &[&'static str]) -> bool {
        let values = values.iter().map(|value| (header::ACCEPT, HeaderValue::from_static(value)));
        accepts(&values.collect(), JSON)
    }

    #[test]
    fn json_is_accepted_unless_the_header_excludes_it() {
        for values in [
            &[][..],
            &[""],
            &["*/*"],
            &["application/json"],
            &["application/json, text/event-stream"],
            &["text/event-stream", "Application/JSON;q=0.1"],
            &["application/*"],
            &["text/html, */*;q=0.8"],
            &["application/json;q=abc"],
            &["text/plain;q=0, application/json ; charset=utf-8"],
            &["*/*;q=0, application/json"],
        ] {
            assert!(accepted(values), "{values:?}");
        }
    }

    #[test]
    fn a_stream_of_events_is_accepted_if_it_is_named() {
        let accepted = |value| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))]);
            accepts(&headers, EVENT_STREAM)
        };
        for value in ["application/json, text/event-stream", "text/*", "*/*", "TEXT/Event-Stream;q=0.5"] {
            assert!(accepted(value), "{value}");
        }
        for value in ["application/json", "text/event-stream;q=0, */*", "application/*"] {
            assert!(!accepted(value), "{value}");
        }
    }

    #[test]
    fn json_is_not_accepted_if_nothing_names_it_or_its_weight_is_0() {
        for values in [
            &["text/event-stream"][..],
            &["text/html, application/xml"],
            &["application/json;q=0"],
            &["application/json; q=0.000, */*"],
            &["application/*;q=0, */*"],
            &["*/*;q=0"],
            &["application/jsonp"],
        ] {
            assert!(!accepted(values), "{values:?}");
        }
    }
}
