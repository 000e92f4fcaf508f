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

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// An answer with these bytes so far, and its connection.
    async fn answer(sent: &str) -> (Events, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let request = tokio::spawn(reqwest::get(format!("http://{}", listener.local_addr().unwrap())));
        let (mut connection, _) = listener.accept().await.unwrap();
        // The request fits into one packet, and its end does not matter.
        assert!(connection.read(&mut [0; 4096]).await.unwrap() > 0);
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        connection.write_all(format!("{head}{sent}").as_bytes()).await.unwrap();
        (Events::of(request.await.unwrap().unwrap()), connection)
    }

    fn message(name: &str, data: &str) -> (String, String) {
        (name.to_owned(), data.to_owned())
    }

    #[tokio::test]
    async fn an_event_is_there_when_it_is_complete() {
        let (mut events, mut connection) = answer("event: endpoint\ndata: /mcp/mess").await;
        assert_eq!(events.next().await, Ok(SseEvent::Bytes));
        connection.write_all(b"age?sessionId=1\n\n: keep-alive\n\ndata: {}\n\n").await.unwrap();
        assert_eq!(events.message().await.unwrap(), message("endpoint", "/mcp/message?sessionId=1"));
        assert_eq!(events.message().await.unwrap(), message("message", "{}"));
        connection.write_all(b": keep-alive\n\n").await.unwrap();
        assert_eq!(events.next().await, Ok(SseEvent::Bytes), "a comment shows that the connection is alive");
        connection.shutdown().await.unwrap();
        assert_eq!(events.message().await, Err("the stream was ended".to_owned()));
    }
}
