//! Answers: the handler's, and the host's own.

use bytes::Bytes;
use http::StatusCode;
use time::{OffsetDateTime, macros::format_description};

use crate::connection::{NoHead, Reader};
use crate::head::{Head, content_length};
use crate::{body::Framing, headers, headers::push};

/// The head of a handler's answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    reason: String,
    head: Head,
    pub(crate) body: Framing,
    /// Whether the connection to the handler ends with it.
    pub(crate) close: bool,
}

impl Answer {
    /// Interim answers (RFC 9110 section 15.2) are skipped. What is no HTTP is broken.
    pub(crate) async fn read(reader: &mut Reader, method: &str) -> Result<Self, NoHead<()>> {
        const LONGEST: usize = 64 * 1024;
        loop {
            let bytes = reader.head(|head| (head.len() > LONGEST).then_some(())).await?;
            let head = Head::parse(&bytes).map_err(|_| NoHead::Broken)?;
            let answer = Self::parse(head, method).ok_or(NoHead::Broken)?;
            if !answer.status.is_informational() {
                return Ok(answer);
            }
        }
    }

    fn parse(head: Head, method: &str) -> Option<Self> {
        let mut parts = head.start_line.splitn(3, ' ');
        let version = parts.next().filter(|version| ["HTTP/1.0", "HTTP/1.1"].contains(version))?;
        let status = StatusCode::from_bytes(parts.next()?.as_bytes()).ok()?;
        let reason = parts.next().unwrap_or_default().to_owned();
        let body = framing(&head, status, method)?;
        let close = version == "HTTP/1.0" || body == Framing::UntilClose || head.lists("Connection", "close");
        Some(Self { status, reason, head, body, close })
    }

    /// `Content-Type`.
    pub(crate) fn media_type(&self) -> Option<&str> {
        self.head.values("Content-Type").next()
    }

    /// How the client sees where the body ends.
    pub(crate) fn framing_for_client(&self) -> Framing {
        if self.body == Framing::UntilClose { Framing::Chunked } else { self.body }
    }

    /// The head for the client; none if a byte in it is above 127, which the host's web server refuses to write.
    pub(crate) fn for_client(&self, close: bool) -> Option<String> {
        if !self.head.is_ascii() {
            return None;
        }
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status.as_str(), self.reason);
        for field in headers::for_client(&self.head) {
            push(&mut head, &field.name, &field.value);
        }
        match (self.framing_for_client(), self.head.values("Content-Length").next()) {
            (Framing::Chunked, _) => push(&mut head, "Transfer-Encoding", "chunked"),
            (_, Some(length)) => push(&mut head, "Content-Length", length),
            (_, None) => {}
        }
        push_server_fields(&mut head, close, |name| self.head.values(name).next().is_some());
        Some(head + "\r\n")
    }
}

/// RFC 9112 section 6.3.
fn framing(head: &Head, status: StatusCode, method: &str) -> Option<Framing> {
    let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status) || status.is_informational();
    if bodiless || method == "HEAD" {
        return Some(Framing::None);
    }
    if head.lists("Transfer-Encoding", "chunked") {
        return Some(Framing::Chunked);
    }
    match head.values("Content-Length").next() {
        Some(length) => content_length(length).map(Framing::Length),
        None => Some(Framing::UntilClose),
    }
}

/// An answer of the host itself, without a body.
pub(crate) fn empty(status: StatusCode, close: bool) -> Bytes {
    own(status, &[("Content-Length", "0")], close)
}

/// RFC 9110 section 8.6: no Content-Length with 204.
pub(crate) fn no_content(close: bool) -> Bytes {
    own(StatusCode::NO_CONTENT, &[], close)
}

/// The host's answer to `/`. The real one has a page here; nothing depends on its content.
pub(crate) fn home_page(close: bool) -> Bytes {
    own(StatusCode::OK, &[("Content-Length", "0"), ("Content-Type", "text/html")], close)
}

fn own(status: StatusCode, fields: &[(&str, &str)], close: bool) -> Bytes {
    let mut head = format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    for (name, value) in fields {
        push(&mut head, name, value);
    }
    push_server_fields(&mut head, close, |_| false);
    Bytes::from(head + "\r\n")
}

pub(crate) fn push_server_fields(head: &mut String, close: bool, has: impl Fn(&str) -> bool) {
    if close {
        push(head, "Connection", "close");
    }
    if !has("Date") {
        push(head, "Date", &date());
    }
    if !has("Server") {
        push(head, "Server", "Kestrel");
    }
}

/// RFC 9110 section 5.6.7.
#[expect(clippy::disallowed_methods, reason = "the date of an answer is the real one; nothing is decided by it")]
fn date() -> String {
    let format =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    OffsetDateTime::now_utc().format(format).unwrap_or_default()
}
