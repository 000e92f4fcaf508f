//! An HTTP+SSE stream and its messages, for tests.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::{Server, sse::Events};

pub use crate::mcp::initialize;

/// A stream, read event by event.
pub struct Stream {
    /// Of the answer.
    pub headers: HeaderMap,
    events: Events,
}

impl Stream {
    /// Opens one.
    pub async fn open(server: &Server, token: &str) -> Self {
        let answer = server.get("/mcp/sse").bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Self { headers: answer.headers().clone(), events: Events::of(answer) }
    }

    /// The next event's name and data; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<(String, String)> {
        self.events.message().await.ok()
    }

    /// The first event: where to post.
    pub async fn endpoint(&mut self) -> String {
        let (event, data) = self.next().await.unwrap();
        assert_eq!(event, "endpoint");
        data
    }

    /// The next JSON-RPC message.
    pub async fn message(&mut self) -> Value {
        let (event, data) = self.next().await.unwrap();
        assert_eq!(event, "message");
        serde_json::from_str(&data).unwrap()
    }
}

/// Posts a message. Returns the status.
pub async fn post(server: &Server, endpoint: &str, token: &str, message: &Value) -> u16 {
    server.post(endpoint).bearer_auth(token).json(message).send().await.unwrap().status().as_u16()
}
