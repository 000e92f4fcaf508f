//! Server-sent events.

use std::{pin::Pin, sync::Arc};

use futures_util::{FutureExt as _, Stream, StreamExt as _};
use reqwest::Response;
use sse_stream::{Sse, SseStream};
use tokio::sync::Notify;

/// Part of a stream.
#[derive(Debug, PartialEq, Eq)]
pub enum SseEvent {
    /// Bytes that complete no event: a comment, which only keeps the connection open, or a part of an event.
    Bytes,
    /// An event with its data.
    Message {
        /// `message` unless the server named another.
        name: String,
        /// Its lines.
        data: String,
    },
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
                match event {
                    Some(Ok(event)) => Ok(SseEvent::Message {
                        name: event.event.unwrap_or_else(|| "message".to_owned()),
                        data: event.data.unwrap_or_default(),
                    }),
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
            if let SseEvent::Message { name, data } = self.next().await? {
                return Ok((name, data));
            }
        }
    }
}
