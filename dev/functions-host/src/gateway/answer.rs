//! The gateway's own answers. `infra/policies/api.xml` says what errors look like, and the test below holds this file
//! against it; for a path without an operation there is no policy, and API Management's own words stand. A client that
//! closes its connection is answered nothing.

use bytes::Bytes;
use http::StatusCode;

use crate::answer::push_server_fields;
use crate::headers::push;
use crate::request::Request;

/// The operations whose answers are pages for people.
const PAGES: [&str; 4] = ["/authorize", "/consent", "/oauth-callback", "/connections"];

type Fields = &'static [(&'static str, &'static str)];

const PAGE_FIELDS: Fields = &[
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
];
const JSON_FIELDS: Fields = &[
    ("Content-Type", "application/json"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "retry-after"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
];

/// What an error says: on a page, and elsewhere.
struct Words {
    page: &'static str,
    json: &'static str,
}

const TOO_MANY: Words = Words {
    page: r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>Too many requests</title><h1>Too many requests</h1><p>Too many requests came from your network. Try again in a minute.</p></html>"#,
    json: r#"{"error":"temporarily_unavailable","error_description":"too many requests from one address; try again later"}"#,
};
const UNAVAILABLE: Words = Words {
    page: r#"<!doctype html><html lang="en"><meta charset="utf-8"><title>Temporarily unavailable</title><h1>Temporarily unavailable</h1><p>This server cannot be reached at the moment. Try again in a few seconds.</p></html>"#,
    json: r#"{"error":"temporarily_unavailable","error_description":"the gateway cannot reach this server; try again in a few seconds"}"#,
};

/// A path or method that no operation has.
pub(super) fn not_found(request: &Request) -> Bytes {
    const BODY: &str = r#"{ "statusCode": 404, "message": "Resource not found" }"#;
    own(request, StatusCode::NOT_FOUND, &[("Content-Type", "application/json")], BODY, None)
}

/// An address called too often.
pub(super) fn too_many(request: &Request, seconds: u64) -> Bytes {
    error(request, StatusCode::TOO_MANY_REQUESTS, &TOO_MANY, seconds)
}

/// The host does not answer, or the gateway has no token.
pub(crate) fn unavailable(request: &Request) -> Bytes {
    error(request, StatusCode::SERVICE_UNAVAILABLE, &UNAVAILABLE, 5)
}

fn error(request: &Request, status: StatusCode, words: &Words, retry_after: u64) -> Bytes {
    let path = request.line.path.trim_end_matches('/');
    let is_page = PAGES.iter().any(|page| page.eq_ignore_ascii_case(path));
    let (fields, body) = if is_page { (PAGE_FIELDS, words.page) } else { (JSON_FIELDS, words.json) };
    own(request, status, fields, body, Some(retry_after))
}

fn own(request: &Request, status: StatusCode, fields: Fields, body: &str, retry_after: Option<u64>) -> Bytes {
    let mut head = format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    push(&mut head, "Content-Length", &body.len().to_string());
    for (name, value) in fields {
        push(&mut head, name, value);
    }
    if let Some(seconds) = retry_after {
        push(&mut head, "Retry-After", &seconds.to_string());
    }
    push_server_fields(&mut head, request.close, |name| name == "Server");
    let body = if request.line.method == "HEAD" { "" } else { body };
    Bytes::from(format!("{head}\r\n{body}"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn errors_are_those_of_the_policy() {
        let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/policies/api.xml");
        let policy = fs::read_to_string(policy).unwrap();
        let (_, on_error) = policy.split_once("<on-error>").unwrap();
        let responses: Vec<&str> = on_error.split("<return-response>").skip(1).collect();
        let stated = |status: u16, retry_after: &str, fields: Fields, body: &str| {
            let header =
                |name, value| format!("<set-header name=\"{name}\" exists-action=\"override\"><value>{value}</value>");
            let retry_after = header("Retry-After", retry_after);
            let fields = fields.iter().map(|(name, value)| header(name, value));
            let mut parts = vec![format!("code=\"{status}\""), retry_after, format!("<![CDATA[{body}]]>")];
            parts.extend(fields);
            parts
        };
        let from_limit = "@(context.Variables.ContainsKey(\"retry-after\") ? context.Variables[\"retry-after\"].ToString() : \"60\")";
        let expected = [
            stated(429, from_limit, PAGE_FIELDS, TOO_MANY.page),
            stated(429, from_limit, JSON_FIELDS, TOO_MANY.json),
            stated(503, "5", PAGE_FIELDS, UNAVAILABLE.page),
            stated(503, "5", JSON_FIELDS, UNAVAILABLE.json),
        ];
        assert_eq!(responses.len(), expected.len());
        for (response, parts) in responses.into_iter().zip(expected) {
            assert_eq!(response.matches("<set-header ").count(), parts.len() - 2, "{response}");
            for part in parts {
                assert!(response.contains(&part), "{part}\n{response}");
            }
        }
        let unanswered =
            r#"@(!new[] { "OperationNotFound", "ClientConnectionFailure" }.Contains(context.LastError.Reason))"#;
        assert!(on_error.contains(unanswered));
        let pages = PAGES.map(|page| format!("\"{page}\"")).join(", ");
        assert!(on_error.contains(&format!("new[] {{ {pages} }}.Contains(")));
    }
}
