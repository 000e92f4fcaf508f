//! Requests, as the host's web server accepts or refuses them.

use http::StatusCode;

use crate::connection::{NoHead, Reader, find};
use crate::head::{Head, content_length};
use crate::{body::Framing, target::RequestLine};

const LONGEST_REQUEST_LINE: usize = 8192;
const LONGEST_FIELDS: usize = 32_768;
const MOST_FIELDS: usize = 100;

pub(crate) struct Request {
    pub(crate) line: RequestLine,
    pub(crate) head: Head,
    pub(crate) body: Framing,
    /// Whether the connection ends with the answer.
    pub(crate) close: bool,
}

pub(crate) enum NoRequest {
    Gone,
    Refused(StatusCode),
}

impl Request {
    pub(crate) async fn read(reader: &mut Reader) -> Result<Self, NoRequest> {
        let bytes = reader.head(too_long).await.map_err(|reason| match reason {
            NoHead::Closed | NoHead::Broken => NoRequest::Gone,
            NoHead::TooLong(status) => NoRequest::Refused(status),
        })?;
        let head = Head::parse(&bytes).map_err(|_| NoRequest::Refused(StatusCode::BAD_REQUEST))?;
        Self::accept(head).map_err(NoRequest::Refused)
    }

    fn accept(head: Head) -> Result<Self, StatusCode> {
        let line = RequestLine::parse(&head.start_line)?;
        if head.fields.len() > MOST_FIELDS {
            return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
        let hosts = head.values("Host").count();
        if !head.is_ascii() || hosts > 1 || (hosts == 0 && !line.http_1_0) {
            return Err(StatusCode::BAD_REQUEST);
        }
        let body = framing(&head)?;
        let ambiguous = body == Framing::Chunked && head.values("Content-Length").next().is_some();
        let close = line.http_1_0 || ambiguous || head.lists("Connection", "close");
        Ok(Self { line, head, body, close })
    }

    /// As ASP.NET Core's CORS middleware tells one: whether the route exists, or names the method, does not matter.
    pub(crate) fn is_preflight(&self) -> bool {
        let has = |name| self.head.values(name).next().is_some();
        self.line.method.eq_ignore_ascii_case("OPTIONS") && has("Origin") && has("Access-Control-Request-Method")
    }

    /// The proxy sends a request without a body again when the handler drops it.
    pub(crate) fn has_body(&self) -> bool {
        !matches!(self.body, Framing::None | Framing::Length(0))
    }
}

/// Judges a head, or what has come of it.
fn too_long(head: &[u8]) -> Option<StatusCode> {
    let line = find(head, b"\r\n").unwrap_or(head.len());
    if line > LONGEST_REQUEST_LINE {
        return Some(StatusCode::URI_TOO_LONG);
    }
    (head.len() - line > LONGEST_FIELDS).then_some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
}

/// RFC 9112 section 6.3.
fn framing(head: &Head) -> Result<Framing, StatusCode> {
    let lengths: Vec<_> = head.values("Content-Length").map(content_length).collect();
    let codings: Vec<_> = head.values("Transfer-Encoding").collect();
    match (codings.as_slice(), lengths.as_slice()) {
        ([], []) => Ok(Framing::None),
        ([], [Some(length)]) => Ok(Framing::Length(*length)),
        ([coding], [] | [Some(_)]) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        _ => Err(StatusCode::BAD_REQUEST),
    }
}
