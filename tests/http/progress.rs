//! A tool that reads several pages reports its progress to a client that asks for it, on both transports.

use driver::sse::events_in;
use serde_json::{Value, json};

use crate::{
    browser::tokens_for,
    deployment::{Deployment, body},
    step_up::{STATELESS, sent},
    stream::{Stream, initialize, post},
};

const PAGES: u8 = 3;

fn search(progress_token: Option<&str>) -> Value {
    let arguments = json!({ "query": "from:alice", "count": 4, "pages": PAGES });
    let mut params = json!({ "name": "search_mail", "arguments": arguments });
    if let Some(token) = progress_token {
        params["_meta"] = json!({ "progressToken": token });
    }
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

/// The last message is the answer, and each before it says that another page was read.
fn assert_reported(messages: &[Value]) {
    let (answer, reports) = messages.split_last().unwrap();
    let found = &answer["result"]["structuredContent"];
    assert_eq!(found["messages"].as_array().unwrap().len(), usize::from(4 * PAGES), "{answer}");
    assert!(found["cursor"].is_string(), "Alice has sent more than that: {answer}");
    let reported: Vec<_> = reports.iter().map(|report| (&report["method"], &report["params"])).collect();
    let expected = |read: u8| {
        let message = format!("{} messages found", 4 * read);
        json!({ "progressToken": "a token", "progress": f64::from(read), "total": f64::from(PAGES), "message": message })
    };
    let method = json!("notifications/progress");
    assert_eq!(reported, [(&method, &expected(1)), (&method, &expected(2))]);
}

#[tokio::test]
async fn over_streamable_http_the_reports_come_before_the_answer() {
    let server = Deployment::start().await;
    let token = tokens_for(&server, "user.read mail.read").await.access_token;
    for revision in ["2025-03-26", "2025-11-25", STATELESS] {
        let answer = sent(&server, &token, &search(Some("a token")), Some(revision)).await;
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let events = events_in(&answer.text().await.unwrap());
        assert_reported(&events.iter().map(|(_, data)| serde_json::from_str(data).unwrap()).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn without_a_progress_token_the_answer_is_json() {
    let server = Deployment::start().await;
    let token = tokens_for(&server, "user.read mail.read").await.access_token;
    for revision in ["2025-11-25", STATELESS] {
        let answer = sent(&server, &token, &search(None), Some(revision)).await;
        assert_eq!(answer.headers()["content-type"], "application/json");
        let answer = body(answer).await;
        let found = answer["result"]["structuredContent"]["messages"].as_array().unwrap();
        assert_eq!(found.len(), usize::from(4 * PAGES), "{answer}");
    }
}

#[tokio::test]
async fn beside_a_stream_the_reports_come_before_the_answer() {
    let server = Deployment::start().await;
    let token = tokens_for(&server, "user.read mail.read").await.access_token;
    let mut stream = Stream::open(&server, &token).await;
    let endpoint = stream.endpoint().await;
    assert_eq!(post(&server, &endpoint, &token, &initialize()).await, 202);
    stream.message().await;
    assert_eq!(post(&server, &endpoint, &token, &search(Some("a token"))).await, 202);
    let mut messages = Vec::new();
    while messages.last().is_none_or(|message: &Value| message.get("id").is_none()) {
        messages.push(stream.message().await);
    }
    assert_reported(&messages);
}

#[tokio::test]
async fn the_pages_end_where_the_mailbox_ends() {
    let server = Deployment::start().await;
    let token = tokens_for(&server, "user.read mail.read").await.access_token;
    let mut call = search(None);
    call["params"]["arguments"] = json!({ "query": "from:alice", "count": 8, "pages": 5 });
    let found = body(sent(&server, &token, &call, Some("2025-11-25")).await).await;
    let found = &found["result"]["structuredContent"];
    assert_eq!((found["messages"].as_array().unwrap().len(), found.get("cursor")), (20, None));
}
