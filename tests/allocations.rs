//! Allocations of a log line, and of a message. A test binary of its own, because it replaces the global allocator.
#![cfg(test)]

use std::{io, sync::Arc};

use authorization_server::ground::{AuditLog as _, EventName, Holder, Id, OperationalEvent};
use http::{HeaderMap, HeaderName};
use oauth_protocol::{client_metadata::ClientMetadata, issuer::BaseUrl, redirect_uri::PrivateUseSchemes};
use remote_auth_mcp::{
    json_cost::{message_cost, tree_cost},
    platform::SystemClock,
    telemetry::{AuditLines, JsonLines, TraceContext, request_span},
};
use rmcp::model::{CallToolRequest, ClientJsonRpcMessage, ListToolsRequest};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::{field::display, info, subscriber::with_default, warn};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt as _, registry};

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// How many allocations `log` makes within the span of a request, once the thread has logged before.
fn allocations(log: impl Fn()) -> u64 {
    let (writer, _guard) = NonBlocking::new(io::sink());
    let subscriber = registry().with(LevelFilter::INFO).with(JsonLines::new(writer, Arc::new(SystemClock)));
    let headers: HeaderMap =
        [(HeaderName::from_static("traceparent"), TRACEPARENT.parse().unwrap())].into_iter().collect();
    with_default(subscriber, || {
        request_span(TraceContext::of(&headers), Some("hash")).in_scope(|| {
            log();
            allocation_counter::measure(&log).count_total
        })
    })
}

#[test]
fn a_line_takes_at_most_two_allocations() {
    let (method, error) = (http::Method::POST, io::Error::from(io::ErrorKind::TimedOut));
    let of_request = allocations(|| {
        info!(target: "handler", %method, endpoint = "mcp", status = 200_u16, milliseconds = 12_i128, "request");
    });
    let of_failure = allocations(|| {
        warn!(target: "handler", %error, reason = "line\nbreak", ratio = 0.5, kid = ?Some("k"), "failed");
    });
    let [owner, grant, client] = [1, 2, 3].map(|byte| Id::from_bytes([byte; 16]));
    // As `ServedTool::call` writes it.
    let (event, tool, outcome) = (OperationalEvent::ToolCalled.as_str(), "get_graph_user_details", "answered");
    let of_call = allocations(|| {
        let grant = Some(display(grant));
        info!(target: "remote_auth_mcp", event, tool, outcome, milliseconds = 12_u64, grant, %client, "tool called");
    });
    let (lines, holder) = (AuditLines::new(Arc::new(SystemClock)), Holder { owner, client, grant: Some(grant) });
    let of_audit = allocations(|| lines.report(&EventName::GrantEnded.event().holder(holder).because("revoked")));
    let counts = [of_request, of_failure, of_call, of_audit];
    assert!(counts.iter().all(|count| (1..=2).contains(count)), "{counts:?} allocations");
}

/// A tool call whose argument is an array with this element so many times.
fn call(element: &str, times: usize) -> String {
    let elements = vec![element; times].join(",");
    let arguments = format!(r#"{{"a":[{elements}]}}"#);
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"x","_meta":{arguments},"arguments":{arguments}}}}}"#
    )
}

/// The most bytes that a text and what it is parsed to take at a time, and whether it can be parsed.
fn taken<T: DeserializeOwned>(text: &str) -> (usize, bool) {
    let mut is_read = false;
    let taken = allocation_counter::measure(|| {
        let text = text.as_bytes().to_vec();
        is_read = serde_json::from_slice::<T>(&text).is_ok();
    });
    (taken.bytes_max.try_into().unwrap(), is_read)
}

#[test]
fn a_message_takes_no_more_than_its_cost() {
    let elements = [
        "0",
        "null",
        "1.5e3",
        r#""""#,
        r#""long enough to be a string of its own""#,
        r#""\u0041\\\"{{{[[[,,,""#,
        "[]",
        "[[[[0]]]]",
        "{}",
        r#"{"a":0}"#,
        r#"{"a":{"b":{"c":{}}}}"#,
        r#"{"a":0,"b":1,"c":2,"d":3}"#,
    ];
    let mut costly = false;
    for element in elements {
        for times in [1, 10, 3_000] {
            let text = call(element, times);
            let (of_any, of_tools) = (message_cost(text.as_bytes()), tree_cost(text.as_bytes()));
            let (message, value) = (taken::<ClientJsonRpcMessage>(&text), taken::<Value>(&text));
            let request = taken::<CallToolRequest>(&text);
            println!("{element} {times}: {message:?} of {of_any}, {value:?} and {request:?} of {of_tools}");
            costly |= message.0 > of_any || value.0 > of_tools || request.0 > of_tools;
        }
    }
    assert!(!costly, "see above");
}

/// Long strings, most with escapes, of which a parser keeps copies.
fn long_strings() -> [String; 6] {
    let long = "x".repeat(60_000);
    [
        format!(r#""{long}""#),
        format!(r#""\n{long}""#),
        // The parser's buffer doubles for the last few.
        format!(r#""{}\n{}""#, &long[..33_700], &long[..100]),
        format!(r#""{}""#, "\\n".repeat(30_000)),
        format!(r#"{{"\n{long}":0}}"#),
        format!("[{}]", vec![r#""\nlong enough to be a string of its own""#; 1_400].join(",")),
    ]
}

#[test]
fn a_long_string_takes_no_more_than_its_cost_in_any_message() {
    let methods = [
        "ping",
        "initialize",
        "server/discover",
        "tools/call",
        "tools/list",
        "prompts/get",
        "resources/read",
        "completion/complete",
        "logging/setLevel",
        "x/unknown",
        "notifications/cancelled",
        "notifications/progress",
        "notifications/unknown",
    ];
    let mut costly = Vec::new();
    for long in long_strings() {
        let params = [
            format!(r#"{{"x":{long}}}"#),
            format!(r#"{{"_meta":{{"x":{long}}}}}"#),
            format!(r#"{{"name":"t","arguments":{{"x":{long}}}}}"#),
            format!(r#"{{"name":{long},"arguments":[]}}"#),
            format!(r#"{{"uri":{long}}}"#),
            format!(r#"{{"cursor":{long}}}"#),
            format!(r#"{{"requestId":1,"reason":{long}}}"#),
            format!(
                r#"{{"protocolVersion":"2025-03-26","capabilities":{{}},"clientInfo":{{"name":{long},"version":""}}}}"#
            ),
        ];
        let mut check = |text: &str| {
            let (bytes, is_read) = taken::<ClientJsonRpcMessage>(text);
            let cost = message_cost(text.as_bytes());
            if is_read && bytes > cost {
                costly.push((text[..80].to_owned(), bytes, cost));
            }
            let cost = tree_cost(text.as_bytes());
            let of_tools = [taken::<CallToolRequest>, taken::<ListToolsRequest>, taken::<Value>];
            let most = of_tools.map(|taken| taken(text).0).into_iter().max().unwrap();
            if text.contains("\"tools/") && most > cost {
                costly.push((text[..80].to_owned(), most, cost));
            }
        };
        for params in params {
            for method in methods {
                let id = if method.starts_with("notifications/") { "" } else { r#""id":1,"# };
                check(&format!(r#"{{"jsonrpc":"2.0",{id}"method":"{method}","params":{params}}}"#));
            }
        }
        check(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"x":{long}}}}}"#));
        check(&format!(r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":1,"message":"","data":{long}}}}}"#));
        check(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","other":{long}}}"#));
    }
    assert!(costly.is_empty(), "{costly:#?}");
}

#[test]
fn a_registration_takes_no_more_than_a_small_multiple_of_its_text() {
    let (base, schemes) = (BaseUrl::parse("https://mcp.example.com").unwrap(), PrivateUseSchemes::default());
    for element in [r#"{"a":0}"#, "[[]]", "0", r#""""#] {
        for member in ["redirect_uris", "contacts", "client_name", "unknown"] {
            let elements = vec![element; 4_000].join(",");
            let body = format!(r#"{{"{member}":[{elements}],"redirect_uris":["https://client.example/cb"]}}"#);
            let taken = allocation_counter::measure(|| {
                let _ = ClientMetadata::from_json(body.as_bytes(), &schemes, &base);
            });
            let most = 8 * 1024 + u64::try_from(body.len()).unwrap();
            assert!(taken.bytes_max <= most, "{element} in {member}: {} for {}", taken.bytes_max, body.len());
        }
    }
}
