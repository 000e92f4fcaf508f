//! `POST /mcp`: what is answered to each message, on each revision. Each answer fits the official schema of its revision.

use http::Method;
use serde_json::{Value, json};

use crate::rig::{Answer, Edge, empty, request};

/// The revisions with a handshake.
const WITH_HANDSHAKE: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
pub(crate) const STATELESS: &str = "2026-07-28";

pub(crate) struct Client {
    pub(crate) edge: Edge,
    pub(crate) token: String,
}

impl Client {
    pub(crate) async fn new() -> Self {
        let edge = Edge::new();
        let token = edge.access_token().await;
        Self { edge, token }
    }

    /// The answer to a text under these headers.
    pub(crate) async fn post(&self, headers: &[(&str, &str)], text: &str) -> Answer {
        let mut request = request(Method::POST, "/mcp").header("authorization", format!("Bearer {}", self.token));
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.edge.send(request.body(text.to_owned().into()).unwrap()).await
    }

    /// The status of the answer to a text under these headers, and its JSON, which fits the schema of the revision.
    async fn told(&self, revision: &str, headers: &[(&str, &str)], text: &str) -> (u16, Value) {
        let answer = self.post(headers, text).await;
        assert_eq!(answer.header("content-type"), "application/json", "{text}: {}", answer.body);
        let method =
            serde_json::from_str(text).map(|message: Value| message["method"].as_str().unwrap_or_default().to_owned());
        let checked = mcp_schema::check(revision, &method.unwrap_or_default(), &answer.json());
        assert_eq!(checked, Ok(()), "{revision} {text}");
        (answer.status, answer.json())
    }

    /// The answer to a request in this revision, with the headers and metadata that the revision demands.
    pub(crate) async fn ask(&self, revision: &str, method: &str, mut params: Value) -> (u16, Value) {
        let name = params["name"].as_str().map(str::to_owned);
        let mut headers = vec![("mcp-protocol-version", revision)];
        if revision == STATELESS {
            params["_meta"] = meta();
            headers.push(("mcp-method", method));
            headers.extend(name.as_deref().map(|name| ("mcp-name", name)));
        }
        let message = json!({ "jsonrpc": "2.0", "id": "a", "method": method, "params": params });
        let (status, answer) = self.told(revision, &headers, &message.to_string()).await;
        assert_eq!(answer["id"], "a", "{revision} {method}");
        (status, answer)
    }
}

pub(crate) fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "t", "version": "1" },
    })
}

fn call(arguments: &Value) -> Value {
    json!({ "name": "get_graph_user_details", "arguments": arguments })
}

pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    WITH_HANDSHAKE.into_iter().chain([STATELESS])
}

#[tokio::test]
async fn malformed_params_of_a_method_that_is_served_are_not_an_unknown_method() {
    let client = Client::new().await;
    for revision in all() {
        for params in [call(&json!([1])), call(&json!("x")), json!({ "name": 1 }), json!({})] {
            let (status, answer) = client.ask(revision, "tools/call", params.clone()).await;
            assert_eq!((status, answer["error"]["code"].as_i64()), (200, Some(-32602)), "{revision} {params}");
            let words = "Invalid params: tools/call takes the name of a tool, and its arguments as an object";
            assert_eq!(answer["error"]["message"], words);
        }
    }
}

#[tokio::test]
async fn an_unknown_tool_and_a_cursor_that_is_not_ours_are_invalid_params() {
    let client = Client::new().await;
    for revision in all() {
        for (method, params) in [
            ("tools/call", json!({ "name": "none", "arguments": {} })),
            ("tools/list", json!({ "cursor": "x" })),
            ("tools/list", json!({ "cursor": "" })),
        ] {
            let (status, answer) = client.ask(revision, method, params).await;
            assert_eq!((status, answer["error"]["code"].as_i64()), (200, Some(-32602)), "{revision} {method}");
        }
    }
}

#[tokio::test]
async fn a_text_that_is_no_message_is_answered_with_its_id_if_it_has_one() {
    let client = Client::new().await;
    for (text, code, id) in [
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32600, Some(json!(1))),
        (r#"{"jsonrpc":"2.0","id":"x","method":7}"#, -32600, Some(json!("x"))),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600, Some(json!(1))),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600, Some(json!(1))),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, None),
        (r#"{"jsonrpc":"2.0","id":[],"method":"ping"}"#, -32600, None),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, -32600, None),
        ("1", -32600, None),
        ("{}", -32600, None),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping""#, -32700, None),
        ("", -32700, None),
    ] {
        for revision in all() {
            let (status, answer) = client.told(revision, &[("mcp-protocol-version", revision)], text).await;
            assert_eq!((status, answer["error"]["code"].as_i64()), (400, Some(code)), "{text}");
            assert_eq!(answer.get("id"), id.as_ref(), "{text}");
        }
    }
}

#[tokio::test]
async fn an_unknown_method_is_named_briefly_and_is_404_only_without_a_handshake() {
    let client = Client::new().await;
    let long = "é".repeat(20_000);
    for method in [long.as_str(), "prompts/list", "completion/complete", "logging/setLevel", "tasks/get", "x"] {
        for revision in WITH_HANDSHAKE {
            let (status, answer) = client.ask(revision, method, json!({ "level": "debug" })).await;
            assert_eq!((status, answer["error"]["code"].as_i64()), (200, Some(-32601)), "{revision} {method}");
            let expected = format!("Method not found: {}", method.chars().take(100).collect::<String>());
            assert_eq!(answer["error"]["message"], expected, "{revision}");
        }
    }
    for method in
        [long.as_str(), "prompts/list", "initialize", "ping", "subscriptions/listen", "resources/subscribe", "x"]
    {
        for (headers, meta) in [
            (vec![("mcp-protocol-version", STATELESS)], json!({})),
            (vec![("mcp-protocol-version", STATELESS), ("mcp-method", "tools/list")], meta()),
            (vec![], meta()),
        ] {
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": { "_meta": meta } });
            let (status, answer) = client.told(STATELESS, &headers, &message.to_string()).await;
            assert_eq!((status, answer["error"]["code"].as_i64()), (404, Some(-32601)), "{method} {headers:?}");
            assert_eq!(answer["id"], 1);
        }
    }
}

#[tokio::test]
async fn a_revision_that_is_not_served_is_answered_with_those_that_are() {
    let client = Client::new().await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    let mut list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": meta() } });
    list["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2099-01-01".into();
    for message in [ping, list, json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })] {
        let headers = [("mcp-protocol-version", "2099-01-01"), ("mcp-method", "tools/list")];
        let (status, answer) = client.told(STATELESS, &headers, &message.to_string()).await;
        assert_eq!((status, answer["error"]["code"].as_i64()), (400, Some(-32022)), "{message}");
        assert_eq!(answer.get("id"), message.get("id"));
        let data = &answer["error"]["data"];
        assert_eq!(data["requested"], "2099-01-01");
        assert_eq!(data["supported"], json!(all().collect::<Vec<_>>()));
    }
}

#[tokio::test]
async fn the_handshake_chooses_a_revision_that_has_one() {
    let client = Client::new().await;
    for (asked, chosen) in WITH_HANDSHAKE
        .map(|revision| (revision, revision))
        .into_iter()
        .chain([(STATELESS, "2025-11-25"), ("2099-01-01", "2025-11-25")])
    {
        let params =
            json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        let (status, answer) = client.told(chosen, &[], &message.to_string()).await;
        assert_eq!((status, &answer["result"]["protocolVersion"]), (200, &chosen.into()), "{asked}");
    }
    let malformed = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} }).to_string();
    let (status, answer) = client.told("2025-11-25", &[], &malformed).await;
    assert_eq!((status, answer["error"]["code"].as_i64()), (200, Some(-32602)));
}

#[tokio::test]
async fn accept_counts_only_if_it_excludes_json() {
    let client = Client::new().await;
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let (status, answer) = client.told("2025-03-26", &[], ping).await;
    assert_eq!((status, &answer["result"]), (200, &json!({})));
    for (accept, expected) in [
        ("*/*", 200),
        ("application/json", 200),
        ("application/*, text/event-stream", 200),
        ("text/event-stream", 406),
        ("text/html", 406),
        ("application/json;q=0, */*", 406),
    ] {
        let (status, answer) = client.told("2025-03-26", &[("accept", accept)], ping).await;
        assert_eq!((status, &answer["id"]), (expected, &1.into()), "{accept}");
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_with_its_id() {
    let client = Client::new().await;
    for content_type in ["", "text/plain", "application/jsonp", "application/x-www-form-urlencoded"] {
        let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let (status, answer) = client.told("2025-03-26", &[("content-type", content_type)], ping).await;
        assert_eq!((status, &answer["id"]), (415, &1.into()), "{content_type}");
    }
}

/// Nor may a new server use the codes that SDKs have for errors of their own (MCP 2026-07-28, "Error Codes").
#[tokio::test]
async fn an_error_of_http_has_its_status_as_its_code() {
    let Client { edge, token } = Client::new().await;
    let (bearer, json) =
        (("authorization", format!("Bearer {token}")), ("content-type", "application/json".to_owned()));
    let header = |name: &'static str, value: &str| (name, value.to_owned());
    for (path, headers, status) in [
        ("/mcp", vec![json.clone()], 401),
        ("/mcp", vec![bearer.clone(), json.clone(), header("origin", "https://evil.example")], 403),
        ("/mcp", vec![bearer.clone(), json.clone(), header("accept", "text/html")], 406),
        ("/mcp", vec![bearer.clone(), header("content-type", "text/plain")], 415),
        ("/mcp/sse", vec![bearer.clone(), json.clone()], 404),
        ("/mcp/message", vec![bearer.clone(), json.clone()], 400),
        ("/mcp/message?sessionId=x", vec![bearer, json], 404),
    ] {
        let mut request = request(Method::POST, path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = edge.send(request.body(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.into()).unwrap()).await;
        assert_eq!((answer.status, answer.json()["error"]["code"].as_u64()), (status, Some(status.into())), "{path}");
    }
}

#[tokio::test]
async fn the_headers_of_the_stateless_revision_match_the_body() {
    let client = Client::new().await;
    let message = |method: &str, name: &str| {
        let params = json!({ "name": name, "arguments": {}, "_meta": meta() });
        json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
    };
    let version = ("mcp-protocol-version", STATELESS);
    let (call, list) = (("mcp-method", "tools/call"), ("mcp-method", "tools/list"));
    let (name, encoded) =
        (("mcp-name", "get_graph_user_details"), ("mcp-name", "=?base64?Z2V0X2dyYXBoX3VzZXJfZGV0YWlscw==?="));
    for (headers, expected) in [
        (vec![version, call, name], 200),
        (vec![version, call, encoded], 200),
        (vec![version, call], 400),
        (vec![version, name], 400),
        (vec![version, list, name], 400),
        (vec![version, call, ("mcp-name", "other")], 400),
        (vec![version, call, ("mcp-name", "=?base64?###?=")], 400),
        (vec![version, call, name, name], 400),
        (vec![version, call, call, name], 400),
        (vec![version, ("mcp-method", "Tools/Call"), name], 400),
        (vec![call, name], 400),
        (vec![("mcp-protocol-version", "2025-11-25"), call, name], 400),
        (vec![version, version, call, name], 400),
    ] {
        let (status, answer) = client.told(STATELESS, &headers, &message("tools/call", "get_graph_user_details")).await;
        let code = if expected == 200 { None } else { Some(-32020) };
        assert_eq!((status, answer["error"]["code"].as_i64()), (expected, code), "{headers:?}");
        assert_eq!(answer["id"], 1);
    }
    let (status, _) = client.told(STATELESS, &[version, list], &message("tools/list", "unread")).await;
    assert_eq!(status, 200, "tools/list names nothing");
}

#[tokio::test]
async fn a_request_without_the_metadata_of_its_revision_is_malformed() {
    let client = Client::new().await;
    let mut without = meta();
    without.as_object_mut().unwrap().remove("io.modelcontextprotocol/clientCapabilities");
    let header = ("mcp-protocol-version", STATELESS);
    for (headers, meta) in [
        (vec![header, ("mcp-method", "server/discover")], without),
        (vec![header, ("mcp-method", "server/discover")], json!({})),
        (vec![], json!({})),
    ] {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": { "_meta": meta } });
        let (status, answer) = client.told(STATELESS, &headers, &message.to_string()).await;
        assert_eq!((status, answer["error"]["code"].as_i64()), (400, Some(-32602)), "{headers:?}");
    }
}

#[tokio::test]
async fn a_notification_is_accepted_without_a_body_and_a_response_is_not_expected() {
    let client = Client::new().await;
    for method in ["notifications/initialized", "notifications/cancelled", "notifications/other"] {
        let text = json!({ "jsonrpc": "2.0", "method": method, "params": { "requestId": 7 } }).to_string();
        let answer = client.post(&[], &text).await;
        assert_eq!((answer.status, answer.body.as_str()), (202, ""), "{method}");
    }
    for text in [
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#,
        r#"{"jsonrpc":"1.0","id":1,"result":null}"#,
    ] {
        let (status, answer) = client.told("2025-03-26", &[], text).await;
        assert_eq!((status, answer["error"]["code"].as_i64()), (400, Some(-32600)), "{text}");
        assert_eq!(answer.get("id"), None, "a client could take it for the answer to its own request: {text}");
    }
}

#[tokio::test]
async fn a_get_and_a_head_of_the_endpoint_are_405_so_that_a_probe_goes_on() {
    let client = Client::new().await;
    for method in [Method::GET, Method::HEAD, Method::DELETE] {
        let answer = client.edge.send(empty(request(method.clone(), "/mcp"))).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST, OPTIONS"), "{method}");
        assert_eq!(mcp_schema::check("2025-11-25", "", &answer.json()), Ok(()), "{method}");
    }
}

/// The texts of an array of pings.
fn pings(count: usize) -> String {
    let pings: Vec<_> = (0..count).map(|id| json!({ "jsonrpc": "2.0", "id": id, "method": "ping" })).collect();
    Value::from(pings).to_string()
}

#[tokio::test]
async fn the_requests_of_a_batch_are_answered_in_their_order() {
    let client = Client::new().await;
    for headers in [&[][..], &[("mcp-protocol-version", "2025-03-26")]] {
        for count in [1, 2, 20] {
            let answer = client.post(headers, &pings(count)).await;
            let answers = answer.json();
            let answers = answers.as_array().unwrap_or_else(|| panic!("{}", answer.body));
            assert_eq!((answer.status, answers.len()), (200, count));
            for (id, answer) in answers.iter().enumerate() {
                assert_eq!(mcp_schema::check("2025-03-26", "ping", answer), Ok(()));
                assert_eq!(answer["id"], id);
            }
        }
    }
}

#[tokio::test]
async fn each_message_of_a_batch_is_judged_by_itself() {
    let client = Client::new().await;
    let batch = json!([
        { "jsonrpc": "2.0", "method": "notifications/initialized" },
        { "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "get_graph_user_details" } },
        { "jsonrpc": "2.0", "id": 2, "method": "none" },
        { "jsonrpc": "2.0", "id": 1, "method": "ping" },
        { "jsonrpc": "2.0", "id": 3, "method": "initialize", "params": {} },
        { "jsonrpc": "1.0", "id": 4, "method": "ping" },
        7,
        { "jsonrpc": "2.0", "id": 9, "result": {} },
        { "jsonrpc": "1.0", "id": 5, "result": {} },
        { "jsonrpc": "2.0", "id": 5, "method": "ping" },
    ]);
    let answer = client.post(&[], &batch.to_string()).await;
    let told: Vec<_> = answer
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| (answer["id"].as_i64(), answer["error"]["code"].as_i64()))
        .collect();
    let expected = [
        (Some(1), None),
        (Some(2), Some(-32601)),
        (Some(1), Some(-32600)),
        (Some(3), Some(-32600)),
        (Some(4), Some(-32600)),
        (None, Some(-32600)),
        (None, Some(-32600)),
        (Some(5), None),
    ];
    assert_eq!((answer.status, told.as_slice()), (200, expected.as_slice()));
}

#[tokio::test]
async fn a_batch_without_requests_is_accepted_and_one_that_is_none_is_refused() {
    let client = Client::new().await;
    let notifications = json!([{ "jsonrpc": "2.0", "method": "notifications/initialized" }]).to_string();
    let answer = client.post(&[], &notifications).await;
    assert_eq!((answer.status, answer.body.as_str()), (202, ""));
    for (text, code) in [("[]", -32600), (pings(21).as_str(), -32600), ("[{]", -32700)] {
        let (status, answer) = client.told("2025-03-26", &[], text).await;
        assert_eq!((status, answer["error"]["code"].as_i64(), answer.get("id")), (400, Some(code), None), "{text}");
    }
    for revision in all().filter(|revision| *revision != "2025-03-26") {
        let (status, answer) = client.told(revision, &[("mcp-protocol-version", revision)], &pings(2)).await;
        assert_eq!((status, answer["error"]["code"].as_i64()), (400, Some(-32600)), "{revision}");
    }
}

#[tokio::test]
async fn each_message_of_a_batch_counts_as_a_call() {
    let client = Client::new().await;
    // One client may make 300 calls a minute.
    for _ in 0..15 {
        assert_eq!(client.post(&[], &pings(20)).await.status, 200);
    }
    // Before the body is read, only the first message can count.
    for wait in ["1", "4"] {
        let refused = client.post(&[], &pings(20)).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, wait));
        client.edge.clock.advance(time::Duration::seconds(wait.parse().unwrap()));
    }
    assert_eq!(client.post(&[], &pings(20)).await.status, 200);
}

#[tokio::test]
async fn an_address_with_a_slash_at_its_end_is_the_same_endpoint() {
    let client = Client::new().await;
    let request = request(Method::POST, "/mcp/").header("authorization", format!("Bearer {}", client.token));
    let request = request.header("content-type", "application/json");
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let answer = client.edge.send(request.body(ping.into()).unwrap()).await;
    assert_eq!((answer.status, &answer.json()["result"]), (200, &json!({})));
}
