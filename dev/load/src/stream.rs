//! An HTTP+SSE stream of one user.

use driver::{
    Server,
    mcp::{initialize, initialized, tool_call},
    sse::Events,
};
use reqwest::StatusCode;
use serde_json::Value;

use crate::answers::{sentence, succeeded};

/// An initialized stream.
pub(crate) struct Stream {
    events: Events,
    endpoint: String,
    next_id: u64,
}

impl Stream {
    /// Opens and initializes one.
    pub(crate) async fn open(server: &Server, token: &str) -> Result<Self, String> {
        let answer = server.get("/mcp/sse").bearer_auth(token).send().await.map_err(|error| sentence(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(answer.status().to_string());
        }
        let mut events = Events::of(answer);
        let (name, endpoint) = events.message().await?;
        if name != "endpoint" {
            return Err("the first event names no endpoint".to_owned());
        }
        let mut stream = Self { events, endpoint, next_id: 1 };
        stream.post(server, token, &initialize()).await?;
        stream.answer(0).await?;
        stream.post(server, token, &initialized()).await?;
        Ok(stream)
    }

    /// Calls the tool, and waits for its answer.
    pub(crate) async fn call(&mut self, server: &Server, token: &str) -> Result<(), String> {
        let id = self.next_id;
        self.next_id += 1;
        self.post(server, token, &tool_call(id)).await?;
        succeeded(&self.answer(id).await?)
    }

    async fn post(&self, server: &Server, token: &str, message: &Value) -> Result<(), String> {
        let request = server.post(&self.endpoint).bearer_auth(token).json(message);
        let answer = request.send().await.map_err(|error| sentence(&error))?;
        if answer.status() == StatusCode::ACCEPTED { Ok(()) } else { Err(answer.status().to_string()) }
    }

    /// The answer with this id; others are passed over.
    async fn answer(&mut self, id: u64) -> Result<Value, String> {
        loop {
            let (_, data) = self.events.message().await?;
            let message: Value = serde_json::from_str(&data).map_err(|_| "an event that is no JSON".to_owned())?;
            if message.get("id") == Some(&id.into()) {
                return Ok(message);
            }
        }
    }
}
