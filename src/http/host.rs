//! The host that a caller named, where there is no gateway.

use http::header;
use oauth_protocol::{issuer::BaseUrl, loopback::has_loopback_host};
use url::Url;

use super::head::Head;

/// The host that the caller named. The Functions host writes it, whatever the caller sent.
const FORWARDED_HOST: &str = "x-forwarded-host";

/// Whether Host names us or loopback, against DNS rebinding. The Functions host sends 127.0.0.1.
pub(super) fn is_ours(head: &Head, base: &BaseUrl) -> bool {
    let Some(host) = head.header(header::HOST) else { return false };
    host.eq_ignore_ascii_case(base.host()) || loopback(host).is_some()
}

/// Whether the caller named this machine otherwise than our base URL does. An MCP client then refuses our metadata, since
/// `resource` must be the address that it was given (RFC 9728 §3.3).
pub(super) fn is_misdirected(head: &Head, base: &BaseUrl) -> bool {
    let Some(named) = head.header(FORWARDED_HOST).or_else(|| head.header(header::HOST)) else { return false };
    // Nearly every request: a URL is parsed for the others only.
    if !base.is_loopback() || named == base.host() {
        return false;
    }
    let (Some(named), Some(ours)) = (loopback(named), loopback(base.host())) else { return false };
    named.host_str() != ours.host_str()
}

/// A URL with this host, if it is `127.0.0.1`, `[::1]` or `localhost`.
fn loopback(host: &str) -> Option<Url> {
    // Anything else, such as a path, would be no part of a host.
    let is_authority = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte));
    let url = is_authority.then(|| Url::parse(&format!("http://{host}/")).ok())?;
    url.filter(has_loopback_host)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn is_misdirected_at(base: &str, headers: &[(&'static str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let head = Head { headers: headers.collect::<HeaderMap>(), ..Head::nothing() };
        is_misdirected(&head, &BaseUrl::parse(base).unwrap())
    }

    #[test]
    fn another_name_of_this_machine_is_misdirected() {
        let base = "http://127.0.0.1:7071";
        for host in ["localhost:7071", "LOCALHOST", "[::1]:7071"] {
            assert!(is_misdirected_at(base, &[("host", host)]), "{host}");
            assert!(is_misdirected_at(base, &[("host", "127.0.0.1:4"), (FORWARDED_HOST, host)]), "{host}");
        }
        assert!(is_misdirected_at("http://localhost:7071", &[("host", "127.0.0.1:7071")]));
    }

    #[test]
    fn our_own_name_is_not_misdirected_whatever_the_port() {
        for host in ["127.0.0.1:7071", "127.0.0.1", "127.0.0.1:1"] {
            assert!(!is_misdirected_at("http://127.0.0.1:7071", &[("host", host)]), "{host}");
            assert!(!is_misdirected_at("http://127.0.0.1:7071", &[("host", "127.0.0.1"), (FORWARDED_HOST, host)]));
        }
    }

    #[test]
    fn a_server_that_the_world_reaches_has_no_other_name() {
        let headers = [("host", "127.0.0.1:4"), (FORWARDED_HOST, "localhost:7071")];
        assert!(!is_misdirected_at("https://mcp.example.com", &headers));
    }
}
