//! Each message that is refused is an audit event: on both transports, in every revision, alone and in a batch.

use authorization_server::ground::EventName;
use serde_json::{Value, json};

use crate::{
    mcp::{Client, STATELESS, all, meta},
    rig::Edge,
    streams::Stream,
};

/// The reasons of the refusals since the last call. Each names its holder and this endpoint.
fn refusals(edge: &Edge, endpoint: &str) -> Vec<&'static str> {
    let events = edge.audit.take().into_iter().filter(|event| event.name == EventName::RequestRefused);
    let reason = |event: authorization_server::ground::AuditEvent| {
        assert_eq!(event.endpoint, Some(endpoint), "{event:?}");
        assert!(event.owner.is_some() && event.client.is_some() && event.grant.is_some(), "{event:?}");
        event.reason.unwrap()
    };
    events.map(reason).collect()
}

/// In an order of their own, because those of a batch come in any.
fn sorted(reasons: &[&'static str]) -> Vec<&'static str> {
    let mut reasons = reasons.to_vec();
    reasons.sort_unstable();
    reasons
}

fn request(id: u64, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

const MALFORMED_CALL: &str = "Invalid params: tools/call takes the name of a tool, and its arguments as an object";
const UNKNOWN_TOOL: &str = "Unknown tool";
const UNKNOWN_METHOD: &str = "the method does not exist";
const CURSOR: &str = "Invalid params: this server did not give that cursor";
const SAME_ID: &str = "Invalid Request: another request of this batch has the same id";
const INITIALIZE: &str = "Invalid Request: initialize must not be part of a batch";
const RESPONSE: &str = "Invalid Request: this server sends no requests, so it awaits no responses";

/// Requests that are refused when they are served, and why.
fn requests() -> [(&'static str, Value, &'static str); 6] {
    let tool = "get_graph_user_details";
    [
        ("tools/call", json!({ "name": tool, "arguments": [1] }), MALFORMED_CALL),
        ("tools/call", json!({ "name": 1 }), MALFORMED_CALL),
        ("tools/call", json!({ "name": "unknown" }), UNKNOWN_TOOL),
        ("tools/call", json!({ "name": "unknown", "_meta": { "progressToken": 1 } }), UNKNOWN_TOOL),
        ("tools/list", json!({ "cursor": "x" }), CURSOR),
        ("x/unknown", json!({}), UNKNOWN_METHOD),
    ]
}

/// Texts that are refused before that.
const TEXTS: [(&str, &str); 4] = [
    ("{", "the message is not JSON"),
    ("1", "Invalid Request"),
    (r#"{"jsonrpc":"2.0","id":1}"#, "Invalid Request"),
    (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, "Invalid Request"),
];

/// What rmcp does not read although it has the outline of a message.
const UNREADABLE: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","_meta":{},"_meta":{}}}"#;

#[tokio::test]
async fn each_message_that_is_refused_at_mcp_is_an_event() {
    let client = Client::new().await;
    client.edge.audit.take();
    for revision in all() {
        let version = ("mcp-protocol-version", revision);
        for (text, reason) in TEXTS {
            client.post(&[version], text).await;
            assert_eq!(refusals(&client.edge, "mcp"), [reason], "{revision} {text}");
        }
        client.post(&[version], r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).await;
        assert_eq!(refusals(&client.edge, "mcp").len(), 1, "{revision}: a response");
        client.post(&[version, ("accept", "text/html")], r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).await;
        assert_eq!(refusals(&client.edge, "mcp").len(), 1, "{revision}: the type of the answer");
        client.post(&[version, ("mcp-method", "tools/call"), ("mcp-name", "t")], UNREADABLE).await;
        assert_eq!(refusals(&client.edge, "mcp").len(), 1, "{revision}: unreadable");
        for (method, mut params, reason) in requests() {
            let name = params["name"].as_str().map(str::to_owned);
            let mut headers = vec![version, ("mcp-method", method)];
            headers.extend(name.as_deref().map(|name| ("mcp-name", name)));
            if revision == STATELESS {
                let own = params["_meta"].as_object().cloned().unwrap_or_default();
                params["_meta"] = meta();
                params["_meta"].as_object_mut().unwrap().extend(own);
            }
            client.post(&headers, &request(1, method, &params).to_string()).await;
            assert_eq!(refusals(&client.edge, "mcp"), [reason], "{revision} {method} {params}");
        }
    }
    let unknown = [("mcp-protocol-version", "1999-01-01")];
    client.post(&unknown, &request(1, "ping", &json!({})).to_string()).await;
    assert_eq!(refusals(&client.edge, "mcp"), ["Unsupported protocol version"]);
}

#[tokio::test]
async fn each_message_of_a_batch_that_is_refused_at_mcp_is_an_event() {
    let client = Client::new().await;
    client.edge.audit.take();
    let ping = |id| request(id, "ping", &json!({}));
    let batch_of_requests =
        requests().into_iter().zip(1..).map(|((method, params, _), id)| request(id, method, &params));
    let reasons_of_requests = requests().map(|(.., reason)| reason);
    for (batch, reasons) in [
        (json!([1]), &["Invalid Request"][..]),
        (json!([ping(1), ping(1)]), &[SAME_ID]),
        (json!([request(1, "initialize", &json!({})), ping(2)]), &[INITIALIZE]),
        (json!([]), &["Invalid Request: the batch is empty"]),
        (json!([{ "jsonrpc": "2.0", "id": 1, "result": {} }, ping(1)]), &[RESPONSE]),
        (Value::Array((1..22).map(ping).collect()), &["Invalid Request: a batch has at most 20 messages"]),
        (Value::Array(batch_of_requests.collect()), &reasons_of_requests),
    ] {
        client.post(&[("mcp-protocol-version", "2025-03-26")], &batch.to_string()).await;
        assert_eq!(sorted(&refusals(&client.edge, "mcp")), sorted(reasons), "{batch}");
    }
    client.post(&[("mcp-protocol-version", "2025-03-26")], &format!("[{UNREADABLE}]")).await;
    assert_eq!(refusals(&client.edge, "mcp"), ["Invalid Request"]);
    client.post(&[("mcp-protocol-version", "2025-06-18")], &json!([ping(1)]).to_string()).await;
    assert_eq!(refusals(&client.edge, "mcp"), ["Invalid Request: only MCP 2025-03-26 has batches"]);
}

/// An initialized session of HTTP+SSE.
async fn session(client: &Client) -> Stream {
    let mut stream = Stream::open(&client.edge, &client.token).await;
    let info = json!({ "name": "t", "version": "1" });
    let params = json!({ "protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": info });
    accepted(client, &stream, &request(0, "initialize", &params).to_string()).await;
    stream.message().await;
    accepted(client, &stream, r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    client.edge.audit.take();
    stream
}

async fn posted(client: &Client, stream: &Stream, text: &str) -> u16 {
    let request = crate::rig::request(http::Method::POST, &stream.endpoint);
    let request = request.header("authorization", format!("Bearer {}", client.token));
    let request = request.header("content-type", "application/json");
    client.edge.send(request.body(text.to_owned().into()).unwrap()).await.status
}

async fn accepted(client: &Client, stream: &Stream, text: &str) {
    assert_eq!(posted(client, stream, text).await, 202, "{text}");
}

#[tokio::test]
async fn each_message_that_is_refused_over_http_and_sse_is_an_event() {
    let client = Client::new().await;
    let mut stream = session(&client).await;
    for (text, reason) in TEXTS {
        assert_eq!(posted(&client, &stream, text).await, 400, "{text}");
        assert_eq!(refusals(&client.edge, "mcp/message"), [reason], "{text}");
    }
    for batch in ["[]", "[1]"] {
        assert_eq!(posted(&client, &stream, batch).await, 400, "{batch}");
        assert_eq!(refusals(&client.edge, "mcp/message").len(), 1, "{batch}");
    }
    for as_batch in [false, true] {
        for (method, params, reason) in requests() {
            let message = request(1, method, &params).to_string();
            accepted(&client, &stream, &if as_batch { format!("[{message}]") } else { message }).await;
            assert!(stream.message().await["error"].is_object(), "{method} {params}");
            assert_eq!(refusals(&client.edge, "mcp/message"), [reason], "{method} {params}");
        }
    }
    for _ in 0..2 {
        accepted(&client, &stream, UNREADABLE).await;
        assert_eq!(stream.message().await["error"]["code"], -32600);
        assert_eq!(refusals(&client.edge, "mcp/message"), ["Invalid Request"]);
    }
    let call = request(2, "tools/call", &json!({ "name": "get_graph_user_details" }));
    accepted(&client, &stream, &json!([call, call]).to_string()).await;
    assert_eq!(stream.message().await["error"]["code"], -32600);
    assert!(stream.message().await["result"].is_object());
    assert_eq!(refusals(&client.edge, "mcp/message"), ["Invalid Request: another request uses this id"]);
}

#[tokio::test]
async fn a_session_that_begins_with_another_message_than_initialize_is_an_event() {
    let client = Client::new().await;
    let mut stream = Stream::open(&client.edge, &client.token).await;
    client.edge.audit.take();
    accepted(&client, &stream, &request(1, "tools/list", &json!({})).to_string()).await;
    assert_eq!(stream.message().await["error"]["code"], -32602);
    assert_eq!(refusals(&client.edge, "mcp/message"), ["the parameters are not those of the method"]);
    let mut stream = Stream::open(&client.edge, &client.token).await;
    client.edge.audit.take();
    accepted(&client, &stream, r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#).await;
    stream.ends().await;
    assert_eq!(refusals(&client.edge, "mcp/message"), ["the first message was not initialize"]);
}

#[tokio::test]
async fn a_tool_that_fails_refuses_nothing() {
    let client = Client::new().await;
    client.edge.audit.take();
    let call = request(1, "tools/call", &json!({ "name": "get_graph_user_details" })).to_string();
    let answer = client.post(&[("mcp-protocol-version", "2025-11-25")], &call).await;
    assert_eq!(answer.json()["result"]["isError"], true, "{}", answer.body);
    assert!(refusals(&client.edge, "mcp").is_empty());
}
