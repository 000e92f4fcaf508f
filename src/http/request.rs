//! A request as it came. Nothing in it is trusted yet.

use std::ops::Deref;

use authorization_server::ground::Network;
use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use http::{HeaderMap, Method, header};
use oauth_protocol::form::{Form, FormError};
use tokio::time::{Duration, Instant, timeout_at};
use warp::{Filter, filters::BoxedFilter};

use super::reply::Response;
use crate::budget::{Kept, Permit};

/// How many bytes of a body are read. The rest of a body that is too large, or not wanted, is discarded, so that its sender
/// reads the answer and its connection can be used again.
const MAX_READ: usize = 8 * 1024 * 1024;

/// How long a body may take that is wanted.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a body may take that is discarded.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// What a header costs besides its text.
const HEADER_COST: usize = 64;

/// A request whose body has not been read.
pub(super) struct Arriving {
    pub(super) head: Head,
    body: BoxStream<'static, Result<Bytes, warp::Error>>,
}

/// A request without its body.
pub(super) struct Head {
    pub(super) method: Method,
    /// As it was sent, percent-encoded.
    pub(super) path: String,
    query: String,
    /// Where it comes from, as far as the gateway says.
    pub(super) from: Network,
    pub(super) headers: HeaderMap,
}

/// A request with its body, which is empty unless the method is POST.
pub(super) struct Incoming {
    pub(super) head: Head,
    pub(super) body: Kept,
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    TooLarge,
    TimedOut,
    BrokenOff,
    /// Others send so much that no more can be kept.
    Exhausted,
}

/// Why a body is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    NotAForm,
    MalformedForm,
    QueryToo,
}

impl BodyError {
    /// The text for the answer.
    pub(super) fn text(self) -> &'static str {
        match self {
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
                head: Head { method, path: path.as_str().to_owned(), query, from: Network::UNKNOWN, headers },
                body: chunks(body),
            })
            .boxed()
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

    /// Reads the body, and keeps at most `limit` bytes of it, as far as the permit can grow.
    ///
    /// It reads a body to its end before anything is answered. hyper closes a connection whose body was not read; a proxy
    /// that has sent its next POST on that connection would have to answer that one with an error. Only where memory is
    /// exhausted does the answer come first.
    pub(super) async fn read(mut self, limit: usize, permit: Permit) -> Result<Incoming, ReadError> {
        let (deadline, mut body) = (Instant::now() + BODY_TIMEOUT, Kept::new(permit));
        if self.head.method != Method::POST {
            self.discard_until(deadline).await;
            return Ok(Incoming { head: self.head, body });
        }
        while let Some(chunk) = self.chunk(deadline).await? {
            if body.len() + chunk.len() > limit {
                drop((body, chunk));
                self.discard_until(deadline).await;
                return Err(ReadError::TooLarge);
            }
            if body.extend(&chunk).is_err() {
                drop((body, chunk));
                tokio::spawn(self.discard());
                return Err(ReadError::Exhausted);
            }
        }
        Ok(Incoming { head: self.head, body })
    }

    /// Reads the body and keeps nothing of it.
    pub(super) async fn discard(mut self) {
        self.discard_until(Instant::now() + DISCARD_TIMEOUT).await;
    }

    /// Discards the body before this answer is sent.
    pub(super) async fn refuse(self, response: Response) -> Response {
        self.discard().await;
        response
    }

    async fn discard_until(&mut self, deadline: Instant) {
        let mut length = 0;
        while let Ok(Some(chunk)) = self.chunk(deadline).await {
            length += chunk.len();
            if length > MAX_READ {
                break;
            }
        }
    }

    /// The next part of the body.
    async fn chunk(&mut self, deadline: Instant) -> Result<Option<Bytes>, ReadError> {
        let chunk = timeout_at(deadline, self.body.next()).await.map_err(|_| ReadError::TimedOut)?;
        chunk.transpose().map_err(|_| ReadError::BrokenOff)
    }
}

impl Head {
    /// How many bytes it takes.
    pub(super) fn cost(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER_COST);
        self.path.len() + self.query.len() + headers.sum::<usize>()
    }

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
}

impl Deref for Incoming {
    type Target = Head;

    fn deref(&self) -> &Head {
        &self.head
    }
}

impl Incoming {
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
        Ok(Form::parse(&self.body)?)
    }
}

fn chunks(
    body: impl Stream<Item = Result<impl Buf, warp::Error>> + Send + 'static,
) -> BoxStream<'static, Result<Bytes, warp::Error>> {
    body.map(|chunk| chunk.map(|mut chunk| chunk.copy_to_bytes(chunk.remaining()))).boxed()
}

#[cfg(test)]
mod tests {
    use futures_util::stream::{iter, pending};

    use super::*;
    use crate::budget::Budget;

    fn arriving(body: impl Stream<Item = Result<Bytes, warp::Error>> + Send + 'static) -> Arriving {
        let head = Head {
            method: Method::POST,
            path: "/".into(),
            query: String::new(),
            from: Network::UNKNOWN,
            headers: HeaderMap::new(),
        };
        Arriving { head, body: body.boxed() }
    }

    #[test]
    fn a_prefetch_is_recognised_whatever_else_it_says() {
        let head = |name: &'static str, value| Head {
            method: Method::GET,
            path: "/".into(),
            query: String::new(),
            from: Network::UNKNOWN,
            headers: HeaderMap::from_iter([(
                header::HeaderName::from_static(name),
                header::HeaderValue::from_static(value),
            )]),
        };
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "Prefetch;anonymous-client-ip"),
            ("purpose", "prefetch"),
            ("x-moz", "prefetch"),
            ("x-purpose", "preview"),
        ] {
            assert!(head(name, value).is_prefetch(), "{name}: {value}");
        }
        for (name, value) in [("sec-purpose", ""), ("purpose", "navigate"), ("accept", "prefetch")] {
            assert!(!head(name, value).is_prefetch(), "{name}: {value}");
        }
    }

    fn parts(parts: &'static [&'static str]) -> impl Stream<Item = Result<Bytes, warp::Error>> + Send + 'static {
        iter(parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))))
    }

    async fn read(arriving: Arriving, limit: usize, budget: &Budget) -> Result<Vec<u8>, ReadError> {
        arriving.read(limit, budget.permit()).await.map(|incoming| incoming.body.to_vec())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_times_out() {
        let half = parts(&["half"]).chain(pending());
        assert_eq!(read(arriving(half), 100, &Budget::new(100)).await, Err(ReadError::TimedOut));
    }

    #[tokio::test]
    async fn a_body_at_the_limit_is_kept_and_one_byte_more_is_too_large() {
        let (body, budget) = (|| arriving(parts(&["12", "34"])), Budget::new(100));
        assert_eq!(read(body(), 4, &budget).await, Ok(b"1234".to_vec()));
        assert_eq!(read(body(), 3, &budget).await, Err(ReadError::TooLarge));
        assert_eq!(budget.available(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn where_memory_is_exhausted_the_rest_of_a_body_is_not_waited_for() {
        let (budget, began) = (Budget::new(3), Instant::now());
        let stalled = parts(&["12", "34"]).chain(pending());
        assert_eq!(read(arriving(stalled), 100, &budget).await, Err(ReadError::Exhausted));
        assert_eq!((began.elapsed(), budget.available()), (Duration::ZERO, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_not_wanted_is_discarded_for_a_limited_time_and_length() {
        let chunk = Bytes::from(vec![0; 65_536]);
        let endless = futures_util::stream::repeat_with(move || Ok(chunk.clone()));
        arriving(endless).discard().await;
        let began = Instant::now();
        arriving(pending()).discard().await;
        assert_eq!(began.elapsed(), DISCARD_TIMEOUT);
    }
}
