//! The headers of a POST, and what 2026-07-28 demands of them.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, StatusCode, header};
use rmcp::model::{ProtocolVersion, ServerCapabilities};

use super::accept::{self, accepts};
use crate::mcp::{
    batch::{self, BatchError},
    envelope::Envelope,
    json_rpc::{Refusal, is_stateless_method, method_not_found, unsupported_revision},
};

const PROTOCOL_VERSION: &str = "MCP-Protocol-Version";
/// The revision of a POST that names none.
const DEFAULT_REVISION: ProtocolVersion = ProtocolVersion::V_2025_03_26;
/// Values that are no plain ASCII (Value Encoding of the transport).
const ENCODED: (&str, &str) = ("=?base64?", "?=");

/// Checks the headers that every POST must have about its content.
pub(super) fn check_content(headers: &HeaderMap) -> Result<(), Refusal> {
    if !accepts(headers, accept::JSON) {
        return Err(Refusal::of_http(
            StatusCode::NOT_ACCEPTABLE,
            "Not Acceptable: the Accept header excludes application/json",
        ));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = "Unsupported Media Type: the Content-Type must be application/json";
        return Err(Refusal::of_http(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    Ok(())
}

/// The revision that the header names, or that of a POST without one.
pub(super) fn revision(headers: &HeaderMap) -> Result<ProtocolVersion, Refusal> {
    named_revision(headers)?.map_or(Ok(DEFAULT_REVISION), known)
}

/// Checks that the revision of a POST has batches.
pub(super) fn check_has_batches(headers: &HeaderMap) -> Result<(), Refusal> {
    revision(headers)?;
    if batch::is_known_to(headers) { Ok(()) } else { Err(BatchError::OTHER_REVISION.into()) }
}

/// The revision of a request to a server with these capabilities. Its headers match its body if that revision demands it.
pub(super) fn revision_of_request(
    headers: &HeaderMap,
    envelope: &Envelope,
    capabilities: &ServerCapabilities,
) -> Result<ProtocolVersion, Refusal> {
    let (of_header, of_body) = (named_revision(headers)?, envelope.revision.as_deref());
    let method = envelope.method.as_deref().unwrap_or_default();
    let mut named = [of_header, of_body].into_iter().flatten();
    let is_named_stateless = named.any(is_stateless);
    if is_named_stateless && !is_stateless_method(method, capabilities) {
        return Err(Refusal { status: StatusCode::NOT_FOUND, error: method_not_found(method) });
    }
    // The handshake itself chooses among the revisions that have one.
    if method == "initialize" {
        return Ok(DEFAULT_REVISION);
    }
    if of_body.is_some() && of_body != of_header {
        let message = "the MCP-Protocol-Version header does not match the request's _meta".to_owned();
        return Err(Refusal::header_mismatch(message));
    }
    if is_named_stateless {
        check_method_and_name(headers, envelope, method)?;
    }
    match of_header {
        Some(revision) => known(revision),
        None if method == "server/discover" => Ok(ProtocolVersion::V_2026_07_28),
        None => Ok(DEFAULT_REVISION),
    }
}

fn named_revision(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    one_value(headers, PROTOCOL_VERSION)
}

fn known(revision: &str) -> Result<ProtocolVersion, Refusal> {
    let known = ProtocolVersion::KNOWN_VERSIONS.iter().find(|known| known.as_str() == revision).cloned();
    known.ok_or_else(|| Refusal::bad_request(unsupported_revision(revision)))
}

fn is_stateless(revision: &str) -> bool {
    ProtocolVersion::KNOWN_VERSIONS.iter().any(|known| known.as_str() == revision && !known.has_initialize())
}

fn check_method_and_name(headers: &HeaderMap, envelope: &Envelope, method: &str) -> Result<(), Refusal> {
    check_mirrored(headers, "Mcp-Method", Some(method))?;
    check_mirrored(headers, "Mcp-Name", name(envelope, method))
}

/// The value that `Mcp-Name` repeats.
fn name<'a>(envelope: &'a Envelope, method: &str) -> Option<&'a str> {
    match method {
        "tools/call" | "prompts/get" => envelope.name.as_deref(),
        "resources/read" => envelope.uri.as_deref(),
        _ => None,
    }
}

/// A header repeats a member of the body, for programs on the way that do not read bodies.
fn check_mirrored(headers: &HeaderMap, name: &'static str, member: Option<&str>) -> Result<(), Refusal> {
    let Some(member) = member else { return Ok(()) };
    match one_value(headers, name)?.map(decoded) {
        Some(Some(value)) if value == member => Ok(()),
        Some(_) => Err(Refusal::header_mismatch(format!("the {name} header does not match the body"))),
        None => Err(Refusal::header_mismatch(format!("the {name} header is missing"))),
    }
}

/// A value without its Value Encoding; `None` if it is not Base64, or no text.
pub(super) fn decoded(value: &str) -> Option<String> {
    let encoded = value.strip_prefix(ENCODED.0).and_then(|rest| rest.strip_suffix(ENCODED.1));
    let Some(encoded) = encoded else { return Some(value.to_owned()) };
    String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()
}

/// The value of a header that is not repeated.
pub(super) fn one_value<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    match first.to_str() {
        Ok(first) if values.next().is_none() => Ok(Some(first.trim())),
        _ => Err(Refusal::header_mismatch(format!("the {name} header is repeated, or is not ASCII text"))),
    }
}
