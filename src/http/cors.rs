//! Which browser origins may read an answer (Fetch, CORS protocol).
//!
//! An OPTIONS request is a preflight if it has an `Origin`: API Management deletes `Access-Control-Request-Method`, because
//! the Functions host would otherwise answer it itself (docs/edge.md).

use http::{HeaderMap, HeaderValue, header};
use oauth_protocol::loopback::has_loopback_host;
use url::Url;

use super::reply::Response;

const ALLOW_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, accept, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id",
);
const EXPOSE_HEADERS: HeaderValue = HeaderValue::from_static("www-authenticate, mcp-session-id, retry-after");
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The rule of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cors {
    /// Pages: no other origin reads them.
    SameOrigin,
    /// Public OAuth endpoints: every origin, without credentials.
    AnyOrigin,
    /// The protected resource: ours, loopback and the configured ones are served; any other is refused.
    Resource,
}

/// The origins whose scripts may read the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Readable {
    /// Our own pages, which need no header.
    Ours,
    /// Every origin. A shared cache may answer all callers with one copy.
    Everybodys,
    /// This origin, if the request has one. Another origin gets another answer.
    Only(Option<HeaderValue>),
}

/// The origin is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OriginRefused;

impl Cors {
    /// Adds the CORS headers of an answer that was given before the Origin was judged.
    pub(super) fn decorate_refusal(self, response: &mut Response) {
        match self {
            Self::SameOrigin => {}
            Self::AnyOrigin => Readable::Everybodys.decorate(response),
            Self::Resource => Readable::Only(None).decorate(response),
        }
    }

    /// Judges the Origin of a request.
    pub(super) fn judge(self, headers: &HeaderMap, ours: &str, allowed: &[String]) -> Result<Readable, OriginRefused> {
        match (self, headers.get(header::ORIGIN)) {
            (Self::SameOrigin, _) => Ok(Readable::Ours),
            (Self::AnyOrigin, _) => Ok(Readable::Everybodys),
            (Self::Resource, None) => Ok(Readable::Only(None)),
            (Self::Resource, Some(origin)) if may_call(origin, ours, allowed) => {
                Ok(Readable::Only(Some(origin.clone())))
            }
            (Self::Resource, Some(_)) => Err(OriginRefused),
        }
    }
}

impl Readable {
    /// Adds the CORS headers of an answer.
    pub(super) fn decorate(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Self::Only(_) = self {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        let Some(origin) = self.allowed() else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSE_HEADERS);
    }

    /// `Access-Control-Allow-Origin`.
    fn allowed(&self) -> Option<HeaderValue> {
        match self {
            Self::Ours => None,
            Self::Everybodys => Some(HeaderValue::from_static("*")),
            Self::Only(origin) => origin.clone(),
        }
    }

    /// Adds what only a preflight asks for.
    pub(super) fn preflight(&self, response: &mut Response, methods: &str) {
        if self.allowed().is_none() {
            return;
        }
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOW_HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        if let Ok(methods) = HeaderValue::from_str(methods) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
    }
}

fn may_call(origin: &HeaderValue, ours: &str, allowed: &[String]) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    origin == ours
        || allowed.iter().any(|other| other == origin)
        || Url::parse(origin).is_ok_and(|url| has_loopback_host(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN_ORIGIN: &str = "https://mcp.example.com";

    fn judged(cors: Cors, origin: &str) -> Result<Readable, OriginRefused> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        cors.judge(&headers, OWN_ORIGIN, &["https://app.example.com".to_owned()])
    }

    #[test]
    fn the_protected_resource_serves_ours_loopback_and_configured_origins() {
        for origin in
            [OWN_ORIGIN, "http://localhost:6274", "http://127.0.0.1:1", "http://[::1]:9", "https://app.example.com"]
        {
            assert_eq!(
                judged(Cors::Resource, origin),
                Ok(Readable::Only(Some(HeaderValue::from_str(origin).unwrap())))
            );
        }
    }

    #[test]
    fn the_protected_resource_refuses_every_other_origin() {
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example",
            "http://a.localhost:6274",
            "http://127.0.0.2:6274",
            "http://0.0.0.0:6274",
            "https://mcp.example.com.evil.example",
            "file://",
        ] {
            assert_eq!(judged(Cors::Resource, origin), Err(OriginRefused), "{origin}");
        }
    }

    #[test]
    fn an_origin_that_is_no_text_is_refused_by_the_protected_resource_alone() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_bytes(b"https://mcp.example.com\xff").unwrap());
        assert_eq!(Cors::Resource.judge(&headers, OWN_ORIGIN, &[]), Err(OriginRefused));
        assert!(
            Cors::AnyOrigin.judge(&headers, OWN_ORIGIN, &[]).is_ok()
                && Cors::SameOrigin.judge(&headers, OWN_ORIGIN, &[]).is_ok()
        );
    }

    #[test]
    fn a_request_without_origin_is_served() {
        assert_eq!(Cors::Resource.judge(&HeaderMap::new(), OWN_ORIGIN, &[]), Ok(Readable::Only(None)));
    }

    #[test]
    fn oauth_endpoints_are_readable_by_all_and_pages_by_none() {
        assert_eq!(judged(Cors::AnyOrigin, "https://any.example"), Ok(Readable::Everybodys));
        assert_eq!(judged(Cors::SameOrigin, "https://any.example"), Ok(Readable::Ours));
    }

    fn decorated(readable: &Readable) -> [Option<String>; 2] {
        let mut response = crate::http::reply::empty(http::StatusCode::OK);
        readable.decorate(&mut response);
        let value = |name| response.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap().to_owned());
        [value(header::ACCESS_CONTROL_ALLOW_ORIGIN), value(header::VARY)]
    }

    #[test]
    fn an_answer_that_differs_by_origin_says_so_and_one_that_does_not_may_be_cached_for_all() {
        let origin = || Some("https://app.example.com".to_owned());
        let only = Readable::Only(origin().map(|origin| HeaderValue::from_str(&origin).unwrap()));
        assert_eq!(decorated(&only), [origin(), Some("origin".to_owned())]);
        assert_eq!(decorated(&Readable::Only(None)), [None, Some("origin".to_owned())]);
        assert_eq!(decorated(&Readable::Everybodys), [Some("*".to_owned()), None]);
        assert_eq!(decorated(&Readable::Ours), [None, None]);
        let without_origin = Cors::AnyOrigin.judge(&HeaderMap::new(), OWN_ORIGIN, &[]).unwrap();
        assert_eq!(without_origin, Readable::Everybodys);
    }
}
