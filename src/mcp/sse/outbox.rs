//! The messages of a session that wait until its client reads them, as texts that count for the session's owner.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use rmcp::model::{JsonRpcMessage, ServerJsonRpcMessage, ServerNotification};

use super::session_end::SessionEnd;
use crate::{
    budget::{Budget, Permit},
    kept::Kept,
};

/// Messages that may wait before the session takes another one of its client's. Those that are served then are still answered.
const OUTBOX_CAPACITY: usize = 16;

/// Puts messages where they wait. It never waits itself: rmcp would keep the messages, and no budget would count them.
#[derive(Clone)]
pub(super) struct Outbox {
    unread: Arc<Unread>,
    /// The memory for requests and answers, of all owners and of this one.
    memory: [Budget; 2],
    end: SessionEnd,
}

/// Receives the messages of an outbox, in order.
pub(super) struct UnreadMessages(Arc<Unread>);

/// The messages that wait. A channel of tokio's would take 800 bytes more of an idle stream.
struct Unread {
    /// `None` once nobody reads them.
    messages: Mutex<Option<VecDeque<Kept>>>,
    /// Wakes the stream.
    arrived: AtomicWaker,
    /// Wakes the session.
    read: AtomicWaker,
}

impl Unread {
    fn messages(&self) -> MutexGuard<'_, Option<VecDeque<Kept>>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full(&self) -> bool {
        self.messages().as_ref().is_some_and(|messages| messages.len() >= OUTBOX_CAPACITY)
    }
}

impl Outbox {
    /// An empty outbox, of a session that it can end.
    pub(super) fn new(memory: [Budget; 2], end: SessionEnd) -> (Self, UnreadMessages) {
        let [arrived, read] = [(); 2].map(|()| AtomicWaker::new());
        let unread = Arc::new(Unread { messages: Mutex::new(Some(VecDeque::new())), arrived, read });
        (Self { unread: Arc::clone(&unread), memory, end }, UnreadMessages(unread))
    }

    /// Ready when the session may take another message of its client's. Only one that waits leaves its waker: it would keep the
    /// memory of the task of rmcp's loop after its end.
    pub(super) fn poll_room(&self, context: &Context<'_>) -> Poll<()> {
        if self.unread.is_full() {
            self.unread.read.register(context.waker());
            if self.unread.is_full() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    /// Puts a message where it waits. If its owner may take no more memory, the session ends: the client must not wait for an
    /// answer that does not come. Progress without a place or memory is dropped, as on the other transport.
    pub(super) fn put(&self, message: &ServerJsonRpcMessage) {
        if is_progress(message) && self.unread.is_full() {
            return;
        }
        self.end.answered(message);
        match self.kept(message) {
            Some(text) => {
                if let Some(messages) = &mut *self.unread.messages() {
                    messages.push_back(text);
                }
                self.unread.arrived.wake();
            }
            None if is_progress(message) => {}
            None => self.end.at_limit("memory for requests"),
        }
    }

    /// The session refuses a message without an answer.
    pub(super) fn refused_because(&self, reason: &'static str) {
        self.end.refused_because(reason);
    }

    fn kept(&self, message: &ServerJsonRpcMessage) -> Option<Kept> {
        Kept::of(serde_json::to_vec(message).ok()?, Permit::of_all(self.memory.clone())).ok()
    }
}

fn is_progress(message: &ServerJsonRpcMessage) -> bool {
    let JsonRpcMessage::Notification(notification) = message else { return false };
    matches!(notification.notification, ServerNotification::ProgressNotification(_))
}

impl UnreadMessages {
    /// The next message.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<Kept> {
        self.0.arrived.register(context.waker());
        let mut messages = self.0.messages();
        let Some(messages) = &mut *messages else { return Poll::Pending };
        let Some(message) = messages.pop_front() else { return Poll::Pending };
        if messages.is_empty() {
            messages.shrink_to_fit();
        }
        self.0.read.wake();
        Poll::Ready(message)
    }
}

impl Drop for UnreadMessages {
    /// What nobody reads counts no longer.
    fn drop(&mut self) {
        *self.0.messages() = None;
        self.0.read.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Wake, Waker};

    use futures_util::{FutureExt as _, future::poll_fn};
    use serde_json::{from_value, json};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::mcp::holder_report::HolderReport;

    fn outbox(bytes: usize) -> (Outbox, UnreadMessages, CancellationToken) {
        let stop = CancellationToken::new();
        let end = SessionEnd::new(stop.clone(), HolderReport::to(&Arc::default()));
        let (outbox, unread) = Outbox::new([(); 2].map(|()| Budget::new(bytes)), end);
        (outbox, unread, stop)
    }

    fn answer() -> ServerJsonRpcMessage {
        from_value(json!({ "jsonrpc": "2.0", "id": 1, "result": {} })).unwrap()
    }

    fn progress() -> ServerJsonRpcMessage {
        let params = json!({ "progressToken": "t", "progress": 1.0 });
        from_value(json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params })).unwrap()
    }

    fn has_room(outbox: &Outbox) -> bool {
        poll_fn(|context| outbox.poll_room(context)).now_or_never().is_some()
    }

    /// Whether a message waits, which is read then, and whether it is an answer.
    fn read(unread: &UnreadMessages) -> Option<bool> {
        let text = poll_fn(|context| unread.poll(context)).now_or_never()?;
        Some(serde_json::from_slice::<serde_json::Value>(&text).unwrap()["id"] == 1)
    }

    #[test]
    fn where_sixteen_messages_wait_answers_have_a_place_and_progress_has_none() {
        let (outbox, unread, stop) = outbox(10_000);
        (0..OUTBOX_CAPACITY).for_each(|_| outbox.put(&progress()));
        assert!(!has_room(&outbox));
        outbox.put(&progress());
        outbox.put(&answer());
        assert!((0..OUTBOX_CAPACITY).all(|_| read(&unread) == Some(false)));
        assert!(has_room(&outbox));
        assert_eq!([read(&unread), read(&unread)], [Some(true), None]);
        assert!(!stop.is_cancelled());
    }

    struct Task;

    impl Wake for Task {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn only_a_session_that_waits_for_a_place_leaves_its_waker_until_it_has_one() {
        let (outbox, unread, _) = outbox(10_000);
        let task = Arc::new(Task);
        let poll = || outbox.poll_room(&Context::from_waker(&Waker::from(Arc::clone(&task))));
        assert_eq!((poll(), Arc::strong_count(&task)), (Poll::Ready(()), 1));
        (0..OUTBOX_CAPACITY).for_each(|_| outbox.put(&answer()));
        assert_eq!((poll(), Arc::strong_count(&task)), (Poll::Pending, 2));
        assert_eq!(read(&unread), Some(true));
        assert_eq!((poll(), Arc::strong_count(&task)), (Poll::Ready(()), 1));
    }

    #[test]
    fn messages_that_nobody_reads_any_more_take_no_memory() {
        let (outbox, unread, _) = outbox(10_000);
        outbox.put(&answer());
        drop(unread);
        outbox.put(&answer());
        assert_eq!(outbox.memory.each_ref().map(Budget::available), [10_000; 2]);
        assert!(has_room(&outbox));
    }

    #[test]
    fn an_answer_without_memory_ends_the_session_and_progress_without_memory_is_dropped() {
        let (outbox, unread, stop) = outbox(10);
        outbox.put(&progress());
        assert!(!stop.is_cancelled());
        outbox.put(&answer());
        assert!(stop.is_cancelled() && read(&unread).is_none());
    }
}
