//! An HTTP+SSE stream, and its messages.

use reqwest::Response;
use serde_json::{Value, json};

use crate::deployment::Deployment;

/// A stream, read event by event.
pub(crate) struct Stream {
    pub answer: Response,
    text: String,
}

impl Stream {
    pub(crate) async fn open(server: &Deployment, token: &str) -> Self {
        let answer = server.get("/mcp/sse").bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Self { answer, text: String::new() }
    }

    /// The next event's name and data; `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<(String, String)> {
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

    pub(crate) async fn endpoint(&mut self) -> String {
        let (event, data) = self.next().await.unwrap();
        assert_eq!(event, "endpoint");
        data
    }

    pub(crate) async fn message(&mut self) -> Value {
        let (event, data) = self.next().await.unwrap();
        assert_eq!(event, "message");
        serde_json::from_str(&data).unwrap()
    }
}

pub(crate) async fn post(server: &Deployment, endpoint: &str, token: &str, message: &Value) -> u16 {
    server.post(endpoint).bearer_auth(token).json(message).send().await.unwrap().status().as_u16()
}

pub(crate) fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": { "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } },
    })
}
