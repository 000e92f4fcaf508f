//! POST /mcp never fails with 5xx. It answers what is not JSON with a parse error, and nothing that rmcp does not read as a
//! message of a client; a notification, which has no effect, it may accept all the same. The answer to a request has the
//! request's id.
#![no_main]

use std::{cell::OnceCell, slice};

use fuzz::{kept, mcp, principal, run, sealer};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use libfuzzer_sys::fuzz_target;
use remote_auth_mcp::mcp::{Call, CallError, Mcp};
use rmcp::model::ClientJsonRpcMessage;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

thread_local! {
    static SERVER: OnceCell<Mcp> = const { OnceCell::new() };
}

const LAST_REVISION: &str = "2026-07-28";

/// Batches are of one revision only. Of a message whose `_meta` names the last revision, headers repeat parts, as that demands.
fn headers(text: &[u8]) -> HeaderMap {
    let message: Value = serde_json::from_slice(text).unwrap_or_default();
    let params = &message["params"];
    let is_of_last = params["_meta"]["io.modelcontextprotocol/protocolVersion"] == LAST_REVISION;
    let revision = match text.trim_ascii_start() {
        [b'[', ..] => "2025-03-26",
        _ if is_of_last => LAST_REVISION,
        _ => "2025-06-18",
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("mcp-protocol-version", HeaderValue::from_static(revision));
    for (name, member) in [("mcp-method", &message["method"]), ("mcp-name", &params["name"])] {
        if let Some(value) = member.as_str().and_then(|member| HeaderValue::from_str(member).ok()) {
            headers.insert(name, value);
        }
    }
    headers
}

/// Status and body; `None` if the message would take too much memory, or needs a scope that the token lacks.
async fn answer(mcp: &Mcp, text: &[u8]) -> Option<(StatusCode, Vec<u8>)> {
    let call = Call { headers: headers(text), body: kept(text), principal: principal() };
    match mcp.streamable_http.call(call).await {
        Ok(response) => {
            let status = response.status();
            let body = response.into_body().collect().await.expect("a body cannot fail");
            Some((status, body.to_bytes().to_vec()))
        }
        Err(CallError::TooLarge | CallError::InsufficientScope(_) | CallError::InsufficientClaims(_)) => None,
        Err(error @ (CallError::Exhausted | CallError::Stopping)) => panic!("{error:?}"),
    }
}

fuzz_target!(|data: &[u8]| {
    let server = || mcp(sealer(), None, &CancellationToken::new());
    let answered = SERVER.with(|cell| run(async { answer(cell.get_or_init(server), data).await }));
    let Some((status, body)) = answered else { return };
    assert!(!status.is_server_error(), "{status}");
    let body = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let sent = serde_json::from_slice::<Value>(data);
    // Of a batch, each message has its own error.
    let errors = body.as_array().map_or(slice::from_ref(&body), Vec::as_slice);
    let says_no_json = errors.iter().any(|answer| answer["error"]["code"] == -32700);
    assert_eq!(says_no_json, sent.is_err(), "{status} {body}");
    if !status.is_success() || body.is_array() || sent.is_ok_and(|sent| sent.is_array()) {
        return;
    }
    let Ok(message) = serde_json::from_slice(data) else {
        assert_eq!(status, StatusCode::ACCEPTED, "rmcp reads what is answered: {body}");
        return;
    };
    if let ClientJsonRpcMessage::Request(request) = message {
        assert_eq!(body["jsonrpc"], "2.0");
        assert_eq!(body["id"], serde_json::to_value(request.id).expect("an id is JSON"), "{body}");
    }
});
