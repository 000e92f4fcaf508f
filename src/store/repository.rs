//! Typed repositories over [`Records`]: shape, expiry, and the `op` rule that tells a write from its own echo.
//!
//! A store client retries a write whose answer was lost, and the retry then fails its condition against the very write
//! that succeeded. So each write carries a fresh `op`; on a conflict the item is read back, and an equal `op` is success. So it
//! is after a failure: the answer may be all that was lost, and the one who wrote is the only one to whom this matters.

use std::{marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use authorization_server::{
    ground::{Advanced, Clock, Created, Entropy, Id, OwnedRecords, Repository, Stored, Unavailable},
    state::grant::Grant,
};
use serde_json::Value;
use time::Duration;

use super::shape::{GRANT_ITEM, Shape};
use crate::ports::records::{Address, Container, Item, Records, StoreError, Write};

const OP: &str = "op";
/// A write that failed is looked for no longer than this.
const READ_BACK: std::time::Duration = std::time::Duration::from_secs(1);
const READ_AGAIN: std::time::Duration = std::time::Duration::from_millis(100);

/// Records of one kind in a store.
pub struct RecordRepository<T> {
    records: Arc<dyn Records>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    kind: PhantomData<fn() -> T>,
}

impl<T> RecordRepository<T> {
    /// Over this store.
    pub fn new(records: Arc<dyn Records>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { records, clock, entropy, kind: PhantomData }
    }
}

/// A body that is ready to be written.
struct Draft {
    address: Address,
    op: String,
    body: Value,
    ttl: Duration,
}

impl<T: Shape> RecordRepository<T> {
    fn draft(&self, value: &T) -> Result<Draft, Unavailable> {
        let op = Id::random(self.entropy.as_ref()).to_string();
        let mut body = value.encode().map_err(|error| broken(&error))?;
        if let Some(members) = body.as_object_mut() {
            members.insert(OP.into(), op.clone().into());
        }
        let ttl = (value.expires_at() - self.clock.now()).max(Duration::SECOND);
        Ok(Draft { address: T::address(&value.key()), op, body, ttl })
    }

    async fn read(&self, address: &Address) -> Result<Option<(String, Stored<T>)>, Unavailable> {
        let Some(Item { body, etag }) = self.records.get(address).await.map_err(down)? else { return Ok(None) };
        let op = body.get(OP).and_then(Value::as_str).unwrap_or_default().to_owned();
        let value = T::decode(body).map_err(|error| broken(&error))?;
        Ok(Some((op, Stored { value, version: etag })))
    }
}

impl<T: Shape> RecordRepository<T> {
    /// What stands after a write that failed, if it is that write.
    async fn done_all_the_same(&self, draft: &Draft, failure: StoreError) -> Result<Stored<T>, Unavailable> {
        let read = async {
            loop {
                match self.read(&draft.address).await {
                    Ok(stands) => return stands,
                    Err(_) => tokio::time::sleep(READ_AGAIN).await,
                }
            }
        };
        match tokio::time::timeout(READ_BACK, read).await {
            Ok(Some((op, stored))) if op == draft.op => Ok(stored),
            Ok(_) | Err(_) => Err(down(failure)),
        }
    }
}

#[async_trait]
impl OwnedRecords<Grant> for RecordRepository<Grant> {
    async fn of_owner(&self, owner: Id) -> Result<Vec<Grant>, Unavailable> {
        let items = self.records.list(Container::Owners, &owner.to_string()).await.map_err(down)?;
        let grants = items.into_iter().filter(|(id, _)| id.starts_with(GRANT_ITEM));
        grants.map(|(_, item)| Grant::decode(item.body).map_err(|error| broken(&error))).collect()
    }
}

#[async_trait]
impl<T: Shape> Repository<T> for RecordRepository<T> {
    async fn get(&self, key: &T::Key) -> Result<Option<Stored<T>>, Unavailable> {
        Ok(self.read(&T::address(key)).await?.map(|(_, stored)| stored))
    }

    async fn create(&self, value: T) -> Result<Created<T>, Unavailable> {
        let draft = self.draft(&value)?;
        match self.records.create(&draft.address, &draft.body, draft.ttl).await {
            Err(failure) => Ok(Created::Done(self.done_all_the_same(&draft, failure).await?)),
            Ok(Write::Done(version)) => Ok(Created::Done(Stored { value, version })),
            Ok(Write::Conflict) => match self.read(&draft.address).await? {
                Some((op, stored)) if op == draft.op => Ok(Created::Done(stored)),
                Some((_, stored)) => Ok(Created::Exists(stored)),
                None => Err(down(StoreError("the item exists and cannot be read".into()))),
            },
        }
    }

    async fn advance(&self, from: &str, to: T) -> Result<Advanced<T>, Unavailable> {
        let draft = self.draft(&to)?;
        match self.records.replace(&draft.address, from, &draft.body, draft.ttl).await {
            Err(failure) => Ok(Advanced::Done(self.done_all_the_same(&draft, failure).await?)),
            Ok(Write::Done(version)) => Ok(Advanced::Done(Stored { value: to, version })),
            Ok(Write::Conflict) => match self.read(&draft.address).await? {
                Some((op, stored)) if op == draft.op => Ok(Advanced::Done(stored)),
                current => Ok(Advanced::Lost(current.map(|(_, stored)| stored))),
            },
        }
    }

    async fn delete(&self, key: &T::Key) -> Result<(), Unavailable> {
        self.records.delete(&T::address(key)).await.map_err(down)
    }
}

fn down(error: StoreError) -> Unavailable {
    Unavailable { what: "store", reason: error.0 }
}

fn broken(error: &serde_json::Error) -> Unavailable {
    Unavailable { what: "store", reason: format!("an item has not the shape it should have: {error}") }
}
