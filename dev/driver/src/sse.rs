//! Server-sent events.

use std::{convert::Infallible, pin::Pin, sync::Arc};

use futures_util::{FutureExt as _, Stream, StreamExt as _, stream::iter};
use reqwest::Response;
use sse_stream::{Sse, SseStream};
use tokio::sync::Notify;

/// Part of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum SseEvent {
    /// Bytes that complete no event: a comment, which only keeps the connection open, or a part of an event.
    Bytes,
    /// The name of an event, which is `message` unless the server named another, and its data.
    Message(String, String),
}

/// The events of an answer.
pub struct Events {
    stream: Pin<Box<dyn Stream<Item = Result<Sse, sse_stream::Error>> + Send>>,
    bytes: Arc<Notify>,
}

impl Events {
    /// Reads the body of an answer.
    #[must_use]
    pub fn of(response: Response) -> Self {
        let bytes = Arc::new(Notify::new());
        let came = Arc::clone(&bytes);
        let body = response.bytes_stream().inspect(move |piece| {
            if piece.is_ok() {
                came.notify_one();
            }
        });
        Self { stream: Box::pin(SseStream::from_bytes_stream(body)), bytes }
    }

    /// The next event; why there is none, if the stream has ended. Safe to cancel.
    pub async fn next(&mut self) -> Result<SseEvent, String> {
        tokio::select! {
            biased;
            event = self.stream.next() => {
                // The bytes of this event are told by it.
                let _ = self.bytes.notified().now_or_never();
                match event.map(|event| event.map(message)) {
                    Some(Ok((name, data))) => Ok(SseEvent::Message(name, data)),
                    Some(Err(error)) => Err(format!("the stream broke off: {error}")),
                    None => Err("the stream was ended".to_owned()),
                }
            }
            () = self.bytes.notified() => Ok(SseEvent::Bytes),
        }
    }

    /// As [`Events::next`], with bytes passed over.
    pub async fn message(&mut self) -> Result<(String, String), String> {
        loop {
            if let SseEvent::Message(name, data) = self.next().await? {
                return Ok((name, data));
            }
        }
    }
}

/// The names and data of the events that are complete in a text, up to what is no event.
#[must_use]
pub fn events_in(text: &str) -> Vec<(String, String)> {
    let events = SseStream::from_bytes_stream(iter([Ok::<_, Infallible>(text.as_bytes())]));
    events.filter_map(async |event| event.ok().map(message)).collect().now_or_never().unwrap_or_default()
}

fn message(event: Sse) -> (String, String) {
    (event.event.unwrap_or_else(|| "message".to_owned()), event.data.unwrap_or_default())
}
