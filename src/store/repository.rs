//! Typed repositories over [`ItemStore`]: shape, expiry, and the `op` rule, which recognises a write that seemed to fail.
//!
//! A store client retries a write whose answer was lost, and the condition of the retry then fails because the first write
//! succeeded. So each write carries a fresh `op`. After a conflict or an error the item is read back; if it has the same `op`,
//! the write succeeded.

use std::{marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use authorization_server::{
    ground::{Advanced, Clock, Created, Entropy, Id, OwnedRecords, Repository, Stored, Unavailable},
    state::grant::Grant,
};
use backon::{ConstantBuilder, Retryable as _};
use serde_json::Value;
use time::Duration;

use super::shape::{Shape, grant::GRANT_ITEM};
use crate::ports::records::{Address, Container, Item, ItemStore, StoreError, Write};

const OP: &str = "op";
/// The time limit for reading back a failed write.
const READ_BACK_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(1);
/// The pause between failed reads of it.
const READ_BACK_RETRY: ConstantBuilder =
    ConstantBuilder::new().with_delay(std::time::Duration::from_millis(100)).without_max_times();

/// Items of one kind in a store.
pub struct ItemRepository<T> {
    records: Arc<dyn ItemStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    kind: PhantomData<fn() -> T>,
}

impl<T> ItemRepository<T> {
    /// A repository in this store.
    pub fn new(records: Arc<dyn ItemStore>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
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

impl<T> ItemRepository<T> {
    pub(super) fn records(&self) -> &dyn ItemStore {
        self.records.as_ref()
    }
}

impl<T: Shape> ItemRepository<T> {
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
        let Some(Item { body, etag }) = self.records.get(address).await? else { return Ok(None) };
        let op = body.get(OP).and_then(Value::as_str).unwrap_or_default().to_owned();
        let value = T::decode(body).map_err(|error| broken(&error))?;
        Ok(Some((op, Stored { value, version: etag })))
    }
}

impl<T: Shape> ItemRepository<T> {
    /// Reads the item back after an error. The write may have succeeded although its answer was lost.
    async fn write_succeeded_despite_error(&self, draft: &Draft, error: StoreError) -> Result<Stored<T>, Unavailable> {
        let read = || self.read(&draft.address);
        match tokio::time::timeout(READ_BACK_TIMEOUT, read.retry(READ_BACK_RETRY)).await {
            Ok(Ok(Some((op, stored)))) if op == draft.op => Ok(stored),
            Ok(_) | Err(_) => Err(error.into()),
        }
    }
}

#[async_trait]
impl OwnedRecords<Grant> for ItemRepository<Grant> {
    async fn of_owner(&self, owner: Id) -> Result<Vec<Grant>, Unavailable> {
        let items = self.records.list(Container::Owners, &owner.to_string(), GRANT_ITEM).await?;
        items.into_iter().map(|item| Grant::decode(item.body).map_err(|error| broken(&error))).collect()
    }
}

#[async_trait]
impl<T: Shape> Repository<T> for ItemRepository<T> {
    async fn get(&self, key: &T::Key) -> Result<Option<Stored<T>>, Unavailable> {
        Ok(self.read(&T::address(key)).await?.map(|(_, stored)| stored))
    }

    async fn create(&self, value: T) -> Result<Created<T>, Unavailable> {
        let draft = self.draft(&value)?;
        match self.records.create(&draft.address, &draft.body, draft.ttl).await {
            Err(error) => Ok(Created::Done(self.write_succeeded_despite_error(&draft, error).await?)),
            Ok(Write::Done(version)) => Ok(Created::Done(Stored { value, version })),
            Ok(Write::Conflict) => match self.read(&draft.address).await? {
                Some((op, stored)) if op == draft.op => Ok(Created::Done(stored)),
                Some((_, stored)) => Ok(Created::Exists(stored)),
                None => Err(StoreError("the item exists and cannot be read".into()).into()),
            },
        }
    }

    async fn advance(&self, from: &str, to: T) -> Result<Advanced<T>, Unavailable> {
        let draft = self.draft(&to)?;
        match self.records.replace(&draft.address, from, &draft.body, draft.ttl).await {
            Err(error) => Ok(Advanced::Done(self.write_succeeded_despite_error(&draft, error).await?)),
            Ok(Write::Done(version)) => Ok(Advanced::Done(Stored { value: to, version })),
            Ok(Write::Conflict) => match self.read(&draft.address).await? {
                Some((op, stored)) if op == draft.op => Ok(Advanced::Done(stored)),
                current => Ok(Advanced::Lost(current.map(|(_, stored)| stored))),
            },
        }
    }

    async fn delete(&self, key: &T::Key) -> Result<(), Unavailable> {
        Ok(self.records.delete(&T::address(key)).await?)
    }
}

pub(super) fn broken(error: &serde_json::Error) -> Unavailable {
    Unavailable::store(format!("malformed item: {error}"))
}
