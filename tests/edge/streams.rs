//! The stream of HTTP+SSE on the wire: its comments, and every way in which it ends.

use std::{num::NonZeroU32, time::Duration};

use authorization_server::ground::{EventName, lifetimes::ACCESS_TOKEN_LIFETIME};
use driver::sse::events_in;
use http::{Method, header};
use http_body_util::BodyExt as _;
use remote_auth_mcp::config::Limits;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};
use warp::reply::Response;

use crate::{
    blocks::block,
    rig::{Answer, Edge, empty, json, request},
};

const KEEP_ALIVE: &str = ": keep-alive\n\n";
/// A comment is sent so often.
const INTERVAL: Duration = Duration::from_secs(15);
/// The grant of an open stream is checked so often.
const RECHECK: Duration = Duration::from_secs(30);

/// A stream ends when that has failed for so long.
const UNCHECKED: Duration = Duration::from_mins(1);

const NO_SESSION: &str = "no such session; open the stream again";

/// An open stream, after its first event.
pub(crate) struct Stream {
    response: Response,
    pub(crate) endpoint: String,
}

impl Stream {
    pub(crate) async fn open(edge: &Edge, token: &str) -> Self {
        let request = request(Method::GET, "/mcp/sse").header(header::AUTHORIZATION, format!("Bearer {token}"));
        let mut stream = Self { response: edge.head(empty(request)).await, endpoint: String::new() };
        assert_eq!(stream.response.status(), 200);
        let (event, endpoint) = events_in(&stream.next().await.unwrap()).remove(0);
        assert_eq!(event, "endpoint");
        Self { endpoint, ..stream }
    }

    /// The next part, or nothing if the stream has ended.
    async fn next(&mut self) -> Option<String> {
        let frame = self.response.frame().await?.unwrap();
        Some(String::from_utf8(frame.into_data().unwrap().into()).unwrap())
    }

    /// The next message, past comments.
    pub(crate) async fn message(&mut self) -> Value {
        loop {
            let part = self.next().await.expect("a message");
            if let Some((event, data)) = events_in(&part).pop() {
                assert_eq!(event, "message");
                return serde_json::from_str(&data).unwrap();
            }
            assert_eq!(part, KEEP_ALIVE);
        }
    }

    /// Waits for the end of the stream, with nothing but comments on it.
    pub(crate) async fn ends(&mut self) {
        self.left().await;
    }

    /// How long the stream stays open, with nothing but comments on it.
    async fn left(&mut self) -> Duration {
        let began = Instant::now();
        while let Some(part) = self.next().await {
            assert_eq!(part, KEEP_ALIVE);
        }
        began.elapsed()
    }

    /// Whether it stays open for this long.
    async fn lasts(&mut self, time: Duration) -> bool {
        timeout(time, self.left()).await.is_err()
    }
}

pub(crate) async fn post(edge: &Edge, endpoint: &str, token: &str, message: &Value) -> Answer {
    let request = request(Method::POST, endpoint).header(header::AUTHORIZATION, format!("Bearer {token}"));
    edge.send(json(request, message)).await
}

async fn revoke(edge: &Edge, client_id: &str, token: &SecretString) {
    let form = [("client_id", client_id), ("token", token.expose_secret())];
    assert_eq!(edge.post("/revoke", &form).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_stream_begins_with_its_endpoint_and_is_never_cached_or_buffered() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let stream = Stream::open(&edge, &token).await;
    assert!(stream.endpoint.starts_with("/mcp/message?sessionId="), "{}", stream.endpoint);
    let header = |name: &str| stream.response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-cache, no-store");
    assert_eq!(header("x-accel-buffering"), "no");
    assert_eq!(header("x-content-type-options"), "nosniff");
}

#[tokio::test(start_paused = true)]
async fn an_operator_sets_how_many_streams_a_process_has() {
    let edge = Edge::limited(Limits { process_streams: NonZeroU32::MIN, ..Limits::default() });
    let token = edge.access_token().await;
    let _stream = Stream::open(&edge, &token).await;
    edge.audit.take();
    let another = request(Method::GET, "/mcp/sse").header(header::AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(edge.send(empty(another)).await.status, 503);
    let events: Vec<_> = edge.audit.take().iter().map(|event| (event.name, event.endpoint, event.reason)).collect();
    assert_eq!(events, [(EventName::LimitReached, Some("mcp/sse"), Some("process-streams"))]);
}

#[tokio::test]
async fn an_operator_sets_how_many_connections_a_process_has() {
    let edge = Edge::limited(Limits { connections: NonZeroU32::MIN, ..Limits::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    edge.serve(listener);
    let [mut first, mut second] =
        [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
    for stream in [&mut second, &mut first] {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: mcp.example.com\r\n\r\n").await.unwrap();
    }
    first.read_exact(&mut [0; 12]).await.unwrap();
    for _ in 0..20 {
        first.write_all(b"GET / HTTP/1.1\r\nHost: mcp.example.com\r\n\r\n").await.unwrap();
        first.readable().await.unwrap();
        let _ = first.try_read(&mut [0; 4_096]);
    }
    let waits = second.try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock);
    let events = edge.audit.events();
    let of_connections = events.iter().filter(|event| event.name == EventName::LimitReached);
    assert_eq!(of_connections.map(|event| event.reason).collect::<Vec<_>>(), [Some("connections")]);
    drop(first);
    second.read_exact(&mut [0; 12]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_gets_a_comment_every_fifteen_seconds() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let mut stream = Stream::open(&edge, &token).await;
    for _ in 0..20 {
        let began = Instant::now();
        assert_eq!(stream.next().await.as_deref(), Some(KEEP_ALIVE));
        let silent = began.elapsed();
        assert!(silent <= INTERVAL && silent + Duration::from_millis(2) >= INTERVAL, "{silent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_access_token() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let lifetime: Duration = ACCESS_TOKEN_LIFETIME.try_into().unwrap();
    let mut fresh = Stream::open(&edge, &token).await;
    let left = fresh.left().await;
    assert!(left <= lifetime && left + Duration::from_secs(1) > lifetime, "{left:?}");
    edge.clock.advance(ACCESS_TOKEN_LIFETIME / 2);
    let mut later = Stream::open(&edge, &token).await;
    let left = later.left().await;
    assert!(left <= lifetime / 2 && left + Duration::from_secs(1) > lifetime / 2, "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_soon_after_its_grant_and_another_goes_on() {
    let edge = Edge::new();
    let (one, other) = (edge.sign_in().await.unwrap(), edge.sign_in().await.unwrap());
    let mut revoked = Stream::open(&edge, one.tokens.access_token.expose_secret()).await;
    let mut kept = Stream::open(&edge, other.tokens.access_token.expose_secret()).await;
    assert_eq!(tokio::join!(revoked.lasts(RECHECK * 2), kept.lasts(RECHECK * 2)), (true, true));
    revoke(&edge, &one.client_id, &one.tokens.refresh_token).await;
    let (left, lasts) = tokio::join!(revoked.left(), kept.lasts(RECHECK * 2));
    assert!(left <= RECHECK && lasts, "{left:?}");
}

/// The grant is checked while the client is waited for.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_keeps_the_stream_of_a_revoked_grant_no_longer() {
    let edge = Edge::new();
    let signed_in = edge.sign_in().await.unwrap();
    let _stream = Stream::open(&edge, signed_in.tokens.access_token.expose_secret()).await;
    // By now a comment waits to be read, and the next one to be sent.
    sleep(RECHECK + Duration::from_secs(1)).await;
    revoke(&edge, &signed_in.client_id, &signed_in.tokens.refresh_token).await;
    assert_eq!(edge.app.mcp.sse.open_streams(), 1);
    sleep(RECHECK).await;
    assert_eq!(edge.app.mcp.sse.open_streams(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_a_blocked_application_ends_soon() {
    let edge = Edge::new();
    let signed_in = edge.sign_in().await.unwrap();
    let mut stream = Stream::open(&edge, signed_in.tokens.access_token.expose_secret()).await;
    assert!(stream.lasts(RECHECK * 2).await);
    block(&edge, &signed_in.client_id).await;
    assert!(stream.left().await <= RECHECK);
}

#[tokio::test(start_paused = true)]
async fn in_a_short_outage_of_the_store_a_stream_stays_and_a_post_is_503() {
    let edge = Edge::new();
    let signed_in = edge.sign_in().await.unwrap();
    let token = signed_in.tokens.access_token.expose_secret();
    let mut stream = Stream::open(&edge, token).await;
    edge.set_store_down(true);
    assert!(stream.lasts(Duration::from_secs(59)).await);
    // By now the grant that was read lately is not believed any more.
    edge.clock.advance(time::Duration::minutes(1));
    let answer = post(&edge, &stream.endpoint, token, &driver::mcp::initialize()).await;
    let words = "a service behind this server does not answer; try again in a few seconds";
    assert_eq!((answer.status, answer.words()), (503, words.into()));
    edge.set_store_down(false);
    assert!(stream.lasts(UNCHECKED * 2).await);
    revoke(&edge, &signed_in.client_id, &signed_in.tokens.refresh_token).await;
    assert!(stream.left().await <= RECHECK);
}

/// Its owner may have revoked the grant meanwhile, and an operator may have blocked the application.
#[tokio::test(start_paused = true)]
async fn a_stream_whose_grant_could_not_be_checked_for_a_minute_ends() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let mut stream = Stream::open(&edge, &token).await;
    assert!(stream.lasts(UNCHECKED * 2 + Duration::from_secs(1)).await);
    edge.set_store_down(true);
    let left = stream.left().await;
    assert!(left <= UNCHECKED && left + RECHECK > UNCHECKED, "{left:?}");
    assert_eq!(post(&edge, &stream.endpoint, &token, &driver::mcp::initialize()).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_its_client_does_not_read_ends_with_its_access_token_too() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    edge.clock.advance(ACCESS_TOKEN_LIFETIME - time::Duration::seconds(40));
    let stream = Stream::open(&edge, &token).await;
    // By now a comment waits to be read, and the next one to be sent.
    sleep(Duration::from_secs(39)).await;
    assert_eq!(post(&edge, &stream.endpoint, &token, &driver::mcp::initialize()).await.status, 202);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(post(&edge, &stream.endpoint, &token, &driver::mcp::initialize()).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_when_the_handler_stops() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let mut stream = Stream::open(&edge, &token).await;
    edge.stop.cancel();
    assert_eq!(stream.next().await, None);
    let answer = post(&edge, &stream.endpoint, &token, &driver::mcp::initialize()).await;
    assert_eq!((answer.status, &answer.json()["error"]["message"]), (404, &NO_SESSION.into()));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_its_client_does_not_read_for_a_minute_is_closed() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let stream = Stream::open(&edge, &token).await;
    sleep(INTERVAL * 3).await;
    assert_eq!(post(&edge, &stream.endpoint, &token, &driver::mcp::initialize()).await.status, 202);
    sleep(Duration::from_mins(2)).await;
    assert_eq!(post(&edge, &stream.endpoint, &token, &driver::mcp::initialize()).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_the_connection_of_its_stream() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let stream = Stream::open(&edge, &token).await;
    let endpoint = stream.endpoint.clone();
    drop(stream);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(post(&edge, &endpoint, &token, &driver::mcp::initialize()).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_post_is_accepted_before_it_is_answered_on_the_stream() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let mut stream = Stream::open(&edge, &token).await;
    let accepted = post(&edge, &stream.endpoint, &token, &driver::mcp::initialize()).await;
    assert_eq!((accepted.status, accepted.body.as_str()), (202, "Accepted"));
    assert_eq!(accepted.header("content-type"), "text/plain");
    assert_eq!(stream.message().await["result"]["serverInfo"]["title"], "Test server");
    assert_eq!(post(&edge, &stream.endpoint, &token, &driver::mcp::initialized()).await.status, 202);
}

#[tokio::test(start_paused = true)]
async fn errors_on_the_stream_have_the_codes_of_streamable_http() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let mut stream = Stream::open(&edge, &token).await;
    for message in [driver::mcp::initialize(), driver::mcp::initialized()] {
        assert_eq!(post(&edge, &stream.endpoint, &token, &message).await.status, 202);
    }
    stream.message().await;
    for (method, params, code) in [
        ("tools/call", json!({ "name": "none" }), -32602),
        ("tools/call", json!({ "name": "get_graph_user_details", "arguments": [1] }), -32602),
        ("tools/list", json!({ "cursor": "x" }), -32602),
        ("prompts/list", json!({}), -32601),
        ("x", json!({}), -32601),
    ] {
        let message = json!({ "jsonrpc": "2.0", "id": 5, "method": method, "params": params });
        assert_eq!(post(&edge, &stream.endpoint, &token, &message).await.status, 202);
        let answer = stream.message().await;
        assert_eq!(mcp_schema::check("2024-11-05", method, &answer), Ok(()));
        assert_eq!((answer["id"].as_i64(), answer["error"]["code"].as_i64()), (Some(5), Some(code)), "{answer}");
        if code == -32601 {
            assert_eq!(answer["error"]["message"], format!("Method not found: {method}"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_message_that_is_not_accepted_says_why() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let stream = Stream::open(&edge, &token).await;
    let endpoint = stream.endpoint.as_str();
    let initialize = driver::mcp::initialize();
    for (path, message, status, body) in [
        ("/mcp/message", &initialize, 400, "the query must give sessionId once"),
        ("/mcp/message?sessionId=a&sessionId=b", &initialize, 400, "the query must give sessionId once"),
        ("/mcp/message?sessionId=", &initialize, 400, "the query must give sessionId once"),
        ("/mcp/message?sessionId=x", &initialize, 404, NO_SESSION),
        ("/mcp/message?sessionId=x", &json!({ "jsonrpc": "2.0", "id": 1, "result": {} }), 404, NO_SESSION),
        ("/mcp/message?sessionId=AAAAAAAAAAAAAAAAAAAAAA.x", &initialize, 404, NO_SESSION),
        (
            endpoint,
            &json!({ "jsonrpc": "1.0", "id": 1, "method": "ping" }),
            400,
            "Invalid Request: not a JSON-RPC message",
        ),
    ] {
        let answer = post(&edge, path, &token, message).await;
        let error = answer.json();
        assert_eq!((answer.status, error["error"]["message"].as_str()), (status, Some(body)), "{path} {message}");
        assert_eq!(answer.header("content-type"), "application/json");
        // A client could take an error with the id of its response for the answer to its own request.
        let id = message.get("id").filter(|_| message.get("result").is_none());
        assert_eq!((error.get("id"), mcp_schema::check("2024-11-05", "", &error)), (id, Ok(())));
    }
    let broken = request(Method::POST, endpoint).header(header::AUTHORIZATION, format!("Bearer {token}"));
    let answer = edge.send(broken.body("{".into()).unwrap()).await;
    assert_eq!((answer.status, answer.words()), (400, "Parse error".into()));
    let other = edge.access_token().await;
    assert_eq!(post(&edge, endpoint, &other, &initialize).await.status, 404, "another client of the same owner");
}

#[tokio::test(start_paused = true)]
async fn the_requests_of_a_batch_are_each_answered_on_the_stream() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let mut stream = Stream::open(&edge, &token).await;
    let initialize = driver::mcp::initialize();
    assert_eq!(post(&edge, &stream.endpoint, &token, &initialize).await.status, 202);
    stream.message().await;
    let batch = json!([
        driver::mcp::initialized(),
        { "jsonrpc": "2.0", "id": 1, "method": "ping" },
        { "jsonrpc": "2.0", "id": 2, "method": "none" },
        { "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": { "name": "get_graph_user_details" } },
    ]);
    let answer = post(&edge, &stream.endpoint, &token, &batch).await;
    assert_eq!((answer.status, answer.body.as_str()), (202, "Accepted"));
    let mut answered = Vec::new();
    for _ in 1..=3 {
        let answer = stream.message().await;
        let method = if answer["id"] == 1 { "ping" } else { "tools/call" };
        assert_eq!(mcp_schema::check("2024-11-05", method, &answer), Ok(()));
        answered.push((answer["id"].as_u64(), answer["error"]["code"].as_i64()));
    }
    answered.sort_unstable();
    assert_eq!(answered, [(Some(1), None), (Some(2), Some(-32601)), (Some(3), None)]);
    let notifications = json!([driver::mcp::initialized()]);
    assert_eq!(post(&edge, &stream.endpoint, &token, &notifications).await.status, 202);
}

fn ping(id: impl Into<Value>) -> Value {
    json!({ "jsonrpc": "2.0", "id": id.into(), "method": "ping" })
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_cannot_be_served_is_refused_as_a_whole() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let mut stream = Stream::open(&edge, &token).await;
    assert_eq!(post(&edge, &stream.endpoint, &token, &driver::mcp::initialize()).await.status, 202);
    stream.message().await;
    let scope = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "search_mail" } });
    for (batch, status, words) in [
        (json!([]), 400, "Invalid Request: the batch is empty"),
        ((0..21).map(ping).collect(), 400, "Invalid Request: a batch has at most 20 messages"),
        (json!([ping(1), driver::mcp::initialize()]), 400, "Invalid Request: initialize must not be part of a batch"),
        (json!([ping(1), 7]), 400, "Invalid Request: not a JSON-RPC message"),
        (json!([ping(1), scope]), 403, "This tool needs the scopes"),
    ] {
        let answer = post(&edge, &stream.endpoint, &token, &batch).await;
        let (error, told) = (answer.json(), answer.body.contains(words));
        assert_eq!(
            (answer.status, told, mcp_schema::check("2025-03-26", "", &error)),
            (status, true, Ok(())),
            "{error}"
        );
        assert_eq!(error.get("id"), None, "{error}");
    }
    for (revision, status) in [("2025-03-26", 202), ("2024-11-05", 400), ("2025-06-18", 400)] {
        let request = request(Method::POST, &stream.endpoint).header(header::AUTHORIZATION, format!("Bearer {token}"));
        let batch = json(request.header("mcp-protocol-version", revision), &json!([ping(revision)]));
        let answer = edge.send(batch).await;
        assert_eq!(answer.status, status, "{revision}: {}", answer.body);
    }
    assert_eq!(stream.message().await["id"], "2025-03-26", "nothing of the others was delivered");
}

#[tokio::test(start_paused = true)]
async fn each_message_of_a_batch_counts_as_a_call() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    let stream = Stream::open(&edge, &token).await;
    let batch = Value::from(vec![driver::mcp::initialized(); 20]);
    // One client may make 300 calls a minute, and the stream was the first.
    for _ in 0..14 {
        assert_eq!(post(&edge, &stream.endpoint, &token, &batch).await.status, 202);
    }
    let refused = post(&edge, &stream.endpoint, &token, &batch).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "1"));
    edge.clock.advance(time::Duration::SECOND);
    assert_eq!(post(&edge, &stream.endpoint, &token, &batch).await.status, 202);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_tries_streamable_http_here_is_told_to_open_the_stream() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    for path in ["/mcp/sse", "/mcp/sse/"] {
        let answer = post(&edge, path, &token, &driver::mcp::initialize()).await;
        assert_eq!((answer.status, &answer.json()["id"]), (404, &0.into()), "{path}");
        assert_eq!(mcp_schema::check("2024-11-05", "initialize", &answer.json()), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_opens_no_stream() {
    let edge = Edge::new();
    let token = edge.access_token().await;
    // A client may have 16 streams open.
    for _ in 0..40 {
        let request = request(Method::HEAD, "/mcp/sse").header(header::AUTHORIZATION, format!("Bearer {token}"));
        let answer = edge.send(empty(request)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/event-stream"));
    }
    Stream::open(&edge, &token).await;
}
