//! What each result says of itself, on every revision and over both transports: 2026-07-28 has a type on each, and its server's
//! name; the lists say how long they may be kept. No earlier revision has any of it.

use serde_json::{Value, json};

use crate::{
    mcp::{Client, STATELESS, all, meta},
    streams::{Stream, post},
};

const SERVER_INFO: &str = "/_meta/io.modelcontextprotocol~1serverInfo";

/// The requests of a revision, in this order. With a progress token a request is served by rmcp's service loop on both transports.
fn requests(revision: &str) -> Vec<Value> {
    let handshake = json!({
        "protocolVersion": revision, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" },
    });
    let first = if revision == STATELESS {
        vec![("server/discover", json!({}))]
    } else {
        vec![("initialize", handshake), ("ping", json!({}))]
    };
    let others = [
        ("tools/list", json!({})),
        ("tools/list", json!({ "_meta": { "progressToken": 1 } })),
        ("tools/call", json!({ "name": "get_graph_user_details" })),
        ("tools/call", json!({ "name": "get_graph_user_details", "_meta": { "progressToken": 2 } })),
    ];
    let all = first.into_iter().chain(others).enumerate();
    let requests = all.map(|(id, (method, mut params))| {
        if revision == STATELESS {
            let mut all = meta();
            all.as_object_mut().unwrap().extend(params["_meta"].as_object().cloned().unwrap_or_default());
            params["_meta"] = all;
        }
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
    });
    requests.collect()
}

async fn over_streamable_http(client: &Client, revision: &str) -> Vec<Value> {
    let mut answers = Vec::new();
    for request in requests(revision) {
        let method = request["method"].as_str().unwrap();
        let name = request["params"]["name"].as_str().map(|name| ("mcp-name", name));
        let headers = [("mcp-protocol-version", revision), ("mcp-method", method)];
        let headers: Vec<_> = headers.into_iter().chain(name).collect();
        answers.push(client.post(&headers, &request.to_string()).await.json());
    }
    answers
}

async fn over_http_sse(client: &Client, revision: &str) -> Vec<Value> {
    let mut stream = Stream::open(&client.edge, &client.token).await;
    let mut answers = Vec::new();
    for request in requests(revision) {
        assert_eq!(post(&client.edge, &stream.endpoint, &client.token, &request).await.status, 202);
        answers.push(stream.message().await);
        if request["method"] == "initialize" {
            let initialized = driver::mcp::initialized();
            assert_eq!(post(&client.edge, &stream.endpoint, &client.token, &initialized).await.status, 202);
        }
    }
    answers
}

/// The server's name and title, the type, and how long and for whom a result may be kept.
fn said(result: &Value) -> [Option<&Value>; 5] {
    let info = |member: &str| result.pointer(&format!("{SERVER_INFO}/{member}"));
    [info("name"), info("title"), result.get("resultType"), result.get("ttlMs"), result.get("cacheScope")]
}

fn check(transport: &str, revision: &str, answers: &[Value]) {
    let requests = requests(revision);
    assert_eq!(answers.len(), requests.len());
    for (request, answer) in requests.iter().zip(answers) {
        let method = request["method"].as_str().unwrap();
        let (case, result) = (format!("{transport} {revision} {method}: {answer}"), &answer["result"]);
        assert_eq!(mcp_schema::check(revision, method, answer), Ok(()), "{case}");
        assert_eq!((&answer["id"], result.is_object()), (&request["id"], true), "{case}");
        let [name, title, kind, ttl, scope] = said(result);
        if revision == STATELESS {
            assert_eq!(name.zip(title), Some((&"remote-auth-mcp".into(), &"Test server".into())), "{case}");
            assert_eq!(kind, Some(&"complete".into()), "{case}");
            let kept = ttl.and_then(Value::as_u64).zip(scope.and_then(Value::as_str));
            let is_kept = ["server/discover", "tools/list"].contains(&method);
            assert_eq!(kept.is_some(), is_kept, "{case}");
            assert!(method != "tools/list" || kept == Some((300_000, "public")), "{case}");
        } else {
            assert_eq!(said(result), [None; 5], "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_result_says_what_its_revision_has_and_no_more() {
    let client = Client::new().await;
    for revision in all() {
        check("Streamable HTTP", revision, &over_streamable_http(&client, revision).await);
        check("HTTP+SSE", revision, &over_http_sse(&client, revision).await);
    }
}
