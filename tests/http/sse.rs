//! GET /mcp/sse and POST /mcp/message (HTTP+SSE, MCP 2024-11-05).

use local_tenant::{Endpoint, Fault};
use serde_json::json;
use stand_in::wait::until;

use crate::{
    browser::tokens,
    deployment::{Deployment, USER, tool_call},
    stream::{Stream, initialize, post},
};

#[tokio::test]
async fn a_tool_is_called_beside_the_stream_and_answered_on_it() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let mut stream = Stream::open(&server, &token).await;
    let headers = stream.headers.clone();
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(headers["cache-control"], "no-cache, no-store");
    assert_eq!(headers["x-accel-buffering"], "no");
    let endpoint = stream.endpoint().await;
    assert!(endpoint.starts_with("/mcp/message?sessionId="), "{endpoint}");
    assert_eq!(post(&server, &endpoint, &token, &initialize()).await, 202);
    assert_eq!(stream.message().await["result"]["protocolVersion"], "2024-11-05");
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(post(&server, &endpoint, &token, &initialized).await, 202);
    assert_eq!(post(&server, &endpoint, &token, &tool_call()).await, 202);
    assert_eq!(stream.message().await["result"]["structuredContent"]["userPrincipalName"], USER);
}

#[tokio::test]
async fn requests_of_2026_07_28_are_answered_on_the_stream_without_a_handshake() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let mut stream = Stream::open(&server, &token).await;
    let endpoint = stream.endpoint().await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let discover = json!({ "jsonrpc": "2.0", "id": "d", "method": "server/discover", "params": { "_meta": meta } });
    let mut call = tool_call();
    call["params"]["_meta"] = meta;
    // Twice, because rmcp's service loop ends when the session is idle.
    for _ in 0..2 {
        assert_eq!(post(&server, &endpoint, &token, &discover).await, 202);
        let found = stream.message().await;
        assert_eq!(found["id"], "d");
        assert!(found["result"]["supportedVersions"].to_string().contains("2026-07-28"), "{found}");
        assert_eq!(post(&server, &endpoint, &token, &call).await, 202);
        assert_eq!(stream.message().await["result"]["structuredContent"]["userPrincipalName"], USER);
    }
}

#[tokio::test]
async fn without_a_token_the_challenge_names_the_streams_own_metadata() {
    let server = Deployment::start().await;
    let answers = [
        server.get("/mcp/sse").send().await.unwrap(),
        server.post("/mcp/message?sessionId=x").json(&initialize()).send().await.unwrap(),
    ];
    for answer in answers {
        assert_eq!(answer.status(), 401);
        let challenge = answer.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("/.well-known/oauth-protected-resource/mcp/sse\""), "{challenge}");
    }
}

#[tokio::test]
async fn only_the_streams_owner_and_client_can_post_to_it() {
    let server = Deployment::start().await;
    let mine = tokens(&server).await;
    let other_client = tokens(&server).await;
    let mut stream = Stream::open(&server, &mine.access_token).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(&server, &endpoint, &other_client.access_token, &initialize()).await, 404);
    assert_eq!(post(&server, &endpoint, &mine.access_token, &initialize()).await, 202);
}

#[tokio::test]
async fn a_message_to_no_session_or_without_sense_is_refused() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    for (session, status) in [
        ("?sessionId=AAAAAAAAAAAAAAAAAAAAAA", 404),
        ("?sessionId=x", 404),
        ("", 400),
        ("?sessionId=a&sessionId=b", 400),
    ] {
        assert_eq!(post(&server, &format!("/mcp/message{session}"), &token, &initialize()).await, status, "{session}");
    }
    let mut stream = Stream::open(&server, &token).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(&server, &endpoint, &token, &json!({ "not": "a message" })).await, 400);
    let huge = server.post(&endpoint).bearer_auth(&token).body("x".repeat(1_100_000)).send().await.unwrap();
    assert_eq!(huge.status(), 413);
}

#[tokio::test]
async fn a_session_ends_with_its_stream() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let mut stream = Stream::open(&server, &token).await;
    let endpoint = stream.endpoint().await;
    drop(stream);
    while post(&server, &endpoint, &token, &initialize()).await != 404 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn one_owner_cannot_open_streams_without_end() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let mut streams = Vec::new();
    for _ in 0..16 {
        streams.push(Stream::open(&server, &token).await);
    }
    let answer = server.get("/mcp/sse").bearer_auth(&token).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (429, true));
}

#[tokio::test]
async fn a_kill_ends_open_streams() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let mut stream = Stream::open(&server, &token).await;
    stream.endpoint().await;
    server.host.kill(0).await;
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_session_of_another_instance_is_unknown_where_there_is_only_one() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let mut stream = Stream::open(&server, &token).await;
    let endpoint = stream.endpoint().await;
    let (path, session) = endpoint.split_once("sessionId=").unwrap();
    let (instance, sealed) = session.split_once('.').unwrap();
    assert!(session.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{session}");
    let elsewhere = instance.chars().rev().collect::<String>();
    let others = [format!("{elsewhere}.{sealed}"), format!("AAAAAAAAAAAAAAAAAAAAAA.{sealed}"), sealed.to_owned()];
    for other in others {
        assert_eq!(post(&server, &format!("{path}sessionId={other}"), &token, &initialize()).await, 404, "{other}");
    }
    assert_eq!(post(&server, &endpoint, &token, &initialize()).await, 202);
}

#[tokio::test]
async fn nothing_that_a_client_sends_is_logged() {
    const MARKER: &str = "b8c1f-marker";
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let mut stream = Stream::open(&server, &token).await;
    let endpoint = stream.endpoint().await;
    post(&server, &endpoint, &token, &initialize()).await;
    stream.message().await;
    let params = json!({ "name": MARKER, "arguments": { MARKER: MARKER } });
    let refused = json!({ "jsonrpc": "2.0", "id": MARKER, "method": "tools/call", "params": params });
    post(&server, &endpoint, &token, &refused).await;
    assert_eq!(stream.message().await["id"], MARKER);
    server.mcp(&token, &refused).send().await.unwrap();
    for first in [
        json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "data": MARKER } }),
        json!({ "jsonrpc": "2.0", "id": 1, "result": { "data": MARKER } }),
        json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": 1, "message": MARKER } }),
    ] {
        let mut stream = Stream::open(&server, &token).await;
        let endpoint = stream.endpoint().await;
        assert_eq!(post(&server, &endpoint, &token, &first).await, 202);
        assert_eq!(stream.next().await, None);
    }
    // Of three within a second, one line is written.
    until(async || server.log().contains("SSE session not initialized")).await;
    let log = server.log();
    assert!(!log.contains(MARKER), "{:?}", log.lines().find(|line| line.contains(MARKER)));
}

/// Bytes of memory that the handler of this deployment holds.
#[cfg(target_os = "linux")]
fn resident(server: &Deployment) -> usize {
    let is_handler = |process: &std::path::Path| {
        let environment = std::fs::read(process.join("environ")).unwrap_or_default();
        let ours = format!("PUBLIC_BASE_URL={}", server.url).into_bytes();
        environment.split(|byte| *byte == 0).any(|variable| variable == ours)
    };
    let mut processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let status = std::fs::read_to_string(processes.find(|path| is_handler(path)).unwrap().join("status")).unwrap();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim();
    kilobytes.strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn messages_that_wait_take_no_more_memory_than_their_text() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    server.tenant.as_ref().unwrap().fail_next(Endpoint::GraphMe, 128, Fault::Held).unwrap();
    let large = json!({ "name": "get_graph_user_details", "_meta": { "padding": "x".repeat(40_000) } });
    let large = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": large });
    let mut streams = Vec::new();
    for _ in 0..8 {
        let mut stream = Stream::open(&server, &token).await;
        let endpoint = stream.endpoint().await;
        post(&server, &endpoint, &token, &initialize()).await;
        stream.message().await;
        for _ in 0..16 {
            assert_eq!(post(&server, &endpoint, &token, &tool_call()).await, 202);
        }
        streams.push((stream, endpoint));
    }
    let before = resident(&server);
    for (_, endpoint) in &streams {
        for _ in 0..4 {
            assert_eq!(post(&server, endpoint, &token, &large).await, 202);
        }
    }
    let more = resident(&server).saturating_sub(before);
    // Parsing leaves some memory to the allocator, whether or not anything is kept.
    assert!(more < 30_000_000, "1.3 MB wait in {more} bytes");
}
