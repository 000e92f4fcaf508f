//! The media types that a client accepts (RFC 9110 §12.5.1).

use http::{HeaderMap, header};

/// Whether `Accept` lets the answer be of this type. Without the header everything is accepted. MCP's clients must list both
/// `application/json` and `text/event-stream`, but not all do.
pub(super) fn accepts(headers: &HeaderMap, main: &str, sub: &str) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<_> =
        values.flat_map(|value| value.split(',')).map(str::trim).filter(|range| !range.is_empty()).collect();
    let weight_of = |wanted: &str| {
        let matching = ranges.iter().map(|range| range.split_once(';').unwrap_or((range, "")));
        let mut weights = matching.filter(|(range, _)| range.trim().eq_ignore_ascii_case(wanted));
        weights.next().map(|(_, parameters)| is_acceptable(parameters))
    };
    // The most specific range decides.
    let by_range = [&format!("{main}/{sub}"), &format!("{main}/*"), "*/*"].into_iter().find_map(weight_of);
    by_range.unwrap_or(ranges.is_empty())
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
        accepts(&values.collect(), "application", "json")
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
            accepts(&headers, "text", "event-stream")
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
