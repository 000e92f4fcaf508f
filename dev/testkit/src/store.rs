//! The model of a repository: a map with versions.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use authorization_server::{
    ground::{Advanced, Created, Id, OwnedRecords, Record, Repository, Stored, Unavailable},
    state::grant::Grant,
};

use crate::{Faults, lock};

/// Records of one kind. It never drops the expired, so that the readers' own checks are what tests see.
pub struct MemoryStore<T: Record> {
    store: Arc<Faults>,
    rows: Mutex<Rows<T>>,
    rival: Mutex<Option<Rival<T>>>,
}

struct Rows<T: Record> {
    by_key: HashMap<T::Key, (u64, T)>,
    writes: u64,
}

/// Another writer, who comes in between a read and the write that follows it.
struct Rival<T> {
    times: usize,
    change: Box<dyn Fn(&T) -> T + Send>,
}

impl<T: Record + Clone> MemoryStore<T>
where
    T::Key: Eq + Hash,
{
    /// An empty store, as available as `store` is.
    #[must_use]
    pub fn new(store: Arc<Faults>) -> Self {
        let rows = Rows { by_key: HashMap::new(), writes: 0 };
        Self { store, rows: Mutex::new(rows), rival: Mutex::default() }
    }

    /// Everything that is stored, in no order. Not counted.
    #[must_use]
    pub fn all(&self) -> Vec<T> {
        lock(&self.rows).by_key.values().map(|(_, value)| value.clone()).collect()
    }

    /// Everything that is stored, as an operation of the store.
    pub(crate) fn listed(&self) -> Result<Vec<T>, Unavailable> {
        self.store.read(|| self.all())
    }

    /// The value stored under a key. Not counted.
    #[must_use]
    pub fn peek(&self, key: &T::Key) -> Option<T> {
        lock(&self.rows).by_key.get(key).map(|(_, value)| value.clone())
    }

    /// Changes what is stored, as another process would. Not counted.
    pub fn change(&self, key: &T::Key, change: impl Fn(&T) -> T) {
        let mut rows = lock(&self.rows);
        if let Some(changed) = rows.by_key.get(key).map(|(_, value)| change(value)) {
            rows.put(changed);
        }
    }

    /// Before each of the next `times` conditional writes another process changes the record, and so wins.
    pub fn interleave(&self, times: usize, change: impl Fn(&T) -> T + Send + 'static) {
        *lock(&self.rival) = Some(Rival { times, change: Box::new(change) });
    }

    fn let_rival_win(&self, key: &T::Key) {
        let mut rival = lock(&self.rival);
        if let Some(rival) = rival.as_mut().filter(|rival| rival.times > 0) {
            rival.times -= 1;
            self.change(key, &rival.change);
        }
    }
}

impl<T: Record + Clone> Rows<T>
where
    T::Key: Eq + Hash,
{
    fn read(&self, key: &T::Key) -> Option<Stored<T>> {
        self.by_key.get(key).map(|(version, value)| Stored { value: value.clone(), version: version.to_string() })
    }

    fn put(&mut self, value: T) -> Stored<T> {
        self.writes += 1;
        self.by_key.insert(value.key(), (self.writes, value.clone()));
        Stored { value, version: self.writes.to_string() }
    }
}

/// Each operation gives other tasks their turn first, so that concurrent use cases interleave.
#[async_trait]
impl<T: Record + Clone> Repository<T> for MemoryStore<T>
where
    T::Key: Eq + Hash,
{
    async fn get(&self, key: &T::Key) -> Result<Option<Stored<T>>, Unavailable> {
        tokio::task::yield_now().await;
        self.store.read(|| lock(&self.rows).read(key))
    }

    async fn create(&self, value: T) -> Result<Created<T>, Unavailable> {
        tokio::task::yield_now().await;
        self.store.write(|| {
            let mut rows = lock(&self.rows);
            match rows.read(&value.key()) {
                Some(stored) => Created::Exists(stored),
                None => Created::Done(rows.put(value)),
            }
        })
    }

    async fn advance(&self, from: &str, to: T) -> Result<Advanced<T>, Unavailable> {
        tokio::task::yield_now().await;
        self.let_rival_win(&to.key());
        self.store.write(|| {
            let mut rows = lock(&self.rows);
            match rows.read(&to.key()) {
                Some(stored) if stored.version == from => Advanced::Done(rows.put(to)),
                current => Advanced::Lost(current),
            }
        })
    }

    async fn delete(&self, key: &T::Key) -> Result<(), Unavailable> {
        tokio::task::yield_now().await;
        self.store.write(|| {
            lock(&self.rows).by_key.remove(key);
        })
    }
}

#[async_trait]
impl OwnedRecords<Grant> for MemoryStore<Grant> {
    async fn of_owner(&self, owner: Id) -> Result<Vec<Grant>, Unavailable> {
        tokio::task::yield_now().await;
        self.store.read(|| self.all().into_iter().filter(|grant| grant.key.owner == owner).collect())
    }
}
