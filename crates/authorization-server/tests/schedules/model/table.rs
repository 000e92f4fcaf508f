//! Items of one kind, as a store with strong consistency keeps them: newest version, conditional writes.

use std::sync::Mutex;

use authorization_server::ground::Record;

use super::lock;

/// All items of one kind, and every version of them that was ever written.
pub(crate) struct Table<T>(Mutex<Rows<T>>);

#[derive(Clone)]
struct Rows<T> {
    items: Vec<Item<T>>,
    written: Vec<Written<T>>,
    names: u64,
}

/// An item as it stands.
#[derive(Clone)]
pub(crate) struct Item<T> {
    pub(crate) value: T,
    /// Names the write; a repeated write has the same name.
    pub(crate) op: u64,
    pub(crate) etag: String,
}

/// A version that was written.
#[derive(Clone)]
pub(crate) struct Written<T> {
    pub(crate) by: usize,
    pub(crate) created: bool,
    pub(crate) value: T,
}

/// A write that may be sent more than once.
pub(crate) struct Draft<T> {
    pub(crate) by: usize,
    pub(crate) op: u64,
    pub(crate) value: T,
    /// The version that it replaces; `None` if it must not exist.
    pub(crate) replaces: Option<String>,
}

impl<T: Record + Clone> Table<T>
where
    T::Key: PartialEq,
{
    /// The same items in a store of their own, as if they had always been there.
    pub(crate) fn copy(&self) -> Self {
        Self(Mutex::new(lock(&self.0).clone()))
    }

    /// A name that no other write has.
    pub(crate) fn next_op(&self) -> u64 {
        let mut rows = lock(&self.0);
        rows.names += 1;
        rows.names
    }

    pub(crate) fn read(&self, key: &T::Key) -> Option<Item<T>> {
        lock(&self.0).items.iter().find(|item| item.value.key() == *key).cloned()
    }

    /// The new version, if the condition holds.
    pub(crate) fn write(&self, draft: &Draft<T>) -> Option<String> {
        let mut rows = lock(&self.0);
        let key = draft.value.key();
        let standing = rows.items.iter().position(|item| item.value.key() == key);
        let etag = standing.map(|index| &rows.items[index].etag);
        if etag != draft.replaces.as_ref() {
            return None;
        }
        rows.names += 1;
        let item = Item { value: draft.value.clone(), op: draft.op, etag: rows.names.to_string() };
        let etag = item.etag.clone();
        let written = Written { by: draft.by, created: standing.is_none(), value: draft.value.clone() };
        rows.written.push(written);
        match standing {
            Some(index) => rows.items[index] = item,
            None => rows.items.push(item),
        }
        Some(etag)
    }

    pub(crate) fn delete(&self, key: &T::Key) {
        lock(&self.0).items.retain(|item| item.value.key() != *key);
    }

    /// Everything that stands.
    pub(crate) fn all(&self) -> Vec<T> {
        lock(&self.0).items.iter().map(|item| item.value.clone()).collect()
    }

    /// Everything that was written, in its order.
    pub(crate) fn written(&self) -> Vec<Written<T>> {
        lock(&self.0).written.clone()
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Mutex::new(Rows { items: Vec::new(), written: Vec::new(), names: 0 }))
    }
}
