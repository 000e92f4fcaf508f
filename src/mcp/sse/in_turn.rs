//! What was posted one after another is answered in that order, though a read of the log brings it all at once.
//!
//! rmcp begins every request as soon as it receives it, each in a task of its own, so that quick answers to a batch would
//! overtake each other. Here a message that came through the log waits until the request before it is answered, but no longer
//! than a moment: a slow tool does not hold up what follows.

use std::{
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
use tokio_util::sync::{PollSendError, PollSender};

use super::message::Message;

const MOMENT: Duration = Duration::from_millis(50);

/// How many answers have gone out.
#[derive(Default)]
pub(super) struct Answers {
    sent: AtomicU64,
    changed: AtomicWaker,
}

/// The outbox, counting.
pub(super) struct Counted {
    pub(super) outbox: PollSender<ServerJsonRpcMessage>,
    pub(super) answers: Arc<Answers>,
}

impl Sink<ServerJsonRpcMessage> for Counted {
    type Error = PollSendError<ServerJsonRpcMessage>;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.outbox).poll_ready(context)
    }

    fn start_send(mut self: Pin<&mut Self>, message: ServerJsonRpcMessage) -> Result<(), Self::Error> {
        let is_answer = matches!(message, ServerJsonRpcMessage::Response(_) | ServerJsonRpcMessage::Error(_));
        Pin::new(&mut self.outbox).start_send(message)?;
        if is_answer {
            self.answers.sent.fetch_add(1, Ordering::SeqCst);
            self.answers.changed.wake();
        }
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.outbox).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Pin::new(&mut self.outbox).poll_close(context)
    }
}

/// Whether the next message may be received.
pub(super) struct Turn {
    answers: Arc<Answers>,
    /// The answer that is waited for, and until when.
    before: Option<(u64, Pin<Box<Sleep>>)>,
}

impl Turn {
    pub(super) fn new(answers: Arc<Answers>) -> Self {
        Self { answers, before: None }
    }

    /// Ready when the request before is answered, or a moment has passed.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some((answer, moment)) = &mut self.before else { return Poll::Ready(()) };
        self.answers.changed.register(context.waker());
        if self.answers.sent.load(Ordering::SeqCst) < *answer {
            ready!(moment.as_mut().poll(context));
        }
        self.before = None;
        Poll::Ready(())
    }

    /// Notes what was received through the log.
    pub(super) fn received(&mut self, message: &Message) {
        if message.is_request {
            let answer = self.answers.sent.load(Ordering::SeqCst) + 1;
            self.before = Some((answer, Box::pin(sleep(MOMENT))));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use serde_json::json;
    use tokio::{sync::mpsc, time::Instant};

    use super::*;
    use crate::mcp::sse::tests::principal;

    fn message(value: &serde_json::Value) -> Message {
        Message::new(value.to_string().into_bytes(), principal()).unwrap()
    }

    fn request() -> Message {
        message(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))
    }

    async fn waited(turn: &mut Turn) -> Duration {
        let began = Instant::now();
        poll_fn(|context| turn.poll(context)).await;
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_not_answered_holds_up_the_next_for_a_moment() {
        let mut turn = Turn::new(Arc::default());
        assert_eq!(waited(&mut turn).await, Duration::ZERO);
        turn.received(&request());
        assert!(waited(&mut turn).await >= MOMENT);
        assert_eq!(waited(&mut turn).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_lets_the_next_begin_at_once() {
        let answers = Arc::<Answers>::default();
        let (sender, _outbox) = mpsc::channel(1);
        let mut counted = Counted { outbox: PollSender::new(sender), answers: Arc::clone(&answers) };
        let mut turn = Turn::new(answers);
        turn.received(&request());
        let answer = async {
            sleep(MOMENT / 5).await;
            poll_fn(|context| Pin::new(&mut counted).poll_ready(context)).await.unwrap();
            let answer = serde_json::from_value(json!({ "jsonrpc": "2.0", "id": 1, "result": {} })).unwrap();
            Pin::new(&mut counted).start_send(answer).unwrap();
        };
        let (waited, ()) = tokio::join!(waited(&mut turn), answer);
        assert!(waited < MOMENT, "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_notification_is_not_waited_for() {
        let mut turn = Turn::new(Arc::default());
        turn.received(&message(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })));
        assert_eq!(waited(&mut turn).await, Duration::ZERO);
    }
}
