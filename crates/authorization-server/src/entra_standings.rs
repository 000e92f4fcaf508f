//! Whether owners accept the tokens that Entra issued to applications, as their documents said lately.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use time::{Duration, OffsetDateTime};

use crate::{ground::Id, state::entra_client::Standing};

/// A standing is believed this long without another read, as a grant is.
const BELIEVED_FOR: Duration = Duration::seconds(30);
const MAX_STANDINGS: usize = 10_000;

#[derive(Clone, Copy)]
struct Known {
    standing: Standing,
    read_at: OffsetDateTime,
}

/// The standings that were read lately, by owner and client. Every operation takes constant time; a full cache evicts the one
/// that was used least recently.
pub(crate) struct EntraStandings(Mutex<LruCache<(Id, Id), Known>>);

impl Default for EntraStandings {
    fn default() -> Self {
        Self(Mutex::new(LruCache::unbounded()))
    }
}

impl EntraStandings {
    /// The standing, if it was read in the last 30 seconds.
    pub(crate) fn get(&self, owner: Id, client: Id, now: OffsetDateTime) -> Option<Standing> {
        let known = self.lock().get(&(owner, client)).copied()?;
        (now - known.read_at < BELIEVED_FOR).then_some(known.standing)
    }

    /// Keeps a standing that was read at this time.
    pub(crate) fn put(&self, owner: Id, client: Id, standing: Standing, read_at: OffsetDateTime) {
        let mut standings = self.lock();
        standings.put((owner, client), Known { standing, read_at });
        if standings.len() > MAX_STANDINGS {
            standings.pop_lru();
        }
    }

    /// Drops a standing, so that the next token reads it again.
    pub(crate) fn forget(&self, owner: Id, client: Id) {
        self.lock().pop(&(owner, client));
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<(Id, Id), Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

    fn id(number: usize) -> Id {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Id::from_bytes(bytes)
    }

    #[test]
    fn a_standing_is_believed_for_thirty_seconds() {
        let standings = EntraStandings::default();
        standings.put(id(1), id(2), Standing::Refused(NOW), NOW);
        let almost = NOW + BELIEVED_FOR - Duration::MILLISECOND;
        assert_eq!(standings.get(id(1), id(2), almost), Some(Standing::Refused(NOW)));
        assert_eq!(standings.get(id(1), id(2), NOW + BELIEVED_FOR), None);
        assert_eq!((standings.get(id(1), id(3), NOW), standings.get(id(2), id(2), NOW)), (None, None));
    }

    #[test]
    fn a_full_cache_evicts_the_standing_that_was_used_least_recently() {
        let standings = EntraStandings::default();
        for number in 0..=MAX_STANDINGS {
            standings.put(id(number), id(0), Standing::Accepted, NOW);
        }
        assert_eq!(standings.get(id(0), id(0), NOW), None);
        assert_eq!(standings.lock().len(), MAX_STANDINGS);
    }
}
