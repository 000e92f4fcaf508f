//! How long a document is fresh (RFC 9111 §4.2).

use http::{HeaderMap, header};
use time::Duration;

/// However short its host wants it: a document that was fetched is not fetched again at once.
const MIN_LIFETIME: Duration = Duration::minutes(5);
/// However long its host allows.
const MAX_LIFETIME: Duration = Duration::hours(24);

/// By `Cache-Control` and `Age`, for a cache that many users share; without them as short as possible. `Expires` is not
/// read.
pub(super) fn fresh_for(headers: &HeaderMap) -> Duration {
    let lifetime = directive(headers, "s-maxage").or_else(|| directive(headers, "max-age"));
    let age = headers.get(header::AGE).and_then(|age| seconds(age.to_str().ok()?));
    let left = lifetime.unwrap_or_default().saturating_sub(age.unwrap_or_default());
    left.clamp(MIN_LIFETIME, MAX_LIFETIME)
}

/// The value of the first directive of this name (RFC 9111 §5.2).
fn directive(headers: &HeaderMap, name: &str) -> Option<Duration> {
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut directives = values.flat_map(|value| value.split(',')).filter_map(|directive| directive.split_once('='));
    let (_, value) = directives.find(|(found, _)| found.trim().eq_ignore_ascii_case(name))?;
    seconds(value)
}

/// RFC 9111 §1.2.2: a number that is too large counts as the largest.
fn seconds(text: &str) -> Option<Duration> {
    let digits = text.trim().trim_matches('"');
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Duration::seconds(digits.parse::<u32>().unwrap_or(u32::MAX).into()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn fresh(headers: &[(&'static str, &'static str)]) -> i64 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        fresh_for(&map).whole_seconds()
    }

    #[test]
    fn the_host_decides_within_limits() {
        for (value, expected) in [
            ("max-age=3600", 3600),
            ("public, Max-Age = 3600 , must-revalidate", 3600),
            ("max-age=\"3600\"", 3600),
            ("max-age=0", 300),
            ("no-store", 300),
            ("max-age=31536000", 86_400),
            ("max-age=99999999999999999999999", 86_400),
            ("max-age=-1", 300),
            ("max-age=", 300),
            ("max-age", 300),
        ] {
            assert_eq!(fresh(&[("cache-control", value)]), expected, "{value}");
        }
        assert_eq!(fresh(&[]), 300);
    }

    #[test]
    fn a_directive_for_shared_caches_counts_before_the_rest() {
        assert_eq!(fresh(&[("cache-control", "max-age=7200, s-maxage=600")]), 600);
        assert_eq!(fresh(&[("cache-control", "max-age=7200"), ("cache-control", "s-maxage=600")]), 600);
    }

    #[test]
    fn time_in_other_caches_counts() {
        assert_eq!(fresh(&[("cache-control", "max-age=3600"), ("age", "600")]), 3000);
        assert_eq!(fresh(&[("cache-control", "max-age=3600"), ("age", "4000")]), 300);
        assert_eq!(fresh(&[("cache-control", "max-age=3600"), ("age", "soon")]), 3600);
    }
}
