//! A request as it came. Nothing in it is trusted yet.

use std::ops::Deref;

use http::{HeaderName, Method, header};
use oauth_protocol::form::{Form, FormError};
use warp::{Filter, filters::BoxedFilter};

use super::{
    body::{BodyPermits, ReadError, UnreadBody},
    head::{CarriedHead, Head},
    memory::Memory,
    reply::Response,
};
use crate::{budget::Permit, kept::Kept};

/// A request whose body has not been read, and whose head counts in no budget yet.
pub(super) struct Arriving {
    pub(super) head: Box<Head>,
    body: UnreadBody,
}

/// A request whose head counts in a budget, and whose body has not been read.
pub(super) struct Admitted {
    pub(super) head: Box<Head>,
    permit: Permit,
    body: UnreadBody,
}

/// A request with its body, which is empty unless the method is POST.
pub(super) struct Incoming {
    pub(super) head: Box<Head>,
    pub(super) body: Kept,
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
    /// Extracts any request that carries its head.
    pub(super) fn filter() -> BoxedFilter<(Self,)> {
        warp::ext::get()
            .and(warp::body::stream())
            .map(|head: CarriedHead, body| Self { head: head.take(), body: UnreadBody::new(body) })
            .boxed()
    }

    /// Whether this is the request that the Functions host sends every 25 ms until the process answers.
    pub(super) fn is_readiness_probe(&self) -> bool {
        self.head.method == Method::GET && self.head.path == "/"
    }

    /// Removes a header, so that no endpoint sees it. Returns its value if it occurred once and is text.
    pub(super) fn take_header(&mut self, name: &HeaderName) -> Option<String> {
        let value = self.head.header(name).map(str::to_owned);
        self.head.headers.remove(name);
        value
    }

    /// Counts the head.
    pub(super) fn admit(self, memory: &Memory, mut permit: Permit) -> Result<Admitted, ReadError> {
        let Self { mut head, body } = self;
        if head.count(&mut permit).is_err() {
            body.discard_later(memory.discard(head.from));
            return Err(ReadError::Exhausted);
        }
        Ok(Admitted { head, permit, body })
    }

    /// Discards head and body before this answer is made.
    pub(super) async fn refuse(self, memory: &Memory, answer: impl FnOnce() -> Response) -> Response {
        let Self { head, body } = self;
        let from = head.from;
        drop(head);
        body.discard(|| memory.discard(from)).await;
        answer()
    }
}

impl Admitted {
    /// Reads the body, and keeps at most `limit` bytes of it, as far as the permits can grow. Returns the permit of the head,
    /// too.
    pub(super) async fn read(
        self,
        memory: &Memory,
        limit: usize,
        permits: BodyPermits,
    ) -> Result<(Incoming, Permit), ReadError> {
        let Self { head, permit: of_head, body } = self;
        let discard = || memory.discard(head.from);
        let body = if head.method == Method::POST {
            body.keep(limit, permits, discard).await?
        } else {
            body.discard(discard).await;
            Kept::new(permits.bytes)
        };
        Ok((Incoming { head, body }, of_head))
    }

    /// Discards head and body, but for what the refusal of a form needs that is none of our own pages.
    pub(super) async fn into_foreign_form(self, memory: &Memory, language: &'static str) -> Incoming {
        let Self { head, permit, body } = self;
        let left = Box::new(head.of_foreign_form(language));
        drop((head, permit));
        body.discard(|| memory.discard(left.from)).await;
        Incoming { head: left, body: Kept::new(Permit::of_all([])) }
    }

    /// Discards head and body before this answer is sent.
    pub(super) async fn refuse(self, memory: &Memory, response: Response) -> Response {
        let Self { head, permit, body } = self;
        let from = head.from;
        drop((head, permit));
        body.discard(|| memory.discard(from)).await;
        response
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
