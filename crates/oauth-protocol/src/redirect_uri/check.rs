//! The checks of a redirect URI at registration.

use url::Url;

use super::{PrivateUseSchemes, parts::Parts, schemes::SchemeVerdict};
use crate::{form::Form, host_name::has_dns_length, issuer::BaseUrl};

const MAX_LENGTH: usize = 2048;

/// Parameters of our response (RFC 6749 §4.1.2, RFC 9207 §2). If the URI had one, the client would receive it twice.
const RESPONSE_PARAMETERS: [&str; 6] = ["code", "error", "error_description", "error_uri", "iss", "state"];

/// Why a redirect URI is refused. The text is for the client's developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.description())]
pub enum RedirectUriError {
    /// Empty, or unreasonably long.
    Length,
    /// RFC 6749 §3.1.2: it must be an absolute URI (RFC 3986 §4.3).
    NotAbsolute,
    /// RFC 3986 §2: control characters, white space, backslashes, anything beyond ASCII; the same percent-encoded.
    Character,
    /// RFC 6749 §3.1.2: it must not include a fragment.
    Fragment,
    /// RFC 3986 §7.5 and §7.6: a user name makes one host look like another.
    Userinfo,
    /// Not https, not http on a loopback host, and no private-use scheme.
    Scheme,
    /// A private-use scheme that is not on the allow-list. Nothing else is wrong.
    PrivateUseScheme,
    /// It means something else once a browser has normalised it.
    NotNormal,
    /// RFC 1035 §2.3.4: no name in the DNS is so long.
    HostLength,
    /// One of our own endpoints would receive the code.
    OwnEndpoint,
    /// The query has a parameter of the answer.
    ResponseParameter,
}

impl RedirectUriError {
    /// `error_description` (RFC 7591 §3.2.2).
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Length => "a redirect URI has 1 to 2048 characters",
            Self::NotAbsolute => "a redirect URI must be an absolute URI",
            Self::Character => "a redirect URI has a character that is not allowed",
            Self::Fragment => "a redirect URI must not have a fragment",
            Self::Userinfo => "a redirect URI must not have a user name or password",
            Self::Scheme | Self::PrivateUseScheme => {
                "the scheme must be https, http on a loopback host, or a private-use scheme that this server allows"
            }
            Self::NotNormal => "a redirect URI must be in normal form: lower-case host, no dot segments, a valid port",
            Self::HostLength => "the host of a redirect URI has at most 253 characters, and 63 between two dots",
            Self::OwnEndpoint => "a redirect URI must not lead to the authorization server itself",
            Self::ResponseParameter => {
                "the query of a redirect URI must not have a parameter of the authorization response"
            }
        }
    }
}

pub(super) fn check(text: &str, schemes: &PrivateUseSchemes, base: &BaseUrl) -> Result<(), RedirectUriError> {
    check_characters(text)?;
    let (scheme, after) = text.split_once(':').ok_or(RedirectUriError::NotAbsolute)?;
    check_userinfo(after)?;
    check_query(text)?;
    if matches!(scheme, "https" | "http") {
        return check_web(text, base);
    }
    match schemes.judge(scheme) {
        SchemeVerdict::Allowed => check_private_use(text, after),
        SchemeVerdict::NotAllowed => check_private_use(text, after).and(Err(RedirectUriError::PrivateUseScheme)),
        SchemeVerdict::Never => Err(RedirectUriError::Scheme),
    }
}

fn check_characters(text: &str) -> Result<(), RedirectUriError> {
    if !(1..=MAX_LENGTH).contains(&text.len()) {
        return Err(RedirectUriError::Length);
    }
    if text.contains('#') {
        return Err(RedirectUriError::Fragment);
    }
    let of_a_uri = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte);
    let mut encoded = text.split('%').skip(1);
    if text.bytes().all(of_a_uri) && encoded.all(encodes_no_control) {
        Ok(())
    } else {
        Err(RedirectUriError::Character)
    }
}

/// Whether the two digits behind a percent sign are there, and are no control character.
fn encodes_no_control(behind: &str) -> bool {
    let digits = behind.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
    byte.is_some_and(|byte| !byte.is_ascii_control())
}

fn check_userinfo(after_scheme: &str) -> Result<(), RedirectUriError> {
    let authority = after_scheme.strip_prefix("//").and_then(|rest| rest.split(['/', '?']).next());
    if authority.is_some_and(|authority| authority.contains('@')) { Err(RedirectUriError::Userinfo) } else { Ok(()) }
}

/// A browser must parse the URI to the same text. Otherwise the page could show another host than the code's receiver.
fn check_web(text: &str, base: &BaseUrl) -> Result<(), RedirectUriError> {
    let parts = Parts::split(text).ok_or(RedirectUriError::NotNormal)?;
    let url = Url::parse(text).map_err(|_| RedirectUriError::NotNormal)?;
    let same_port = parts.port.is_none_or(|port| url.port_or_known_default() == Some(port));
    if url.host_str() != Some(parts.host) || url.path() != parts.path() || !same_port {
        return Err(RedirectUriError::NotNormal);
    }
    if !has_dns_length(parts.host) {
        return Err(RedirectUriError::HostLength);
    }
    if parts.scheme == "http" && !parts.has_loopback_host() {
        return Err(RedirectUriError::Scheme);
    }
    if base.is_reached_by(&url) { Err(RedirectUriError::OwnEndpoint) } else { Ok(()) }
}

fn check_private_use(text: &str, after_scheme: &str) -> Result<(), RedirectUriError> {
    if after_scheme.trim_start_matches('/').is_empty() {
        return Err(RedirectUriError::NotAbsolute);
    }
    match Url::parse(text) {
        Ok(url) if url.as_str() == text => Ok(()),
        _ => Err(RedirectUriError::NotNormal),
    }
}

fn check_query(text: &str) -> Result<(), RedirectUriError> {
    let Some((_, query)) = text.split_once('?') else { return Ok(()) };
    let form = Form::parse(query.as_bytes()).map_err(|_| RedirectUriError::Character)?;
    if RESPONSE_PARAMETERS.iter().any(|name| form.has(name)) {
        return Err(RedirectUriError::ResponseParameter);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checked_at(base: &str, text: &str) -> Result<(), RedirectUriError> {
        check(text, &PrivateUseSchemes::default(), &BaseUrl::parse(base).unwrap())
    }

    fn checked(text: &str) -> Result<(), RedirectUriError> {
        checked_at("https://mcp.example.com", text)
    }

    #[test]
    fn the_redirect_uris_of_known_clients_are_accepted() {
        for text in [
            "https://claude.ai/api/mcp/auth_callback",
            "https://claude.com/api/mcp/auth_callback",
            "https://chatgpt.com/connector/oauth/AbC_1-2",
            "https://chatgpt.com/connector_platform_oauth_redirect",
            "https://vscode.dev/redirect",
            "https://insiders.vscode.dev/redirect",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://127.0.0.1/",
            "http://127.0.0.1:33418/",
            "http://localhost:8787/callback",
            "http://localhost",
            "http://[::1]:3000/cb",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "vscode://vendor.extension/callback?windowId=1",
            "vscode-insiders:/callback",
        ] {
            assert_eq!(checked(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn harmless_variants_of_https_are_accepted() {
        for text in [
            "https://client.example",
            "https://client.example?x=1",
            "https://client.example:443/cb",
            "https://client.example:8443/cb",
            "https://xn--bcher-kva.example/cb",
            "https://203.0.113.7/cb",
            "https://client.example/a%20b?next=%2Fhome",
        ] {
            assert_eq!(checked(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_private_use_scheme_that_is_not_listed_is_told_from_everything_else_that_is_wrong() {
        for text in ["unlisted://callback", "com.example.app:/cb", "urn:ietf:wg:oauth:2.0:oob"] {
            assert_eq!(checked(text), Err(RedirectUriError::PrivateUseScheme), "{text}");
        }
        for text in [
            "unlisted://",
            "unlisted://a@b/",
            "unlisted:/a/../b",
            "unlisted://a#b",
            "unlisted://a?code=1",
            "unlisted://a b",
        ] {
            assert!(!matches!(checked(text), Ok(()) | Err(RedirectUriError::PrivateUseScheme)), "{text}");
        }
    }

    #[test]
    fn dangerous_schemes_are_refused() {
        for text in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "javascript://client.example/%0aalert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://client.example/1",
            "about:blank",
            "ws://client.example/",
            "ftp://client.example/",
            "HTTPS://client.example/cb",
            "Cursor://callback",
        ] {
            let error = checked(text).unwrap_err();
            assert!(matches!(error, RedirectUriError::Scheme | RedirectUriError::Character), "{text}: {error:?}");
        }
    }

    #[test]
    fn plain_http_is_for_three_hosts_only() {
        for host in [
            "client.example",
            "localhost.evil.com",
            "127.0.0.1.evil.com",
            "127.0.0.2",
            "0.0.0.0",
            "192.168.0.1",
            "localhost.",
        ] {
            assert_eq!(checked(&format!("http://{host}/cb")), Err(RedirectUriError::Scheme), "{host}");
        }
    }

    #[test]
    fn a_host_that_a_browser_reads_otherwise_is_refused() {
        for host in [
            "Client.example",
            "%63lient.example",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "017700000001",
            "[0:0:0:0:0:0:0:1]",
            "[::1",
            "client.example:",
            "client.example:0",
            "client.example:00443",
            "client.example:65536",
            "",
            "xn--a",
        ] {
            for scheme in ["http", "https"] {
                assert_eq!(checked(&format!("{scheme}://{host}/cb")), Err(RedirectUriError::NotNormal), "{host}");
            }
        }
    }

    #[test]
    fn slashes_that_a_browser_would_add_are_refused() {
        for text in
            ["https:client.example/cb", "https:/client.example/cb", "https:///client.example/cb", "https:", "https://"]
        {
            assert_eq!(checked(text), Err(RedirectUriError::NotNormal), "{text}");
        }
    }

    #[test]
    fn dot_segments_are_refused_however_they_are_written() {
        for path in ["/a/../cb", "/./cb", "/%2e%2e/cb", "/%2E./cb", "/a/..", "/a/%2e"] {
            assert_eq!(checked(&format!("https://client.example{path}")), Err(RedirectUriError::NotNormal), "{path}");
            assert_eq!(checked(&format!("cursor://client{path}")), Err(RedirectUriError::NotNormal), "{path}");
        }
    }

    #[test]
    fn userinfo_is_refused() {
        for text in
            ["https://a@client.example/", "https://a:b@client.example/", "https://@client.example/", "cursor://a@b/c"]
        {
            assert_eq!(checked(text), Err(RedirectUriError::Userinfo), "{text}");
        }
    }

    #[test]
    fn fragments_are_refused_even_empty_ones() {
        for text in ["https://client.example/cb#", "https://client.example/cb#x", "cursor://callback#x"] {
            assert_eq!(checked(text), Err(RedirectUriError::Fragment), "{text}");
        }
    }

    #[test]
    fn characters_outside_of_rfc_3986_are_refused() {
        for bad in [
            "\r\n", "\0", "\t", " ", "\\", "\"", "<", ">", "^", "`", "{", "|", "}", "\x7f", "\u{e9}", "\u{202e}",
            "\u{200b}",
        ] {
            assert_eq!(
                checked(&format!("https://client.example/c{bad}b")),
                Err(RedirectUriError::Character),
                "{bad:?}"
            );
            assert_eq!(checked(&format!("cursor://cal{bad}lback")), Err(RedirectUriError::Character), "{bad:?}");
        }
    }

    #[test]
    fn encoded_control_characters_and_broken_encodings_are_refused() {
        for bad in ["%00", "%0d%0a", "%0A", "%1f", "%7f", "%", "%4", "%zz", "%%41"] {
            assert_eq!(checked(&format!("https://client.example/{bad}")), Err(RedirectUriError::Character), "{bad}");
        }
    }

    #[test]
    fn our_own_endpoints_are_refused_under_every_name() {
        for text in [
            "https://mcp.example.com/oauth-callback",
            "https://mcp.example.com",
            "https://mcp.example.com:443/authorize?x=1",
            "https://mcp.example.com./authorize",
        ] {
            assert_eq!(checked(text), Err(RedirectUriError::OwnEndpoint), "{text}");
        }
        for text in ["http://127.0.0.1:7071/oauth-callback", "http://localhost:7071/", "http://[::1]:7071/"] {
            assert_eq!(checked_at("http://127.0.0.1:7071", text), Err(RedirectUriError::OwnEndpoint), "{text}");
        }
        assert_eq!(checked_at("http://127.0.0.1:7071", "http://127.0.0.1:7072/"), Ok(()));
        assert_eq!(checked("https://other.example.com/oauth-callback"), Ok(()));
    }

    #[test]
    fn a_query_with_a_parameter_of_the_answer_is_refused() {
        for query in ["code=x", "a=1&state=x", "iss=https://evil.com", "%69ss=x", "iss", "error=x"] {
            for uri in ["https://client.example/cb", "cursor://callback", "http://127.0.0.1/cb"] {
                let text = format!("{uri}?{query}");
                assert_eq!(checked(&text), Err(RedirectUriError::ResponseParameter), "{text}");
            }
        }
    }

    #[test]
    fn empty_relative_and_endless_uris_are_refused() {
        assert_eq!(checked(""), Err(RedirectUriError::Length));
        for text in ["/cb", "client.example/cb", "//client.example/cb", "cursor:", "cursor://"] {
            assert_eq!(checked(text), Err(RedirectUriError::NotAbsolute), "{text}");
        }
        let endless = format!("https://client.example/{}", "a".repeat(2048));
        assert_eq!(checked(endless.split_at(2048).0), Ok(()));
        assert_eq!(checked(endless.split_at(2049).0), Err(RedirectUriError::Length));
    }

    #[test]
    fn a_host_that_is_longer_than_a_name_in_the_dns_is_refused() {
        let (name, label) = (format!("{}a", "a.".repeat(126)), "a".repeat(63));
        for (host, expected) in [
            (name.clone(), Ok(())),
            (name.clone() + ".", Ok(())),
            (name + "a", Err(RedirectUriError::HostLength)),
            (label.clone() + ".example", Ok(())),
            (label + "a.example", Err(RedirectUriError::HostLength)),
        ] {
            assert_eq!(checked(&format!("https://{host}/cb")), expected, "{host}");
        }
    }

    /// RFC 6749 appendix A.8.
    #[test]
    fn every_description_is_allowed_on_the_wire() {
        for text in [
            "",
            "/cb",
            "https://a b",
            "https://a/#",
            "https://a@b/",
            "x://y",
            "https://A/",
            &format!("https://{}/", "a".repeat(64)),
            "https://mcp.example.com",
            "https://a/?iss",
        ] {
            let error = checked(text).unwrap_err();
            assert_eq!(error.to_string(), error.description());
            assert!(error.description().bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)));
        }
    }

    #[test]
    fn a_listed_scheme_is_accepted_and_an_unlisted_one_is_not() {
        let schemes = PrivateUseSchemes::known_and("com.example.app").unwrap();
        let base = BaseUrl::parse("https://mcp.example.com").unwrap();
        for text in ["com.example.app:/oauth2redirect", "cursor://callback", "claude://claude.ai/mcp-auth-callback/sdk"]
        {
            assert_eq!(check(text, &schemes, &base), Ok(()), "{text}");
        }
        assert_eq!(check("com.example.other:/cb", &schemes, &base), Err(RedirectUriError::PrivateUseScheme));
    }

    proptest! {
        #[test]
        fn any_text_is_accepted_or_refused(text in ".*") {
            let _ = checked(&text);
        }

        #[test]
        fn an_accepted_uri_is_the_one_that_a_browser_visits(text in "(https?|cursor)://[a-c0-9.:@%\\[\\]/?A\\\\-]{0,20}") {
            if checked(&text).is_ok() {
                let url = Url::parse(&text).unwrap();
                match Parts::split(&text) {
                    Some(shown) => prop_assert_eq!(url.host_str().unwrap_or_default(), shown.host),
                    // Its scheme is shown.
                    None => prop_assert!(text.starts_with("cursor:")),
                }
                prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
            }
        }
    }
}
