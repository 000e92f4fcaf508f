//! What the driver's emulator does not know about its items: when they expire, and what they were before.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::requests::ItemKey;

/// By item.
#[derive(Default)]
pub(super) struct Items {
    expiry: HashMap<ItemKey, i64>,
    by_expiry: BTreeSet<(i64, ItemKey)>,
    previous: HashMap<ItemKey, Value>,
}

impl Items {
    /// The item was written or deleted, expires then (`None`: never, or it is gone), and was this before.
    pub(super) fn written(&mut self, key: ItemKey, expires: Option<i64>, before: Option<Value>) {
        self.forget_expiry(&key);
        if let Some(at) = expires {
            self.expiry.insert(key.clone(), at);
            self.by_expiry.insert((at, key.clone()));
        }
        match before {
            Some(before) => self.previous.insert(key, before),
            None => self.previous.remove(&key),
        };
    }

    /// The version before the newest.
    pub(super) fn previous(&self, key: &ItemKey) -> Option<&Value> {
        self.previous.get(key)
    }

    /// Takes out what has expired: an item is gone once its last second is over.
    pub(super) fn take_expired(&mut self, now: i64) -> Vec<ItemKey> {
        let mut expired = Vec::new();
        while self.by_expiry.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, key)) = self.by_expiry.pop_first() else { break };
            self.expiry.remove(&key);
            self.previous.remove(&key);
            expired.push(key);
        }
        expired
    }

    fn forget_expiry(&mut self, key: &ItemKey) {
        if let Some(at) = self.expiry.remove(key) {
            self.by_expiry.remove(&(at, key.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(id: &str) -> ItemKey {
        ItemKey { container: "owners".to_owned(), partition: "[\"p\"]".to_owned(), id: id.to_owned() }
    }

    #[test]
    fn an_item_expires_once_at_its_time() {
        let mut items = Items::default();
        items.written(key("a"), Some(10), None);
        items.written(key("b"), Some(11), None);
        items.written(key("c"), None, None);
        assert_eq!(items.take_expired(9), []);
        assert_eq!(items.take_expired(10), [key("a")]);
        assert_eq!(items.take_expired(10), []);
        assert_eq!(items.take_expired(i64::MAX), [key("b")]);
    }

    #[test]
    fn each_write_counts_anew() {
        let mut items = Items::default();
        items.written(key("a"), Some(10), None);
        items.written(key("a"), Some(20), None);
        assert_eq!(items.take_expired(19), []);
        items.written(key("a"), None, None);
        assert_eq!(items.take_expired(i64::MAX), []);
    }

    #[test]
    fn the_version_before_is_kept_until_the_item_expires() {
        let mut items = Items::default();
        items.written(key("a"), Some(10), Some(json!(1)));
        assert_eq!(items.previous(&key("a")), Some(&json!(1)));
        items.written(key("a"), Some(10), Some(json!(2)));
        assert_eq!(items.previous(&key("a")), Some(&json!(2)));
        items.take_expired(10);
        assert_eq!(items.previous(&key("a")), None);
    }

    #[test]
    fn an_item_made_anew_has_had_no_version_before() {
        let mut items = Items::default();
        items.written(key("a"), None, Some(json!(1)));
        items.written(key("a"), None, None);
        assert_eq!(items.previous(&key("a")), None);
    }
}
