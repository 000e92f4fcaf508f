//! The stream of HTTP+SSE: events must arrive one by one, and it must outlive the idle timeouts in front of the handler.

use std::time::Duration;

use driver::{mcp, sse::Events};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::{Fact, tool};
use crate::{client::Tokens, server::Server};

/// The handler sends something every 15 s; twice that means that it is held back on the way.
const SILENCE: Duration = Duration::from_secs(30);
/// An answer of the tool takes no longer.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// An open stream.
pub(crate) struct Stream {
    events: Events,
    /// Where to post.
    endpoint: String,
    opened: Instant,
    /// How long nothing may come.
    silence: Duration,
}

/// Opens one, up to its first event.
pub(crate) async fn open(server: &Server, tokens: &Tokens) -> Result<Stream, String> {
    open_if_spoken_to(server, tokens, SILENCE).await
}

async fn open_if_spoken_to(server: &Server, tokens: &Tokens, silence: Duration) -> Result<Stream, String> {
    let opened = Instant::now();
    let request = server.request(Method::GET, "/mcp/sse").bearer_auth(tokens.access_token());
    let (asked, response) = Server::send(request.header("accept", "text/event-stream")).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("{asked} is {}", response.status().as_u16()));
    }
    let mut events = Events::of(response);
    match timeout(silence, events.message()).await {
        Ok(Ok((name, data))) if name == "endpoint" => Ok(Stream { events, endpoint: data, opened, silence }),
        Ok(Ok((name, _))) => Err(format!("the first event is {name:?}, and not the endpoint")),
        Ok(Err(reason)) => Err(reason),
        Err(_) => Err(format!("no event within {silence:?}: something in front buffers the stream")),
    }
}

impl Stream {
    /// The handshake of MCP 2024-11-05, and the tool.
    pub(crate) async fn call_tool(&mut self, server: &Server, tokens: &Tokens) -> Fact {
        self.post(server, tokens, &mcp::initialize()).await?;
        self.answer_to(0).await?;
        self.post(server, tokens, &mcp::initialized()).await?;
        self.post(server, tokens, &mcp::tool_call(1)).await?;
        tool::succeeded(&self.answer_to(1).await?)?;
        Ok("the tool answers over HTTP+SSE".to_owned())
    }

    /// Counts from the opening of the stream.
    pub(crate) async fn hold(&mut self, whole: Duration) -> Fact {
        let end = self.opened + whole;
        loop {
            let wait = self.silence.min(end.saturating_duration_since(Instant::now()));
            match timeout(wait, self.events.next()).await {
                Ok(Ok(_)) => {}
                Ok(Err(reason)) => return Err(format!("after {} s: {reason}", self.opened.elapsed().as_secs())),
                Err(_) if Instant::now() >= end => break,
                Err(_) => return Err(format!("silent for {:?}", self.silence)),
            }
        }
        Ok(format!("open for {} s, and never silent for {:?}", whole.as_secs(), self.silence))
    }

    async fn post(&self, server: &Server, tokens: &Tokens, message: &Value) -> Result<(), String> {
        let request = server.request(Method::POST, &self.endpoint).bearer_auth(tokens.access_token()).json(message);
        Server::answer(request).await?.expect(StatusCode::ACCEPTED)?;
        Ok(())
    }

    async fn answer_to(&mut self, id: u32) -> Result<Value, String> {
        let answer = async {
            loop {
                let (_, data) = self.events.message().await?;
                let message: Value = serde_json::from_str(&data).map_err(|error| format!("{error}: {data:?}"))?;
                if message.get("id") == Some(&id.into()) {
                    return Ok(message);
                }
            }
        };
        timeout(ANSWER_TIMEOUT, answer)
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} s", ANSWER_TIMEOUT.as_secs())))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    const ENDPOINT: &str = "event: endpoint\ndata: /mcp/message?sessionId=1\n\n";
    const SHORT: Duration = Duration::from_millis(200);
    const LONG: Duration = Duration::from_secs(20);

    /// A stream of a server that sends this, and then ends the connection or only falls silent.
    async fn stream(sent: &str, ends: bool, silence: Duration) -> Result<Stream, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{sent}");
        tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            // The request fits into one packet, and its end does not matter.
            assert!(connection.read(&mut [0; 4096]).await.unwrap() > 0);
            connection.write_all(answer.as_bytes()).await.unwrap();
            if ends {
                connection.shutdown().await.unwrap();
            }
            std::future::pending::<()>().await;
        });
        open_if_spoken_to(&Server::new(&url), &Tokens::forged(), silence).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_speaks_until_the_end_passes() {
        let mut stream = stream(&format!("{ENDPOINT}: keep-alive\n\n"), false, LONG).await.unwrap();
        let held = stream.hold(SHORT).await;
        assert_eq!(held, Ok("open for 0 s, and never silent for 20s".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_is_cut_fails() {
        let mut stream = stream(ENDPOINT, true, LONG).await.unwrap();
        let held = stream.hold(LONG).await;
        assert_eq!(held, Err("after 0 s: the stream was ended".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_falls_silent_fails() {
        let mut stream = stream(ENDPOINT, false, SHORT).await.unwrap();
        let held = stream.hold(LONG).await;
        assert_eq!(held, Err("silent for 200ms".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_is_held_back_is_not_opened() {
        let refused = stream("event: endpo", false, SHORT).await.err().unwrap();
        assert!(refused.contains("buffers the stream"), "{refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_begins_otherwise_is_not_opened() {
        let refused = stream("data: {}\n\n", false, LONG).await.err().unwrap();
        assert!(refused.contains("and not the endpoint"), "{refused}");
    }
}
