//! Which fields pass the proxy, and which it adds.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use uuid::Uuid;

use crate::head::{Field, Head};
use crate::{body::Framing, path, request::Request};

/// The version of the host whose behaviour was recorded.
const HOST_VERSION: &str = "4.1054.250.26428";

/// Hop-by-hop fields, and such as the proxy treats so, in both directions.
const NOT_PASSED: [&str; 14] = [
    "Alt-Svc",
    "Connection",
    "HTTP2-Settings",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authentication-Info",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Proxy-Features",
    "Proxy-Instruction",
    "TE",
    "Transfer-Encoding",
    "Upgrade",
    "Upgrade-Insecure-Requests",
];

/// Fields of a request that the proxy writes itself.
const REPLACED: [&str; 10] = [
    "Content-Length",
    "Forwarded",
    "Host",
    "traceparent",
    "X-Azure-Functions-HostVersion",
    "X-Azure-Functions-InvocationId",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
];

/// The head that the handler gets. On Flex Consumption the front end names host and scheme.
pub(crate) fn for_handler(request: &Request, handler: SocketAddr, caller: IpAddr, on_flex: bool) -> String {
    let first = |name| request.head.values(name).next();
    let named = |name| if on_flex { first(name) } else { None };
    let invocation = Uuid::new_v4();
    let own = [
        ("Host", handler.to_string()),
        ("X-Azure-Functions-HostVersion", HOST_VERSION.to_owned()),
        ("X-Azure-Functions-InvocationId", invocation.to_string()),
        ("X-Forwarded-For", caller.to_string()),
        ("X-Forwarded-Host", named("DISGUISED-HOST").or(first("Host")).unwrap_or_default().to_owned()),
        ("X-Forwarded-Proto", named("X-Forwarded-Proto").unwrap_or("http").to_owned()),
        ("traceparent", traceparent(first("traceparent"))),
    ];
    let (path, query) = (path::encode(&request.line.path), path::encode_query(&request.line.query));
    let mut head = format!("{} {path}{query} HTTP/1.1\r\n", request.line.method);
    for (name, value) in own {
        push(&mut head, name, &value);
    }
    for field in joined(passed(&request.head).filter(|field| !is_any(field, &REPLACED))) {
        push(&mut head, &field.name, &field.value);
    }
    if first("x-ms-invocation-id").is_none() {
        push(&mut head, "x-ms-invocation-id", &invocation.to_string());
    }
    push_framing(&mut head, request);
    head + "\r\n"
}

/// The fields of an answer that the client gets, without its framing.
pub(crate) fn for_client(answer: &Head) -> Vec<Field> {
    passed(answer).filter(|field| !field.is("Content-Length")).cloned().collect()
}

pub(crate) fn passed(head: &Head) -> impl Iterator<Item = &Field> {
    head.fields.iter().filter(|field| !is_any(field, &NOT_PASSED))
}

pub(crate) fn is_any(field: &Field, names: &[&str]) -> bool {
    names.iter().any(|name| field.is(name))
}

/// A field sent several times arrives once.
fn joined<'a>(fields: impl Iterator<Item = &'a Field>) -> Vec<Field> {
    let mut joined: Vec<Field> = Vec::new();
    for field in fields {
        match joined.iter_mut().find(|earlier| earlier.is(&field.name)) {
            Some(earlier) => {
                earlier.value.push_str(if field.is("Cookie") { "; " } else { ", " });
                earlier.value.push_str(&field.value);
            }
            None => joined.push(field.clone()),
        }
    }
    joined
}

fn push_framing(head: &mut String, request: &Request) {
    let length = request.head.values("Content-Length").next().unwrap_or_default();
    match request.body {
        Framing::Chunked if !length.is_empty() => {
            push(head, "Transfer-Encoding", "chunked");
            push(head, "X-Content-Length", length);
        }
        Framing::Chunked => push(head, "Transfer-Encoding", "chunked"),
        Framing::Length(length @ 1..) => push(head, "Content-Length", &length.to_string()),
        // The proxy's HTTP client says so for every method that may well have a body.
        _ if !["GET", "HEAD", "DELETE", "OPTIONS"].contains(&request.line.method.as_str()) => {
            push(head, "Content-Length", "0");
        }
        _ => {}
    }
}

/// W3C Trace Context: the host is a span of its own within the caller's trace.
fn traceparent(given: Option<&str>) -> String {
    let span = Uuid::new_v4().simple().to_string();
    let span = span.get(..16).unwrap_or_default();
    let trace = given.and_then(|given| given.split('-').nth(1)).filter(|trace| trace.len() == 32);
    let trace = trace.map_or_else(|| Uuid::new_v4().simple().to_string(), str::to_owned);
    format!("00-{trace}-{span}-00")
}

pub(crate) fn push(head: &mut String, name: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = write!(head, "{name}: {value}\r\n");
}
