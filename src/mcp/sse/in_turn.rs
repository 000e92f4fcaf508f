//! Keeps the order of messages that came through the log: one read may deliver many at once.
//!
//! rmcp starts every request as soon as it receives it, each in a task of its own, so quick answers could overtake each other.
//! A message from the log therefore waits until the request before it is answered, but no longer than
//! [`MAX_TURN_WAIT`]: a slow tool must not hold up the messages behind it.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{Sink, task::AtomicWaker};
use rmcp::model::ServerJsonRpcMessage;
use tokio::time::{Sleep, sleep};

use super::{outbox::Outbox, request_ids::RequestIds};

/// How long a message waits for the answer to the one before it.
const MAX_TURN_WAIT: Duration = Duration::from_millis(50);

/// Counts the answers that were sent.
#[derive(Default)]
pub(super) struct Answers {
    sent: AtomicU64,
    changed: AtomicWaker,
    ids: RequestIds,
}

impl Answers {
    /// No answer is sent yet. The id of an answer becomes free when it is sent.
    pub(super) fn new(ids: RequestIds) -> Self {
        Self { ids, ..Self::default() }
    }
}

/// An outbox that counts answers.
pub(super) struct CountingOutbox {
    pub(super) outbox: Outbox,
    pub(super) answers: Arc<Answers>,
}

impl Sink<ServerJsonRpcMessage> for CountingOutbox {
    type Error = Infallible;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, message: ServerJsonRpcMessage) -> Result<(), Self::Error> {
        let (is_answer, id) = match &message {
            ServerJsonRpcMessage::Response(response) => (true, Some(response.id.clone())),
            ServerJsonRpcMessage::Error(error) => (true, error.id.clone()),
            ServerJsonRpcMessage::Request(_) | ServerJsonRpcMessage::Notification(_) => (false, None),
        };
        self.outbox.put(&message);
        if let Some(id) = id {
            self.answers.ids.answered(&id);
        }
        if is_answer {
            self.answers.sent.fetch_add(1, Ordering::SeqCst);
            self.answers.changed.wake();
        }
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }
}

/// Decides when rmcp may receive the next message.
pub(super) struct Turn {
    answers: Arc<Answers>,
    /// The number of the awaited answer, and the end of the wait.
    awaited: Option<(u64, Pin<Box<Sleep>>)>,
}

impl Turn {
    /// No message waits yet.
    pub(super) fn new(answers: Arc<Answers>) -> Self {
        Self { answers, awaited: None }
    }

    /// Ready when the request before is answered, or the wait has timed out.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some((answer, end)) = &mut self.awaited else { return Poll::Ready(()) };
        self.answers.changed.register(context.waker());
        if self.answers.sent.load(Ordering::SeqCst) < *answer {
            ready!(end.as_mut().poll(context));
        }
        self.awaited = None;
        Poll::Ready(())
    }

    /// Notes that rmcp received a message from the log.
    pub(super) fn received(&mut self, is_request: bool) {
        if is_request {
            let answer = self.answers.sent.load(Ordering::SeqCst) + 1;
            self.awaited = Some((answer, Box::pin(sleep(MAX_TURN_WAIT))));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use serde_json::json;
    use tokio::time::Instant;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        budget::Budget,
        mcp::{holder_report::HolderReport, sse::session_end::SessionEnd},
    };

    async fn waited(turn: &mut Turn) -> Duration {
        let began = Instant::now();
        poll_fn(|context| turn.poll(context)).await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn an_unanswered_request_delays_the_next_message_by_the_longest_wait() {
        let mut turn = Turn::new(Arc::default());
        assert_eq!(waited(&mut turn).await, Duration::ZERO);
        turn.received(true);
        assert!(waited(&mut turn).await >= MAX_TURN_WAIT);
        assert_eq!(waited(&mut turn).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_ends_the_wait() {
        let answers = Arc::<Answers>::default();
        let end = SessionEnd::new(CancellationToken::new(), HolderReport::to(&Arc::default()));
        let (outbox, _unread) = Outbox::new([(); 2].map(|()| Budget::new(100)), end);
        let mut counted = CountingOutbox { outbox, answers: Arc::clone(&answers) };
        let mut turn = Turn::new(answers);
        turn.received(true);
        let answer = async {
            sleep(MAX_TURN_WAIT / 5).await;
            let answer = serde_json::from_value(json!({ "jsonrpc": "2.0", "id": 1, "result": {} })).unwrap();
            Pin::new(&mut counted).start_send(answer).unwrap();
        };
        let (waited, ()) = tokio::join!(waited(&mut turn), answer);
        assert!(waited < MAX_TURN_WAIT, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_notification_delays_nothing() {
        let mut turn = Turn::new(Arc::default());
        turn.received(false);
        assert_eq!(waited(&mut turn).await, Duration::ZERO);
    }
}
