//! The data keys that a process has opened.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use time::OffsetDateTime;

use super::{aead::DataKey, ring::RingKey};

/// The keys that this process can use.
#[derive(Default)]
pub(super) struct Opened {
    pub(super) keys: HashMap<String, Arc<DataKey>>,
    /// In the order of first use.
    order: Vec<(OffsetDateTime, Arc<DataKey>)>,
    /// Key ids of the ring that the wrapping key did not open.
    pub(super) refused: HashSet<String>,
}

impl Opened {
    pub(super) fn add(&mut self, entry: &RingKey, key: Arc<DataKey>) {
        self.order.push((entry.use_from, Arc::clone(&key)));
        self.keys.insert(entry.kid.clone(), key);
    }

    /// The newest key whose time has come. A new ring's only key counts, even if this clock is behind.
    pub(super) fn sealing(&self, now: OffsetDateTime) -> Option<&DataKey> {
        let newest = self.order.iter().rev().find(|(use_from, _)| *use_from <= now);
        newest.or(self.order.first()).map(|(_, key)| key.as_ref())
    }

    pub(super) fn find(&self, kid: &str) -> Option<&DataKey> {
        self.keys.get(kid).map(Arc::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};
    use zeroize::Zeroizing;

    use super::{super::wrap::Wrapped, *};

    const NOW: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

    /// Keys that are used first at these distances from now, in hours.
    fn opened(hours: &[i64]) -> (Opened, Vec<String>) {
        let (mut opened, mut kids) = (Opened::default(), Vec::new());
        for (number, hours) in (1..).zip(hours) {
            let key = Arc::new(DataKey::new(&Zeroizing::new([number; 32])).unwrap());
            let wrapped = Wrapped { by: String::new(), bytes: Vec::new() };
            kids.push(key.kid().to_owned());
            opened.add(&RingKey::new(key.kid(), &wrapped, NOW + Duration::hours(*hours)), key);
        }
        (opened, kids)
    }

    fn sealing(opened: &Opened, at: OffsetDateTime) -> &str {
        opened.sealing(at).unwrap().kid()
    }

    #[test]
    fn the_newest_key_whose_time_has_come_seals() {
        let (opened, kids) = opened(&[-48, -24, 1]);
        assert_eq!(sealing(&opened, NOW), kids[1]);
        assert_eq!(sealing(&opened, NOW + Duration::HOUR - Duration::NANOSECOND), kids[1]);
        assert_eq!(sealing(&opened, NOW + Duration::HOUR), kids[2]);
    }

    #[test]
    fn a_clock_that_is_behind_seals_with_the_oldest_key() {
        let (opened, kids) = opened(&[1, 2]);
        assert_eq!(sealing(&opened, NOW), kids[0]);
    }

    #[test]
    fn without_a_key_nothing_seals() {
        assert!(Opened::default().sealing(NOW).is_none());
    }

    #[test]
    fn a_key_opens_before_and_after_its_time() {
        let (opened, kids) = opened(&[-48, 48]);
        assert!(kids.iter().all(|kid| opened.find(kid).is_some_and(|key| key.kid() == kid)));
        assert!(opened.find("AAAAAAAA").is_none());
    }
}
