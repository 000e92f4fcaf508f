//! The request's body on its way from the client to the handler.

use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::{io::AsyncWriteExt as _, net::tcp::OwnedWriteHalf, time::timeout};

use crate::body::{Body, Framing};
use crate::{activity::Activity, body, connection::Reader, mcp_answers::McpExchange};

/// An upload goes on while the answer already comes; it can be cancelled and taken up again at any point.
pub(crate) struct Upload<'a> {
    client: &'a mut Reader,
    body: Body,
    framing: Framing,
    /// How much of a chunked body may still come.
    left: u64,
    /// Framed, not yet written.
    pending: Bytes,
    read_whole: bool,
    /// Sees the body before the handler does.
    observer: Option<&'a McpExchange>,
}

impl<'a> Upload<'a> {
    pub(crate) fn new(client: &'a mut Reader, framing: Framing, limit: u64) -> Self {
        let read_whole = matches!(framing, Framing::None | Framing::Length(0));
        Self {
            client,
            body: Body::new(framing),
            framing,
            left: limit,
            pending: Bytes::new(),
            read_whole,
            observer: None,
        }
    }

    pub(crate) fn observed_by(self, observer: Option<&'a McpExchange>) -> Self {
        Self { observer, ..self }
    }

    /// Whether the handler has the whole body.
    pub(crate) fn is_complete(&self) -> bool {
        self.read_whole && self.pending.is_empty()
    }

    /// Sends the body, and returns when the client has gone. A handler that takes no more, and a client that sends
    /// more than it may, end nothing here: the answer or the activity timeout does.
    pub(crate) async fn run(&mut self, handler: &mut OwnedWriteHalf, activity: &Activity) {
        loop {
            if self.write_pending(handler, activity).await.is_err() {
                break;
            }
            if self.read_whole {
                return self.client.gone().await;
            }
            match self.body.next(self.client).await {
                Ok(Some(piece)) if piece.len() as u64 <= self.left => {
                    activity.touch();
                    self.left -= piece.len() as u64;
                    if let Some(observer) = self.observer {
                        observer.sent(&piece);
                    }
                    self.pending = body::encode(self.framing, piece);
                }
                Ok(Some(_)) => break,
                Ok(None) => {
                    self.pending = body::end(self.framing);
                    self.read_whole = true;
                }
                Err(_) => return,
            }
        }
        std::future::pending::<()>().await;
    }

    /// Reads what is left of the body after the answer, for a moment; whether the connection can be used again.
    pub(crate) async fn discard(&mut self) -> bool {
        let rest = async {
            while !self.read_whole {
                let piece = self.body.next(self.client).await?;
                self.read_whole = piece.is_none();
            }
            std::io::Result::Ok(())
        };
        matches!(timeout(Duration::from_secs(5), rest).await, Ok(Ok(())))
    }

    async fn write_pending(&mut self, handler: &mut OwnedWriteHalf, activity: &Activity) -> std::io::Result<()> {
        while self.pending.has_remaining() {
            handler.write_buf(&mut self.pending).await?;
            activity.touch();
        }
        Ok(())
    }
}
