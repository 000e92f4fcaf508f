//! A repository in one caller's hands, by the rule of the real ones: a conflict with the write's own `op` is its success.

use std::sync::Arc;

use async_trait::async_trait;
use authorization_server::{
    ground::{Advanced, Created, Id, OwnedRecords, Record, Repository, Stored, Unavailable},
    state::grant::Grant,
};

use super::{
    Caller, Kind, Table,
    table::{Draft, Item},
};

/// A table, as one caller uses it.
pub(crate) struct Handle<T> {
    table: Arc<Table<T>>,
    caller: Arc<Caller>,
}

impl<T: Record + Clone> Handle<T>
where
    T::Key: PartialEq,
{
    pub(crate) fn new(table: &Arc<Table<T>>, caller: &Arc<Caller>) -> Arc<Self> {
        Arc::new(Self { table: Arc::clone(table), caller: Arc::clone(caller) })
    }

    async fn read(&self, key: &T::Key) -> Result<Option<Item<T>>, Unavailable> {
        let (table, key) = (Arc::clone(&self.table), key.clone());
        self.caller.turn(Kind::Read, move || table.read(&key)).await
    }

    /// The new version, or the item that stands in the way: this very write's, if it was sent twice.
    async fn write(&self, value: T, replaces: Option<&str>) -> Result<Result<String, Option<Item<T>>>, Unavailable> {
        let (op, key) = (self.table.next_op(), value.key());
        let draft = Draft { by: self.caller.id, op, value, replaces: replaces.map(str::to_owned) };
        let table = Arc::clone(&self.table);
        match self.caller.turn(Kind::Write, move || table.write(&draft)).await? {
            Some(version) => Ok(Ok(version)),
            None => match self.read(&key).await? {
                Some(item) if item.op == op => Ok(Ok(item.etag)),
                standing => Ok(Err(standing)),
            },
        }
    }
}

fn stored<T>(item: Item<T>) -> Stored<T> {
    Stored { value: item.value, version: item.etag }
}

#[async_trait]
impl<T: Record + Clone> Repository<T> for Handle<T>
where
    T::Key: PartialEq,
{
    async fn get(&self, key: &T::Key) -> Result<Option<Stored<T>>, Unavailable> {
        Ok(self.read(key).await?.map(stored))
    }

    async fn create(&self, value: T) -> Result<Created<T>, Unavailable> {
        match self.write(value.clone(), None).await? {
            Ok(version) => Ok(Created::Done(Stored { value, version })),
            Err(Some(item)) => Ok(Created::Exists(stored(item))),
            Err(None) => Err(self.caller.fail("the item existed and was deleted before it was read")),
        }
    }

    async fn advance(&self, from: &str, to: T) -> Result<Advanced<T>, Unavailable> {
        match self.write(to.clone(), Some(from)).await? {
            Ok(version) => Ok(Advanced::Done(Stored { value: to, version })),
            Err(standing) => Ok(Advanced::Lost(standing.map(stored))),
        }
    }

    async fn delete(&self, key: &T::Key) -> Result<(), Unavailable> {
        let (table, key) = (Arc::clone(&self.table), key.clone());
        self.caller.turn(Kind::Write, move || table.delete(&key)).await
    }
}

#[async_trait]
impl OwnedRecords<Grant> for Handle<Grant> {
    async fn of_owner(&self, owner: Id) -> Result<Vec<Grant>, Unavailable> {
        let table = Arc::clone(&self.table);
        let grants = self.caller.turn(Kind::Read, move || table.all()).await?;
        Ok(grants.into_iter().filter(|grant| grant.key.owner == owner).collect())
    }
}
