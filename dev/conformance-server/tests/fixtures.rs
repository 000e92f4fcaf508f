//! Properties of the fixture server that the suite does not check.
#![cfg(test)]

use std::collections::BTreeSet;

use conformance_server::{ConformanceServer, Way};
use driver::{
    Server,
    stream::{Stream, post},
};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// The tools that ask the client something while they run.
const ASKING: [&str; 4] =
    ["test_sampling", "test_elicitation", "test_elicitation_sep1034_defaults", "test_elicitation_sep1330_enums"];

fn request(server: &ConformanceServer, revision: &str, method: &str, params: Value) -> RequestBuilder {
    let mut params = params;
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": revision,
        "io.modelcontextprotocol/clientCapabilities": { "sampling": {}, "elicitation": {} },
    });
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    Client::new()
        .post(&server.url)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", revision)
        .header("mcp-method", method)
        .header("mcp-name", name)
        .json(&json!({ "jsonrpc": "2.0", "id": "the call", "method": method, "params": params }))
}

async fn call(server: &ConformanceServer, revision: &str, tool: &str, more: Value) -> Response {
    let mut params = json!({ "name": tool, "arguments": { "prompt": "p", "message": "m" } });
    params.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    request(server, revision, "tools/call", params).bearer_auth(&server.access_token).send().await.unwrap()
}

async fn result(server: &ConformanceServer, tool: &str, more: Value) -> Value {
    call(server, "2026-07-28", tool, more).await.json().await.unwrap()
}

#[tokio::test]
async fn a_call_that_asks_the_client_ends_with_an_error_because_there_is_no_session() {
    let server = ConformanceServer::start(Way::Direct).await.unwrap();
    for revision in ["2025-06-18", "2025-11-25", "2026-07-28"] {
        for tool in ASKING {
            let response = call(&server, revision, tool, json!({})).await;
            assert_eq!(response.headers()["content-type"], "application/json", "{tool}");
            let answer: Value = response.json().await.unwrap();
            assert_eq!(
                (&answer["id"], &answer["error"]["code"]),
                (&json!("the call"), &json!(-32603)),
                "{tool}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn over_http_sse_which_has_sessions_the_client_is_asked() {
    let server = ConformanceServer::start(Way::Direct).await.unwrap();
    let (base, token) = (Server::new(server.url.trim_end_matches("/mcp").to_owned()), &server.access_token);
    let mut stream = Stream::open(&base, token).await;
    let endpoint = stream.endpoint().await;
    let initialize = json!({
        "protocolVersion": "2024-11-05",
        "clientInfo": { "name": "test", "version": "1" },
        "capabilities": { "sampling": {} },
    });
    let call = json!({ "name": "test_sampling", "arguments": { "prompt": "Say hello" } });
    for message in [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call }),
    ] {
        assert_eq!(post(&base, &endpoint, token, &message).await, 202);
    }
    assert_eq!(stream.message().await["id"], 1);
    let asked = stream.message().await;
    assert_eq!(asked["method"], "sampling/createMessage");
    assert_eq!(asked["params"]["messages"][0]["content"]["text"], "Say hello");
    let content = json!({ "type": "text", "text": "Hello" });
    let sampled = json!({ "role": "assistant", "content": content, "model": "m", "stopReason": "endTurn" });
    let response = json!({ "jsonrpc": "2.0", "id": asked["id"], "result": sampled });
    assert_eq!(post(&base, &endpoint, token, &response).await, 202);
    let answer = stream.message().await;
    assert_eq!((&answer["id"], &answer["result"]["content"][0]["text"]), (&json!(2), &json!("LLM response: Hello")));
}

#[tokio::test]
async fn the_bearer_check_stands_before_the_fixtures() {
    let server = ConformanceServer::start(Way::Direct).await.unwrap();
    let list = || request(&server, "2026-07-28", "tools/list", json!({}));
    assert_eq!(list().send().await.unwrap().status(), 401);
    assert_eq!(list().bearer_auth("another").send().await.unwrap().status(), 401);
    assert_eq!(list().bearer_auth(&server.access_token).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_state_of_another_tool_is_refused() {
    let server = ConformanceServer::start(Way::Direct).await.unwrap();
    let (own, other) = ("test_input_required_result_request_state", "test_input_required_result_tampered_state");
    let asked = result(&server, own, json!({})).await;
    let answers = json!({
        "inputResponses": { "confirm": { "action": "accept", "content": { "ok": true } } },
        "requestState": asked["result"]["requestState"],
    });
    let confirmed = result(&server, own, answers.clone()).await;
    assert_eq!(confirmed["result"]["content"][0]["text"], "state-ok, and the answer is true");
    assert_eq!(result(&server, other, answers).await["error"]["code"], -32602);
}

#[tokio::test]
async fn each_list_has_its_fixtures_under_names_of_their_own() {
    let server = ConformanceServer::start(Way::Direct).await.unwrap();
    for (method, member, count) in [
        ("tools/list", "tools", 25),
        ("prompts/list", "prompts", 5),
        ("resources/list", "resources", 3),
        ("resources/templates/list", "resourceTemplates", 1),
    ] {
        let sent = request(&server, "2026-07-28", method, json!({})).bearer_auth(&server.access_token).send().await;
        let answer: Value = sent.unwrap().json().await.unwrap();
        let entries = answer["result"][member].as_array().unwrap();
        let names: BTreeSet<_> = entries.iter().map(|entry| entry["name"].as_str().unwrap()).collect();
        assert_eq!((entries.len(), names.len()), (count, count), "{names:?}");
    }
}
