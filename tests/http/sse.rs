//! GET /mcp/sse and POST /mcp/message (HTTP+SSE, MCP 2024-11-05).

use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    browser::tokens,
    deployment::{Deployment, USER, tool_call},
};

/// A stream, read event by event.
struct Stream {
    answer: Response,
    text: String,
}

impl Stream {
    async fn open(server: &Deployment, token: &str) -> Self {
        let answer = server.get("/mcp/sse").bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Self { answer, text: String::new() }
    }

    /// The next event's name and data; `None` when the stream has ended.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let parsed = field("event: ").zip(field("data: "));
                self.text = rest.to_owned();
                if parsed.is_some() {
                    return parsed;
                }
            } else {
                let chunk = self.answer.chunk().await.ok()??;
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        }
    }

    async fn endpoint(&mut self) -> String {
        let (event, data) = self.next().await.unwrap();
        assert_eq!(event, "endpoint");
        data
    }

    async fn message(&mut self) -> Value {
        let (event, data) = self.next().await.unwrap();
        assert_eq!(event, "message");
        serde_json::from_str(&data).unwrap()
    }
}

async fn post(server: &Deployment, endpoint: &str, token: &str, message: &Value) -> u16 {
    server.post(endpoint).bearer_auth(token).json(message).send().await.unwrap().status().as_u16()
}

pub(crate) fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": { "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } },
    })
}

#[tokio::test]
async fn a_tool_is_called_beside_the_stream_and_answered_on_it() {
    let server = Deployment::start().await;
    let token = tokens(&server).await.access_token;
    let mut stream = Stream::open(&server, &token).await;
    let headers = stream.answer.headers().clone();
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
    for _ in 0..32 {
        streams.push(Stream::open(&server, &token).await);
    }
    let answer = server.get("/mcp/sse").bearer_auth(&token).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (503, true));
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
