//! This process's copy of the operator's blocks. It is read again every 20 seconds, when a request needs it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::{Duration, OffsetDateTime};

use crate::{
    ground::{Id, Recent},
    state::{blocks::Blocks, client::Client},
};

/// A copy that is older is read again.
const READ_EVERY: Duration = Duration::seconds(20);
/// A copy that is older says nothing any more.
const COPY_LIFETIME: Duration = Duration::seconds(60);
/// While one request reads it again, or has failed to, the others go on with the copy for this long.
const ASK_AGAIN_AFTER: Duration = Duration::seconds(5);
/// A client's hosts are read again after this: a metadata document can change.
const CLIENT_KNOWN_FOR: Duration = Duration::minutes(5);
/// Clients whose hosts are known. Anybody can register one of 64 KiB, so these take 16 MiB at most.
const MAX_KNOWN_CLIENTS: usize = 256;

/// The copy, and the clients that were judged by it lately.
pub(crate) struct BlockCopy {
    copy: Mutex<BlockCopyState>,
    /// By key.
    pub(crate) clients: Recent<Id, Arc<Client>>,
}

#[derive(Default)]
struct BlockCopyState {
    copy: Option<(Arc<Blocks>, OffsetDateTime)>,
    asked_at: Option<OffsetDateTime>,
}

/// How far a copy may be used.
pub(crate) enum Copy {
    /// It may be used without another read.
    Fresh(Arc<Blocks>),
    /// The caller reads the document. If that fails, this copy may still be used.
    Due(Option<Arc<Blocks>>),
}

impl Default for BlockCopy {
    fn default() -> Self {
        Self { copy: Mutex::default(), clients: Recent::believed_for(CLIENT_KNOWN_FOR).at_most(MAX_KNOWN_CLIENTS) }
    }
}

impl BlockCopy {
    /// The copy at this time. A caller that gets [`Copy::Due`] must read.
    pub(crate) fn at(&self, now: OffsetDateTime) -> Copy {
        let mut state = lock(&self.copy);
        let believed = state.copy.as_ref().filter(|(_, read_at)| now - *read_at < COPY_LIFETIME);
        let asks = |asked_at: OffsetDateTime| now - asked_at < ASK_AGAIN_AFTER;
        match believed {
            Some((blocks, read_at)) if now - *read_at < READ_EVERY || state.asked_at.is_some_and(asks) => {
                Copy::Fresh(Arc::clone(blocks))
            }
            believed => {
                let believed = believed.map(|(blocks, _)| Arc::clone(blocks));
                state.asked_at = Some(now);
                Copy::Due(believed)
            }
        }
    }

    /// Keeps what was read; the read began at this time. An older read never takes the place of a newer one.
    pub(crate) fn keep(&self, blocks: Arc<Blocks>, read_at: OffsetDateTime) {
        let mut state = lock(&self.copy);
        if state.copy.as_ref().is_none_or(|(_, kept)| *kept <= read_at) {
            state.copy = Some((blocks, read_at));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::client::example::registered;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn is_fresh(copy: &BlockCopy, after: Duration) -> bool {
        matches!(copy.at(NOW + after), Copy::Fresh(_))
    }

    #[test]
    fn a_copy_is_read_again_after_20_seconds_and_by_one_request() {
        let copy = BlockCopy::default();
        assert!(matches!(copy.at(NOW), Copy::Due(None)) && matches!(copy.at(NOW), Copy::Due(None)), "each needs it");
        copy.keep(Arc::default(), NOW);
        assert!(is_fresh(&copy, READ_EVERY - Duration::MILLISECOND));
        assert!(matches!(copy.at(NOW + READ_EVERY), Copy::Due(Some(_))));
        assert!(is_fresh(&copy, READ_EVERY), "another request is reading");
        assert!(!is_fresh(&copy, READ_EVERY + ASK_AGAIN_AFTER), "that one has failed");
    }

    #[test]
    fn after_a_minute_the_copy_says_nothing() {
        let copy = BlockCopy::default();
        copy.keep(Arc::default(), NOW);
        assert!(matches!(copy.at(NOW + COPY_LIFETIME - Duration::MILLISECOND), Copy::Due(Some(_))));
        for _ in 0..2 {
            assert!(matches!(copy.at(NOW + COPY_LIFETIME), Copy::Due(None)));
        }
    }

    #[test]
    fn a_read_that_began_earlier_replaces_nothing() {
        let copy = BlockCopy::default();
        let newer = Arc::new(Blocks::default());
        copy.keep(Arc::clone(&newer), NOW);
        copy.keep(Arc::default(), NOW - Duration::SECOND);
        assert!(matches!(copy.at(NOW), Copy::Fresh(kept) if Arc::ptr_eq(&kept, &newer)));
    }

    #[test]
    fn the_clients_that_were_judged_take_16_mebibytes_at_most() {
        let (copy, client) = (BlockCopy::default(), Arc::new(registered(&[])));
        let key = |number: u16| Id::sha256_of(&number.to_string());
        for number in 0..=256 {
            copy.clients.put(key(number), Arc::clone(&client), NOW);
        }
        assert!(copy.clients.get(&key(0), NOW).is_none() && copy.clients.get(&key(1), NOW).is_some());
        assert_eq!(MAX_KNOWN_CLIENTS * 64 * 1024, 16 * 1024 * 1024);
    }
}
