//! The ids of events that were read, for as long as they can be read again.

use std::{collections::HashSet, mem, time::Duration};

use authorization_server::ground::Id;
use tokio::time::Instant;

/// Ids in two generations. Each id is remembered for at least one lifetime and at most two.
pub(super) struct Seen {
    lifetime: Duration,
    since: Instant,
    young: HashSet<Id>,
    old: HashSet<Id>,
}

impl Seen {
    /// Remembers each id for at least `lifetime`.
    pub(super) fn new(lifetime: Duration) -> Self {
        Self { lifetime, since: Instant::now(), young: HashSet::new(), old: HashSet::new() }
    }

    /// Remembers an id, and says whether it is new.
    pub(super) fn is_new(&mut self, id: Id) -> bool {
        let now = Instant::now();
        if now - self.since >= self.lifetime {
            self.old = mem::take(&mut self.young);
            self.since = now;
        }
        !self.old.contains(&id) && self.young.insert(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Duration = Duration::from_mins(5);

    #[tokio::test(start_paused = true)]
    async fn an_id_is_new_once_in_its_lifetime() {
        let (mut seen, id) = (Seen::new(LIFETIME), Id::from_bytes([1; 16]));
        assert!(seen.is_new(id));
        for _ in 0..4 {
            tokio::time::advance(LIFETIME / 4).await;
            assert!(!seen.is_new(id));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_id_is_forgotten_after_two_lifetimes() {
        let (mut seen, id) = (Seen::new(LIFETIME), Id::from_bytes([1; 16]));
        assert!(seen.is_new(id));
        for other in [2, 3] {
            tokio::time::advance(LIFETIME).await;
            assert!(seen.is_new(Id::from_bytes([other; 16])));
        }
        assert!(seen.is_new(id));
    }
}
