//! A request as it came. Nothing in it is trusted yet.

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use http::{HeaderMap, Method, header};
use oauth_protocol::form::{Form, FormError};
use tokio::time::{Duration, Instant, timeout_at};
use warp::{Filter, filters::BoxedFilter};

/// How many bytes of a body are read. The rest of a body that is too large is discarded, so that its sender reads the answer.
const MAX_READ: usize = 8 * 1024 * 1024;

/// How long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// A request whose body has not been read.
pub(super) struct Arriving {
    head: Incoming,
    body: BoxStream<'static, Result<Bytes, warp::Error>>,
}

/// A request with its body.
pub(super) struct Incoming {
    pub(super) method: Method,
    /// As it was sent, percent-encoded.
    pub(super) path: String,
    query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Result<Bytes, BodyError>,
}

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    TooLarge,
    BrokenOff,
    NotAForm,
    MalformedForm,
    QueryToo,
}

impl BodyError {
    /// The text for the answer.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::TooLarge => "the body is too large",
            Self::BrokenOff => "the body ended early",
            Self::NotAForm => "the content type must be application/x-www-form-urlencoded",
            Self::MalformedForm => "the body is not a well-formed form",
            Self::QueryToo => "send parameters in the request body, not in the query string",
        }
    }
}

impl From<FormError> for BodyError {
    fn from(_: FormError) -> Self {
        Self::MalformedForm
    }
}

impl Arriving {
    /// Extracts any request.
    pub(super) fn filter() -> BoxedFilter<(Self,)> {
        let query = warp::query::raw().or(warp::any().map(String::new)).unify();
        warp::method()
            .and(warp::path::full())
            .and(query)
            .and(warp::header::headers_cloned())
            .and(warp::body::stream())
            .map(|method, path: warp::path::FullPath, query, headers, body| Self {
                head: Incoming { method, path: path.as_str().to_owned(), query, headers, body: Ok(Bytes::new()) },
                body: chunks(body),
            })
            .boxed()
    }

    /// The next part of the body.
    async fn chunk(&mut self, deadline: Instant) -> Option<Result<Bytes, BodyError>> {
        let chunk = timeout_at(deadline, self.body.next()).await.map_err(|_| BodyError::BrokenOff);
        match chunk {
            Ok(chunk) => chunk.map(|chunk| chunk.map_err(|_| BodyError::BrokenOff)),
            Err(error) => Some(Err(error)),
        }
    }

    pub(super) fn path(&self) -> &str {
        &self.head.path
    }

    /// Whether this is the request that the Functions host sends every 25 ms until the process answers.
    pub(super) fn is_readiness_probe(&self) -> bool {
        self.head.method == Method::GET && self.head.path == "/"
    }

    /// Removes a header, so that no endpoint sees it. Returns its value if it occurred once and is text.
    pub(super) fn take_header(&mut self, name: &'static str) -> Option<String> {
        let value = self.head.header(name).map(str::to_owned);
        self.head.headers.remove(name);
        value
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Reads the body, and keeps at most `limit` bytes of it.
    ///
    /// It reads the body before anything is answered. hyper closes a connection whose body was not read; a proxy that has sent
    /// its next POST on that connection would have to answer that one with an error.
    pub(super) async fn read(mut self, limit: usize) -> Incoming {
        let (mut whole, mut length) = (Vec::new(), 0);
        let deadline = Instant::now() + BODY_TIMEOUT;
        while let Some(chunk) = self.chunk(deadline).await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(error) => return Incoming { body: Err(error), ..self.head },
            };
            length += chunk.len();
            if length <= limit {
                whole.extend_from_slice(&chunk);
            } else if length > MAX_READ {
                break;
            }
        }
        let body = if length <= limit { Ok(whole.into()) } else { Err(BodyError::TooLarge) };
        Incoming { body, ..self.head }
    }
}

impl Incoming {
    /// The query as a form.
    pub(super) fn query(&self) -> Result<Form, FormError> {
        Form::parse(self.query.as_bytes())
    }

    /// A header that occurs once and is text.
    pub(super) fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(first)
    }

    /// Whether a browser asks before anybody has opened the page: `Sec-Purpose` (Fetch §3.1), and what older browsers send.
    pub(super) fn is_prefetch(&self) -> bool {
        let names = ["sec-purpose", "purpose", "x-purpose", "x-moz"];
        let values =
            names.into_iter().flat_map(|name| self.headers.get_all(name)).filter_map(|value| value.to_str().ok());
        let mut values = values.map(str::to_ascii_lowercase);
        values.any(|value| ["prefetch", "preview"].iter().any(|word| value.contains(word)))
    }

    /// The body as a form, for an endpoint that accepts no parameters in the query (RFC 6749 §2.3.1, §3.2).
    pub(super) fn form_alone(&self) -> Result<Form, BodyError> {
        if self.query.is_empty() { self.form() } else { Err(BodyError::QueryToo) }
    }

    /// The body as a form.
    pub(super) fn form(&self) -> Result<Form, BodyError> {
        let content_type = self.header(header::CONTENT_TYPE).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(BodyError::NotAForm);
        }
        Ok(Form::parse(self.body.as_ref().map_err(|error| *error)?)?)
    }
}

fn chunks(
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send + 'static,
) -> BoxStream<'static, Result<Bytes, warp::Error>> {
    body.map(|chunk| chunk.map(|mut chunk| chunk.copy_to_bytes(chunk.remaining()))).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arriving(body: impl Stream<Item = Result<Bytes, warp::Error>> + Send + 'static) -> Arriving {
        let head = Incoming {
            method: Method::POST,
            path: "/".into(),
            query: String::new(),
            headers: HeaderMap::new(),
            body: Ok(Bytes::new()),
        };
        Arriving { head, body: body.boxed() }
    }

    #[test]
    fn a_prefetch_is_recognised_whatever_else_it_says() {
        let incoming = |name: &'static str, value| Incoming {
            method: Method::GET,
            path: "/".into(),
            query: String::new(),
            headers: HeaderMap::from_iter([(
                header::HeaderName::from_static(name),
                header::HeaderValue::from_static(value),
            )]),
            body: Ok(Bytes::new()),
        };
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "Prefetch;anonymous-client-ip"),
            ("purpose", "prefetch"),
            ("x-moz", "prefetch"),
            ("x-purpose", "preview"),
        ] {
            assert!(incoming(name, value).is_prefetch(), "{name}: {value}");
        }
        for (name, value) in [("sec-purpose", ""), ("purpose", "navigate"), ("accept", "prefetch")] {
            assert!(!incoming(name, value).is_prefetch(), "{name}: {value}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_times_out() {
        let half = futures_util::stream::iter([Ok(Bytes::from_static(b"half"))]).chain(futures_util::stream::pending());
        assert_eq!(arriving(half).read(100).await.body, Err(BodyError::BrokenOff));
    }

    #[tokio::test]
    async fn a_body_at_the_limit_is_kept_and_one_byte_more_is_too_large() {
        let body = || futures_util::stream::iter([Ok(Bytes::from_static(b"12")), Ok(Bytes::from_static(b"34"))]);
        assert_eq!(arriving(body()).read(4).await.body, Ok(Bytes::from_static(b"1234")));
        assert_eq!(arriving(body()).read(3).await.body, Err(BodyError::TooLarge));
    }
}
