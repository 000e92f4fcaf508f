//! The authorization response (RFC 6749 §4.1.2) and its error (§4.1.2.1), each with exactly one `iss` (RFC 9207 §2).

use crate::{form, issuer::BaseUrl, redirect_uri::RedirectTarget};

/// `error` of an authorization response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationErrorCode {
    /// RFC 6749 §4.1.2.1: a parameter is missing, repeated or malformed.
    InvalidRequest,
    /// RFC 6749 §4.1.2.1: the client may not use this method.
    UnauthorizedClient,
    /// RFC 6749 §4.1.2.1: the owner or the server said no.
    AccessDenied,
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType,
    /// RFC 6749 §4.1.2.1.
    InvalidScope,
    /// RFC 6749 §4.1.2.1: a 500 that can be redirected.
    ServerError,
    /// RFC 6749 §4.1.2.1: a 503 that can be redirected.
    TemporarilyUnavailable,
    /// RFC 8707 §2.
    InvalidTarget,
    /// `OpenID` Connect Core §3.1.2.6: `prompt=none`, and nobody is signed in.
    LoginRequired,
    /// `OpenID` Connect Core §3.1.2.6: `prompt=none`, and the owner has not allowed this.
    ConsentRequired,
    /// `OpenID` Connect Core §3.1.2.6, for the `request` of RFC 9101.
    RequestNotSupported,
    /// `OpenID` Connect Core §3.1.2.6, for the `request_uri` of RFC 9101.
    RequestUriNotSupported,
}

impl AuthorizationErrorCode {
    /// The code on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InvalidTarget => "invalid_target",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
        }
    }
}

/// The redirect URI with a code. `state` is given back exactly as it came.
#[must_use]
pub fn code_response(target: &RedirectTarget, code: &str, state: Option<&str>, base: &BaseUrl) -> String {
    respond(target, &[("code", code)], state, base)
}

/// The redirect URI with an error. The description is a fixed text, so that nothing leaks through it.
#[must_use]
pub fn error_response(
    target: &RedirectTarget,
    code: AuthorizationErrorCode,
    description: &'static str,
    state: Option<&str>,
    base: &BaseUrl,
) -> String {
    respond(target, &[("error", code.as_str()), ("error_description", description)], state, base)
}

/// RFC 6749 §3.1.2: a query that the redirect URI has is retained.
fn respond(target: &RedirectTarget, answer: &[(&str, &str)], state: Option<&str>, base: &BaseUrl) -> String {
    let state = state.map(|state| ("state", state));
    let pairs = answer.iter().copied().chain(state).chain([("iss", base.issuer())]);
    let uri = target.as_str();
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{}", form::encode(pairs))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;
    use crate::redirect_uri::{PrivateUseSchemes, RedirectUri};

    fn base() -> BaseUrl {
        BaseUrl::parse("https://mcp.example.com").unwrap()
    }

    fn target(uri: &str) -> RedirectTarget {
        RedirectUri::parse(uri, &PrivateUseSchemes::default(), &base()).unwrap().matches(uri).unwrap()
    }

    fn parameters(location: &str) -> Vec<(String, String)> {
        Url::parse(location).unwrap().query_pairs().into_owned().collect()
    }

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_code_goes_back_with_state_and_issuer() {
        let location =
            code_response(&target("https://client.example/cb"), "SplxlOBeZQQYbYS6WxSbIA", Some("xyz"), &base());
        assert_eq!(
            location,
            "https://client.example/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz&iss=https%3A%2F%2Fmcp.example.com"
        );
    }

    #[test]
    fn an_error_goes_back_with_state_and_issuer() {
        let target = target("https://client.example/cb");
        let location =
            error_response(&target, AuthorizationErrorCode::AccessDenied, "no, thanks", Some("xyz"), &base());
        let expected = [
            pair("error", "access_denied"),
            pair("error_description", "no, thanks"),
            pair("state", "xyz"),
            pair("iss", "https://mcp.example.com"),
        ];
        assert_eq!(parameters(&location), expected);
    }

    #[test]
    fn without_a_state_none_goes_back() {
        let location = code_response(&target("https://client.example/cb"), "c", None, &base());
        assert_eq!(parameters(&location), [pair("code", "c"), pair("iss", "https://mcp.example.com")]);
    }

    #[test]
    fn a_query_of_the_redirect_uri_is_retained() {
        for (uri, start) in [
            ("https://client.example/cb?a=%2F", "https://client.example/cb?a=%2F&code=c"),
            ("https://client.example/cb?", "https://client.example/cb?code=c"),
            ("https://client.example/cb?a=1&", "https://client.example/cb?a=1&code=c"),
            ("https://client.example", "https://client.example?code=c"),
            ("cursor://callback?w=1", "cursor://callback?w=1&code=c"),
            ("vscode:/callback", "vscode:/callback?code=c"),
        ] {
            let location = code_response(&target(uri), "c", None, &base());
            assert_eq!(location, format!("{start}&iss=https%3A%2F%2Fmcp.example.com"));
        }
    }

    #[test]
    fn a_state_cannot_add_parameters_or_header_lines() {
        let location =
            code_response(&target("https://client.example/cb"), "c", Some("x&code=evil#\r\nSet-Cookie: a=b"), &base());
        assert!(location.bytes().all(|byte| byte.is_ascii_graphic()) && !location.contains('#'));
        assert_eq!(parameters(&location).iter().filter(|(name, _)| name == "code").count(), 1);
    }

    /// RFC 6749 appendix A.7: `error = 1*NQSCHAR`.
    #[test]
    fn every_code_is_a_word_of_its_rfc() {
        use AuthorizationErrorCode as Code;
        let codes = [
            (Code::InvalidRequest, "invalid_request"),
            (Code::UnauthorizedClient, "unauthorized_client"),
            (Code::AccessDenied, "access_denied"),
            (Code::UnsupportedResponseType, "unsupported_response_type"),
            (Code::InvalidScope, "invalid_scope"),
            (Code::ServerError, "server_error"),
            (Code::TemporarilyUnavailable, "temporarily_unavailable"),
            (Code::InvalidTarget, "invalid_target"),
            (Code::LoginRequired, "login_required"),
            (Code::ConsentRequired, "consent_required"),
            (Code::RequestNotSupported, "request_not_supported"),
            (Code::RequestUriNotSupported, "request_uri_not_supported"),
        ];
        for (code, word) in codes {
            assert_eq!(code.as_str(), word);
        }
    }

    proptest! {
        #[test]
        fn any_query_of_the_redirect_uri_is_retained(query in "[a-bd-hj-rt-z]=[a-z0-9]{0,5}(&[a-b]=[a-z]{0,5}){0,3}") {
            let uri = format!("https://client.example/cb?{query}");
            let location = error_response(&target(&uri), AuthorizationErrorCode::ServerError, "d", None, &base());
            let start = format!("{uri}&error=server_error&");
            prop_assert!(location.starts_with(&start));
            prop_assert_eq!(parameters(&location).len(), parameters(&uri).len() + 3);
        }

        #[test]
        fn any_state_comes_back_exactly_and_once(state in ".+") {
            for uri in ["https://client.example/cb", "http://127.0.0.1:1/?q=1", "cursor://callback"] {
                let location = code_response(&target(uri), "c", Some(&state), &base());
                let back: Vec<_> = parameters(&location).into_iter().filter(|(name, _)| name == "state").collect();
                prop_assert_eq!(back, [pair("state", &state)]);
                prop_assert_eq!(parameters(&location).iter().filter(|(name, _)| name == "iss").count(), 1);
            }
        }
    }
}
