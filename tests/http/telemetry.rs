//! The lines on stdout, as Application Insights gets them.

use local_tenant::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    browser::tokens,
    deployment::{Deployment, tool_call},
    stream::initialize,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER_TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "00f067aa0ba902b7";

fn traceparent(trace: &str) -> String {
    format!("00-{trace}-{SPAN}-01")
}

/// The handler's lines; the host's own are no JSON.
async fn lines(server: &Deployment) -> Vec<Value> {
    server.whole_log().await.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The lines of a trace.
async fn of_trace(server: &Deployment, trace: &str) -> Vec<Value> {
    lines(server).await.into_iter().filter(|line| line["trace_id"] == trace).collect()
}

/// The first line with this message.
async fn logged(server: &Deployment, message: &str) -> Value {
    lines(server).await.into_iter().find(|line| line["message"] == message).unwrap()
}

/// The chunk of a stream with this in it.
async fn until(stream: &mut reqwest::Response, text: &str) -> String {
    loop {
        let chunk = stream.chunk().await.unwrap().unwrap_or_else(|| panic!("the stream ended without {text}"));
        let chunk = String::from_utf8(chunk.to_vec()).unwrap();
        if chunk.contains(text) {
            return chunk;
        }
    }
}

#[tokio::test]
async fn a_line_carries_the_trace_of_its_request_and_the_span_of_the_host() {
    let server = Deployment::start_behind_gateway(|_| {}).await;
    for trace in [TRACE, OTHER_TRACE] {
        server.get("/health").header("traceparent", traceparent(trace)).send().await.unwrap();
    }
    for trace in [TRACE, OTHER_TRACE] {
        let logged = of_trace(&server, trace).await;
        let [line] = logged.as_slice() else { panic!("{logged:?}") };
        assert_eq!((&line["message"], &line["endpoint"]), (&"request".into(), &"health".into()));
        let span = line["span_id"].as_str().unwrap();
        assert!(span.len() == 16 && span != SPAN, "the host is a span of its own: {span}");
    }
}

#[tokio::test]
async fn log_lines_of_a_tool_have_the_trace_of_the_call() {
    let server = Deployment::start_behind_gateway(|_| {}).await;
    let tokens = tokens(&server).await;
    for (message, trace) in [(tool_call(), TRACE), (json!([tool_call()]), OTHER_TRACE)] {
        let refused = Fault::Status { status: 403, body: String::new() };
        server.tenant.as_ref().unwrap().fail_next(Endpoint::GraphMe, 1, refused).unwrap();
        // Without a version it is of 2025-03-26, which has batches.
        let call =
            server.post("/mcp").bearer_auth(&tokens.access_token).json(&message).header("accept", driver::mcp::ACCEPT);
        let call = call.header("traceparent", traceparent(trace));
        assert_eq!(call.send().await.unwrap().status(), 200);
        let logged = of_trace(&server, trace).await;
        let messages: Vec<_> = logged.iter().map(|line| line["message"].as_str().unwrap()).collect();
        let (failed, rest) = messages.split_at(messages.len() - 2);
        assert_eq!(rest, ["tool called", "request"], "{message}");
        // There is one line a second.
        assert!(trace != TRACE || failed.contains(&"request to an API failed"), "{failed:?}");
    }
}

/// Opens a stream in one trace, and initializes its session. Returns the endpoint of its messages, too.
async fn stream_of_trace(server: &Deployment, token: &str) -> (reqwest::Response, String) {
    let stream = server.get("/mcp/sse").bearer_auth(token).header("traceparent", traceparent(TRACE));
    let mut stream = stream.send().await.unwrap();
    let endpoint = until(&mut stream, "/mcp/message").await.trim().rsplit(' ').next().unwrap().to_owned();
    post(server, &endpoint, token, &initialize()).await;
    until(&mut stream, "protocolVersion").await;
    post(server, &endpoint, token, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    (stream, endpoint)
}

/// Posts in the other trace.
async fn post(server: &Deployment, endpoint: &str, token: &str, message: &Value) {
    let post = server.post(endpoint).bearer_auth(token).header("traceparent", traceparent(OTHER_TRACE));
    assert_eq!(post.json(message).send().await.unwrap().status(), 202);
}

#[tokio::test]
async fn a_tool_called_beside_a_stream_logs_with_the_trace_of_the_post() {
    let server = Deployment::start_behind_gateway(|_| {}).await;
    let token = tokens(&server).await.access_token;
    let (mut stream, endpoint) = stream_of_trace(&server, &token).await;
    let refused = Fault::Status { status: 403, body: String::new() };
    server.tenant.as_ref().unwrap().fail_next(Endpoint::GraphMe, 1, refused).unwrap();
    post(&server, &endpoint, &token, &tool_call()).await;
    until(&mut stream, "isError").await;
    let of_tool = logged(&server, "request to an API failed").await;
    assert_eq!(of_tool["trace_id"], OTHER_TRACE);
}

#[tokio::test]
async fn a_call_that_is_refused_beside_a_stream_is_reported_in_the_trace_of_the_post() {
    let limits = [("MCP_LIMITS", "tool-calls-at-once=1")];
    let server = Deployment::start_behind_gateway_with(&limits, |_| {}).await;
    let (token, tenant) = (tokens(&server).await.access_token, server.tenant.as_ref().unwrap());
    let (mut stream, endpoint) = stream_of_trace(&server, &token).await;
    tenant.fail_next(Endpoint::GraphMe, 1, Fault::Held).unwrap();
    post(&server, &endpoint, &token, &tool_call()).await;
    tenant.until_held(1).await;
    let mut another = tool_call();
    another["id"] = "another".into();
    post(&server, &endpoint, &token, &another).await;
    until(&mut stream, "Too many of your tool calls").await;
    tenant.clear_faults();
    let reached = logged(&server, "limit reached").await;
    assert_eq!((&reached["reason"], &reached["trace_id"]), (&"tool-calls-at-once".into(), &OTHER_TRACE.into()));
    assert!(reached["caller"].is_string(), "{reached}");
}

#[tokio::test]
async fn log_lines_outside_of_requests_have_no_trace() {
    let server = Deployment::start().await;
    let serving = logged(&server, "serving").await;
    assert_eq!((&serving["trace_id"], &serving["span_id"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn past_the_gateway_a_caller_does_not_choose_the_trace() {
    let server = Deployment::start_behind_gateway(|_| {}).await;
    let past = server.http.get(format!("{}/health", server.host.host_url()));
    assert_eq!(past.header("traceparent", traceparent(TRACE)).send().await.unwrap().status(), 403);
    let lines = lines(&server).await;
    let refused = lines.iter().find(|line| line["event"] == "past_the_gateway").unwrap();
    assert_eq!(refused["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!((&refused["span_id"], &refused["caller"]), (&Value::Null, &Value::Null));
    assert!(lines.iter().all(|line| line["trace_id"] != TRACE), "{refused}");
}

#[tokio::test]
async fn without_a_gateway_each_request_has_a_trace_of_our_own() {
    let server = Deployment::start().await;
    for _ in 0..2 {
        server.get("/health").header("traceparent", traceparent(TRACE)).send().await.unwrap();
    }
    let lines = lines(&server).await;
    let requests: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
    let [first, second, ..] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(first["trace_id"].is_string() && first["trace_id"] != TRACE && first["span_id"].is_null(), "{first}");
    assert_ne!(first["trace_id"], second["trace_id"]);
}

#[tokio::test]
async fn an_audit_event_names_the_caller_by_a_hash_of_its_address() {
    let server = Deployment::start_behind_gateway(|_| {}).await;
    server.register().await;
    server.register().await;
    let lines = lines(&server).await;
    let callers: Vec<_> = lines.iter().filter(|line| line["event"] == "client_registered").collect();
    let [first, second] = callers.as_slice() else { panic!("{callers:?}") };
    assert_eq!((first["caller"].as_str().unwrap().len(), &first["caller"]), (16, &second["caller"]));
    assert!(lines.iter().all(|line| line["target"] == "audit" || line["caller"].is_null()), "only audit events do");
}

#[tokio::test]
async fn a_method_that_a_caller_made_up_is_not_in_the_log() {
    let server = Deployment::start().await;
    let method = reqwest::Method::from_bytes(b"SUCH-A-METHOD").unwrap();
    server.http.request(method, format!("{}/health", server.url)).send().await.unwrap();
    let log = server.whole_log().await;
    assert!(log.contains(r#""method":"other""#) && !log.contains("SUCH-A-METHOD"), "{log}");
}
