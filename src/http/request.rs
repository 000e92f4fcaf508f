//! A request as it came: nothing is believed yet.

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use http::{HeaderMap, Method, header};
use oauth_protocol::form::{Form, FormError};
use warp::{Filter, filters::BoxedFilter};

/// The parts of a request, its body still to be read.
pub(super) struct Incoming {
    pub method: Method,
    /// As it was sent, percent-encoded.
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    body: BoxStream<'static, Result<Bytes, warp::Error>>,
}

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    TooLarge,
    BrokenOff,
    NotAForm,
    MalformedForm,
}

impl BodyError {
    /// For a person.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::TooLarge => "the body is too large",
            Self::BrokenOff => "the body ended early",
            Self::NotAForm => "the content type must be application/x-www-form-urlencoded",
            Self::MalformedForm => "the body is not a well-formed form",
        }
    }
}

impl From<FormError> for BodyError {
    fn from(_: FormError) -> Self {
        Self::MalformedForm
    }
}

impl Incoming {
    /// Extracts any request.
    pub(super) fn filter() -> BoxedFilter<(Self,)> {
        let query = warp::query::raw().or(warp::any().map(String::new)).unify();
        warp::method()
            .and(warp::path::full())
            .and(query)
            .and(warp::header::headers_cloned())
            .and(warp::body::stream())
            .map(|method, path: warp::path::FullPath, query, headers, body| Self {
                method,
                path: path.as_str().to_owned(),
                query,
                headers,
                body: chunks(body),
            })
            .boxed()
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

    /// Reads the body, at most `limit` bytes of it.
    pub(super) async fn body(&mut self, limit: usize) -> Result<Bytes, BodyError> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.body.next().await {
            let chunk = chunk.map_err(|_| BodyError::BrokenOff)?;
            if whole.len() + chunk.len() > limit {
                return Err(BodyError::TooLarge);
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }

    /// Reads a form from the body.
    pub(super) async fn form(&mut self, limit: usize) -> Result<Form, BodyError> {
        let content_type = self.header(header::CONTENT_TYPE).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(BodyError::NotAForm);
        }
        Ok(Form::parse(&self.body(limit).await?)?)
    }
}

fn chunks(
    body: impl Stream<Item = Result<impl bytes::Buf, warp::Error>> + Send + 'static,
) -> BoxStream<'static, Result<Bytes, warp::Error>> {
    body.map(|chunk| chunk.map(|mut chunk| chunk.copy_to_bytes(chunk.remaining()))).boxed()
}
