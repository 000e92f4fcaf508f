//! The events that a follower has had, for as long as they can come again.

use std::{collections::HashSet, mem, time::Duration};

use authorization_server::ground::Id;
use tokio::time::Instant;

/// Ids in two generations: each is remembered for one lifetime at least, and for two at most.
pub(super) struct Seen {
    lifetime: Duration,
    since: Instant,
    young: HashSet<Id>,
    old: HashSet<Id>,
}

impl Seen {
    /// Remembers ids for this long.
    pub(super) fn new(lifetime: Duration) -> Self {
        Self { lifetime, since: Instant::now(), young: HashSet::new(), old: HashSet::new() }
    }

    /// Whether this id has not come before.
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
