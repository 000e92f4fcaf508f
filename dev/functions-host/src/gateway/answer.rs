//! The gateway's own answers: the errors that `infra/policies/api.xml` states. A path without an operation has no policy, and
//! API Management's own words stand. A client that closes its connection is answered nothing.

use std::sync::LazyLock;

use bytes::Bytes;
use http::StatusCode;
use roxmltree::{Document, Node};

use crate::{answer::push_server_fields, headers::push, request::Request};

#[expect(clippy::expect_used, reason = "the file is compiled in, and tests ask for each of its errors")]
static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let text = include_str!("../../../../infra/policies/api.xml");
    Policy::read(text).expect("infra/policies/api.xml has the shape that is read here")
});

struct Policy {
    /// The operations whose answers are pages for people.
    pages: Vec<String>,
    /// How the paths of MCP begin.
    mcp: String,
    errors: Vec<Stated>,
}

/// A `return-response`.
struct Stated {
    status: StatusCode,
    fields: Vec<(String, String)>,
    body: String,
}

impl Policy {
    fn read(text: &str) -> Option<Self> {
        let document = Document::parse(text).ok()?;
        let set = |name| named(document.root(), "set-variable").find(|set| set.attribute("name") == Some(name));
        let (is_page, is_mcp) = (set("is-page")?.attribute("value")?, set("is-mcp")?.attribute("value")?);
        let pages = is_page.split('"').filter(|text| text.starts_with('/')).map(str::to_owned).collect();
        let mcp = is_mcp.split_once(".UrlTemplate.StartsWith(\"")?.1.split_once("\")")?.0.to_owned();
        let errors = named(document.root(), "return-response").map(Stated::read).collect::<Option<_>>()?;
        Some(Self { pages, mcp, errors })
    }

    fn error(&self, request: &Request, status: StatusCode) -> Option<&Stated> {
        let path = request.line.path.trim_end_matches('/');
        let is_page = self.pages.iter().any(|page| page.eq_ignore_ascii_case(path));
        let kind = (status, is_page, path.to_ascii_lowercase().starts_with(&self.mcp));
        self.errors.iter().find(|error| (error.status, error.is_page(), error.is_json_rpc()) == kind)
    }
}

impl Stated {
    fn read(response: Node<'_, '_>) -> Option<Self> {
        let header = |header: Node<'_, '_>| {
            Some((header.attribute("name")?.to_owned(), named(header, "value").next()?.text()?.to_owned()))
        };
        Some(Self {
            status: named(response, "set-status").next()?.attribute("code")?.parse().ok()?,
            fields: named(response, "set-header").map(header).collect::<Option<_>>()?,
            body: named(response, "set-body").next()?.text()?.to_owned(),
        })
    }

    fn is_json_rpc(&self) -> bool {
        self.body.contains("\"jsonrpc\"")
    }

    fn is_page(&self) -> bool {
        self.fields.iter().any(|(name, value)| name == "Content-Type" && value.starts_with("text/html"))
    }
}

fn named<'a, 'input: 'a>(node: Node<'a, 'input>, name: &'static str) -> impl Iterator<Item = Node<'a, 'input>> {
    node.descendants().filter(move |node| node.has_tag_name(name))
}

/// A path or method that no operation has.
pub(super) fn not_found(request: &Request) -> Bytes {
    const BODY: &str = r#"{ "statusCode": 404, "message": "Resource not found" }"#;
    own(request, StatusCode::NOT_FOUND, [("Content-Type", "application/json")].into_iter(), BODY)
}

/// An address called too often.
pub(super) fn too_many(request: &Request, seconds: u64) -> Bytes {
    error(request, StatusCode::TOO_MANY_REQUESTS, &seconds.to_string())
}

/// The host does not answer, or the gateway has no token.
pub(crate) fn unavailable(request: &Request) -> Bytes {
    error(request, StatusCode::SERVICE_UNAVAILABLE, "")
}

/// The one expression in the policy's errors is the wait of an address that called too often.
#[expect(clippy::expect_used, reason = "tests ask for each error of the policy")]
fn error(request: &Request, status: StatusCode, wait: &str) -> Bytes {
    let Stated { fields, body, .. } = POLICY.error(request, status).expect("the policy states this error");
    let value = |value| if str::starts_with(value, "@(") { wait } else { value };
    own(request, status, fields.iter().map(|(name, stated)| (name.as_str(), value(stated))), body)
}

fn own<'a>(
    request: &Request,
    status: StatusCode,
    fields: impl Iterator<Item = (&'a str, &'a str)>,
    body: &str,
) -> Bytes {
    let mut head = format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    push(&mut head, "Content-Length", &body.len().to_string());
    fields.for_each(|(name, value)| push(&mut head, name, value));
    push_server_fields(&mut head, request.close, |name| name == "Server");
    let body = if request.line.method == "HEAD" { "" } else { body };
    Bytes::from(format!("{head}\r\n{body}"))
}
