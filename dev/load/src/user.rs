//! A signed-in user of one client.

use std::{sync::Arc, time::Duration};

use driver::{
    Server,
    mcp::{tool_call, tool_error},
    oauth,
};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use crate::{
    journal::{Act, Journal},
    mix::Mix,
    stream::Stream,
};

/// What a client keeps of its user.
pub struct User {
    /// Where the server is.
    pub server: Arc<Server>,
    /// The registered client.
    pub client_id: String,
    /// For the resource.
    pub access_token: String,
    /// For the token endpoint.
    pub refresh_token: String,
}

impl User {
    /// Works from `start` until the mix ends. `number` is the user's place among the users.
    pub async fn work(mut self, number: usize, mix: &Mix, start: Instant, journal: &Journal) {
        let mut stream = None;
        let mut refreshes = mix.times(number, mix.between_refreshes).skip_while(Duration::is_zero).peekable();
        for call in mix.times(number, mix.between_calls) {
            while let Some(refresh) = refreshes.next_if(|refresh| *refresh <= call) {
                sleep_until(start + refresh).await;
                journal.note(Act::Refresh, self.refresh()).await;
            }
            sleep_until(start + call).await;
            if mix.streams(number) {
                self.call_on_stream(&mut stream, journal).await;
            } else {
                journal.note(Act::Call, self.call()).await;
            }
        }
        // A stream stays open until everybody has finished.
        sleep_until(start + mix.duration).await;
    }

    /// Renews the tokens.
    async fn refresh(&mut self) -> Result<(), String> {
        let form = oauth::refresh(&self.client_id, &self.refresh_token);
        let answer = answer(self.server.post("/token").form(&form)).await?;
        (self.access_token, self.refresh_token) = tokens(&answer)?;
        Ok(())
    }

    async fn call(&self) -> Result<(), String> {
        succeeded(&answer(self.server.mcp(&self.access_token, &tool_call(1))).await?)
    }

    /// Opens the stream if there is none, and gives it up when a call fails.
    async fn call_on_stream(&self, stream: &mut Option<Stream>, journal: &Journal) {
        if stream.is_none() {
            *stream = journal.note(Act::Stream, Stream::open(&self.server, &self.access_token)).await;
        }
        let Some(open) = stream else { return };
        if journal.note(Act::Call, open.call(&self.server, &self.access_token)).await.is_none() {
            *stream = None;
        }
    }
}

/// The tokens of an answer of the token endpoint.
pub(crate) fn tokens(answer: &Value) -> Result<(String, String), String> {
    let text = |member: &str| answer.get(member).and_then(Value::as_str).map(str::to_owned);
    let tokens = (text("access_token"), text("refresh_token"));
    if let (Some(access_token), Some(refresh_token)) = tokens {
        Ok((access_token, refresh_token))
    } else {
        Err("an answer without tokens".to_owned())
    }
}

/// The JSON of an answer that is 200 or 201.
pub(crate) async fn answer(request: RequestBuilder) -> Result<Value, String> {
    let answer = request.send().await.map_err(|error| sentence(&error))?;
    let status = answer.status();
    if !matches!(status, StatusCode::OK | StatusCode::CREATED) {
        return Err(status.to_string());
    }
    answer.json().await.map_err(|error| sentence(&error))
}

/// Whether a tool answered.
pub(crate) fn succeeded(answer: &Value) -> Result<(), String> {
    match (tool_error(answer), answer.get("result")) {
        (Some(error), _) => Err(format!("tool error: {error}")),
        (None, Some(_)) => Ok(()),
        (None, None) => Err(answer.pointer("/error/message").map_or_else(|| "no result".to_owned(), Value::to_string)),
    }
}

/// Without the URL, so that equal failures count together.
pub(crate) fn sentence(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the answer broke off".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_result_without_a_tool_error_is_a_success() {
        let failed = json!({ "result": { "isError": true, "content": [
            { "type": "text", "text": r#"{"success":false,"error":"Graph does not answer"}"# },
        ] } });
        assert_eq!(succeeded(&failed), Err("tool error: Graph does not answer".to_owned()));
        assert_eq!(succeeded(&json!({ "error": { "message": "no" } })), Err("\"no\"".to_owned()));
        assert_eq!(succeeded(&json!({ "result": { "content": [] } })), Ok(()));
        assert!(succeeded(&json!({})).is_err());
    }

    #[test]
    fn both_tokens_are_needed() {
        let answer = json!({ "access_token": "a", "refresh_token": "r" });
        assert_eq!(tokens(&answer), Ok(("a".to_owned(), "r".to_owned())));
        assert!(tokens(&json!({ "access_token": "a" })).is_err());
    }
}
